"""Answers batches of conversations in a process in which this project's packages cannot be imported.

    python -I -S worker.py --packages DIR --model MODEL --socket NUMBER

`evaluation.local.process` starts it and talks to it over a socket that it inherits: a JSON object, then the audio
files that it names as blobs, one message each. It loads `AutoModel` and `AutoProcessor` from the model folder with
`trust_remote_code=True`, as any user would, and knows nothing of benchmarks, choices or scores.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import sys
import time
from collections.abc import Mapping, Sequence
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any


FORBIDDEN = ("modeling_audio_reasoner", "dataset_builder", "evaluation", "recipes", "app")


class Deaf(Exception):
    """The model did not hear a recording as it was asked about: no answer of this process counts."""


class Blocker:
    """A finder that comes first and refuses this project's packages, should a path turn up that holds them."""

    def find_spec(self, name: str, path: Any = None, target: Any = None) -> None:
        if name in FORBIDDEN:
            raise ModuleNotFoundError(f"{name} must not be importable in this process", name=name)


def forbid_own_packages() -> None:
    """Raise ValueError when one of this project's packages could be imported; forbid it from here on."""
    for name in FORBIDDEN:
        spec = importlib.util.find_spec(name)
        if spec is not None:
            raise ValueError(
                f"{name} can be imported here ({spec.origin or 'namespace package'}), so this process proves nothing "
                "about the model folder; pass --packages a folder without it."
            )
    sys.meta_path.insert(0, Blocker())


class Hearing:
    """Watches the audio encoder, and compares what it gave out with the placeholders of each conversation."""

    def __init__(self, model: Any) -> None:
        towers = [module for name, module in model.named_modules() if name.split(".")[-1] == "audio_tower"]
        if len(towers) != 1:
            raise ValueError(f"the model has {len(towers)} modules called audio_tower where one belongs.")
        self.placeholder = model.config.audio_token_id
        self.encoded: list[int] = []
        towers[0].register_forward_hook(lambda module, args, output: self.encoded.extend(output.lengths.tolist()))

    def check(self, input_ids: Any, clips: Sequence[int]) -> list[int]:
        """Audio embeddings of each conversation.

        Args:
            input_ids: (conversations, length).
            clips: how many recordings each conversation holds.

        Raises:
            Deaf: a conversation with recordings has no placeholders, one without has some, or the encoder gave other
                embeddings than there are placeholders.
        """
        encoded, self.encoded = self.encoded, []
        expected = (input_ids == self.placeholder).sum(dim=1).tolist()
        for number, (count, recordings) in enumerate(zip(expected, clips, strict=True)):
            if bool(count) != bool(recordings):
                raise Deaf(
                    f"conversation {number + 1} of a batch holds {recordings} recordings and {count} audio "
                    "placeholders: the model would be deaf to what it is asked about."
                )
        windows = iter(encoded)
        for number, count in enumerate(expected):
            heard = 0
            while heard < count:
                embeddings = next(windows, None)
                if embeddings is None or not embeddings:
                    break
                heard += embeddings
            if heard != count:
                raise Deaf(
                    f"conversation {number + 1} of a batch holds {count} audio placeholders, and the encoder gave it "
                    f"{heard} embeddings: the model did not hear the recording as it was asked about."
                )
        if next(windows, None) is not None:
            raise Deaf("the encoder gave embeddings that no conversation of the batch has a placeholder for.")
        return expected


class Answering:
    """The model and its processor, loaded once."""

    def __init__(self, folder: Path) -> None:
        import torch
        from safetensors import SafetensorError
        from transformers import AutoModel, AutoProcessor

        self.processor = AutoProcessor.from_pretrained(folder, trust_remote_code=True)
        self.processor.tokenizer.padding_side = "left"
        device = "cuda" if torch.cuda.is_available() else "cpu"
        try:
            model = AutoModel.from_pretrained(folder, trust_remote_code=True, dtype="auto").to(device).eval()
        except SafetensorError as error:
            raise ValueError(
                f"{folder}: a file of its weights cannot be read ({error}), so it is cut off or damaged: copy or "
                "download it again."
            ) from None
        stops = model.generation_config.eos_token_id
        if stops is None:
            raise ValueError("the model's generation_config.json has no eos_token_id, so no answer would ever end.")
        self.stops = torch.tensor(stops if isinstance(stops, list) else [stops], device=device)
        self.model = model
        self.hearing = Hearing(model)

    def facts(self) -> dict[str, Any]:
        """What is loaded, and on what."""
        import torch
        import transformers

        model = self.model
        gpus = [torch.cuda.get_device_name(number) for number in range(torch.cuda.device_count())]
        return {
            "model_class": f"{type(model).__module__}.{type(model).__name__}",
            "parameters": sum(parameter.numel() for parameter in model.parameters()),
            "device": gpus[model.device.index or 0] if model.device.type == "cuda" else "cpu",
            "gpus": gpus,
            "dtype": str(model.dtype).removeprefix("torch."),
            "threads": torch.get_num_threads(),
            "versions": {"torch": torch.__version__, "transformers": transformers.__version__},
            "isolated": bool(sys.flags.isolated and sys.flags.no_site),
        }

    def answer(
        self, conversations: Sequence[list[dict[str, Any]]], options: Mapping[str, Any]
    ) -> list[dict[str, Any]]:
        """Answers as {"output", "prompt_tokens", "new_tokens", "audio_tokens", "truncated"}, in order.

        `options` are those of `generate`, and "seed" of what it draws.
        """
        import torch

        settings = dict(options)
        seed = settings.pop("seed", None)
        if seed is not None:
            torch.manual_seed(seed)
        inputs = self.processor.apply_chat_template(
            list(conversations),
            tokenize=True,
            return_dict=True,
            add_generation_prompt=True,
            return_tensors="pt",
            processor_kwargs={"padding": True},
        ).to(self.model.device)
        self.hearing.encoded = []
        with torch.inference_mode():
            sequences = self.model.generate(**inputs, **settings)
        heard = self.hearing.check(inputs["input_ids"], [recordings(messages) for messages in conversations])
        written = sequences[:, inputs["input_ids"].shape[1] :]
        texts = self.processor.batch_decode(written, skip_special_tokens=True)
        answers = []
        for text, stop, mask, audio in zip(
            texts, torch.isin(written, self.stops), inputs["attention_mask"], heard, strict=True
        ):
            ended = bool(stop.any())
            answers.append(
                {
                    "output": text,
                    "prompt_tokens": int(mask.sum()),
                    "new_tokens": int(stop.int().argmax()) + 1 if ended else int(stop.numel()),
                    "audio_tokens": audio,
                    "truncated": not ended,
                }
            )
        return answers


def recordings(messages: Sequence[Mapping[str, Any]]) -> int:
    """How many recordings a conversation holds."""
    return sum(
        part["type"] == "audio"
        for message in messages
        if not isinstance(message["content"], str)
        for part in message["content"]
    )


def received(connection: Connection) -> tuple[list[list[dict[str, Any]]], dict[str, Any]] | None:
    """The next batch and its options, its audio parts with their files; None where there is no further one."""
    try:
        batch = json.loads(connection.recv_bytes())
    except EOFError:
        return None
    for messages in batch["conversations"]:
        for message in messages:
            for part in () if isinstance(message["content"], str) else message["content"]:
                if part["type"] == "audio":
                    part["audio"] = {"bytes": connection.recv_bytes(), "path": part.pop("name")}
    return batch["conversations"], batch["options"]


def answered(answering: Answering, conversations: Sequence[Any], options: Mapping[str, Any]) -> list[dict[str, Any]]:
    """A batch's answers. Of one that fails each conversation is tried alone: {"error"} where it fails again."""
    try:
        return answering.answer(conversations, options)
    except Deaf:
        raise
    except Exception as error:
        if len(conversations) == 1:
            return [{"error": f"{type(error).__name__}: {error}"}]
    return [answered(answering, [messages], options)[0] for messages in conversations]


def serve(connection: Connection, folder: Path) -> None:
    """Load the model, then answer batches until the other side hangs up."""

    def tell(**what: Any) -> None:
        connection.send_bytes(json.dumps(what).encode())

    try:
        forbid_own_packages()
        answering = Answering(folder)
        tell(loaded=answering.facts())
        while (batch := received(connection)) is not None:
            started = time.perf_counter()
            answers = answered(answering, *batch)
            tell(answers=answers, seconds=time.perf_counter() - started)
    except (Deaf, ValueError, OSError) as error:
        tell(fatal=str(error))


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description="Answer batches of conversations, isolated.")
    parser.add_argument("--packages", type=Path, help="site-packages folder without this project's packages")
    parser.add_argument("--model", type=Path, required=True)
    parser.add_argument("--socket", type=int, required=True, help="number of the open socket to talk over")
    options = parser.parse_args()
    if options.packages:
        sys.path.append(str(options.packages))
    with Connection(options.socket) as connection:
        serve(connection, options.model)


if __name__ == "__main__":
    main()
