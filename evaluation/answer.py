"""Answer the questions of a CoTA split in a process in which this project's packages cannot be imported.

    python -I -S answer.py --packages DIR --model MODEL --data COTA/data/test-00000.parquet \
        --condition real --output OUT [--rows rows.json] [--batch-size 64] [--max-new-tokens 512]

It imports torch, transformers, pyarrow, numpy and soundfile, loads `AutoModel` and `AutoProcessor` from the model
folder with `trust_remote_code=True` as any user would, and decodes greedily in left-padded batches. It knows nothing
of scoring. `evaluation.isolated` starts it. It writes OUT/<condition>.answers.jsonl, whole or not at all, and tells
on stdout, one JSON object a line, how far it is ({"progress": …}), what is ready ({"ready": …}) and why it stopped
({"error": …}, exit status 1).
"""

from __future__ import annotations

import argparse
import importlib.util
import io
import json
import os
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any


FORBIDDEN = ("modeling_audio_reasoner", "dataset_builder", "evaluation", "recipes", "app")
COLUMNS = ["id", "domain", "task", "question", "choices", "answer", "audio", "messages"]


class Blocker:
    """A finder that comes first and refuses this project's packages, should a path turn up that holds them."""

    def find_spec(self, name: str, path: Any = None, target: Any = None) -> None:
        if name in FORBIDDEN:
            raise ModuleNotFoundError(f"{name} must not be importable in this process", name=name)


def forbid_own_packages() -> None:
    """Raise ValueError when one of this project's packages could be imported; forbid it from here on."""
    found = {name: spec for name in FORBIDDEN if (spec := importlib.util.find_spec(name)) is not None}
    if found:
        name, spec = next(iter(found.items()))
        raise ValueError(
            f"{name} can be imported here ({spec.origin or 'namespace package'}), so this process proves nothing "
            "about the model folder; pass --packages a folder without it."
        )
    sys.meta_path.insert(0, Blocker())


def read_rows(files: Sequence[Path], wanted: set[str] | None) -> list[dict[str, Any]]:
    """The rows of Parquet `files`, all or those whose id is wanted; `audio` as float32 mono and its sampling rate."""
    import pyarrow.parquet as parquet
    import soundfile

    rows = []
    for file in files:
        for row in parquet.read_table(file, columns=COLUMNS).to_pylist():
            if wanted is not None and row["id"] not in wanted:
                continue
            waveform, rate = soundfile.read(io.BytesIO(row["audio"]["bytes"]), dtype="float32", always_2d=True)
            rows.append(row | {"audio": {"array": waveform.mean(axis=1), "sampling_rate": rate}})
    return rows


def heard(row: dict[str, Any], condition: str, clips: dict[str, dict[str, Any]], pairs: dict[str, str]) -> dict:
    """The clip that `row` hears under `condition`: {"array", "sampling_rate"}."""
    if condition == "real":
        return row["audio"]
    if condition == "silence":
        return row["audio"] | {"array": row["audio"]["array"] * 0}
    return clips[pairs[row["id"]]]


def prompt_of(row: dict[str, Any], audio: dict[str, Any]) -> list[dict[str, Any]]:
    """The row's messages without the assistant's, with `audio` as the one clip."""
    prompt, clips = [], 0
    for message in row["messages"]:
        if message["role"] == "assistant":
            break
        parts: list[dict[str, Any]] = []
        for part in message["content"]:
            clips += part["type"] == "audio"
            parts.append({"type": "audio", "audio": audio} if part["type"] == "audio" else text_part(part["text"]))
        prompt.append({"role": message["role"], "content": parts})
    if clips != 1:
        raise ValueError(f"row {row['id']}: its messages hold {clips} audio parts where one belongs.")
    return prompt


def text_part(text: str) -> dict[str, str]:
    return {"type": "text", "text": text}


class Hearing:
    """Watches the audio encoder and compares what it gave out with the placeholders of the prompts."""

    def __init__(self, model: Any) -> None:
        towers = [module for name, module in model.named_modules() if name.split(".")[-1] == "audio_tower"]
        if len(towers) != 1:
            raise ValueError(f"the model has {len(towers)} modules called audio_tower where one belongs.")
        self.placeholder = model.config.audio_token_id
        self.encoded: list[int] = []
        self.tokens = 0
        towers[0].register_forward_hook(lambda module, args, output: self.encoded.extend(output.lengths.tolist()))

    def check(self, input_ids: Any, rows: Sequence[dict[str, Any]]) -> None:
        """Raise ValueError unless each prompt had placeholders and the encoder gave as many embeddings."""
        expected = (input_ids == self.placeholder).sum(dim=1).tolist()
        deaf = [row["id"] for row, count in zip(rows, expected, strict=True) if not count]
        if deaf:
            raise ValueError(f"row {deaf[0]}: its prompt has no audio placeholder, so the model would be deaf to it.")
        whole = self.encoded == expected if len(self.encoded) == len(expected) else sum(self.encoded) == sum(expected)
        if not whole:
            raise ValueError(
                f"the prompts of a batch hold {sum(expected)} audio placeholders and the encoder gave "
                f"{sum(self.encoded)} embeddings: the model did not hear each clip as it was asked about."
            )
        self.tokens += sum(expected)
        self.encoded.clear()


def answer_rows(
    model: Any,
    processor: Any,
    rows: Sequence[dict[str, Any]],
    clips: Sequence[dict[str, Any]],
    batch_size: int,
    max_new_tokens: int,
    hearing: Hearing,
) -> Iterator[tuple[int, dict[str, Any]]]:
    """Greedy answers as (index of the row, {"output", "new_tokens", "truncated"}), a batch at a time.

    Batches hold rows of one kind and like length, so that little of a batch is padding and its answers end together.
    """
    import torch

    stops = model.generation_config.eos_token_id
    if stops is None:
        raise ValueError("the model's generation_config.json has no eos_token_id, so no answer would ever end.")
    stops = torch.tensor(stops if isinstance(stops, list) else [stops], device=model.device)
    order = sorted(range(len(rows)), key=lambda i: (rows[i]["task"], len(clips[i]["array"]), rows[i]["id"]))
    for start in range(0, len(order), batch_size):
        chosen = order[start : start + batch_size]
        inputs = processor.apply_chat_template(
            [prompt_of(rows[i], clips[i]) for i in chosen],
            tokenize=True,
            return_dict=True,
            add_generation_prompt=True,
            return_tensors="pt",
            processor_kwargs={"padding": True},
        ).to(model.device)
        with torch.inference_mode():
            sequences = model.generate(**inputs, do_sample=False, num_beams=1, max_new_tokens=max_new_tokens)
        hearing.check(inputs["input_ids"], [rows[i] for i in chosen])
        written = sequences[:, inputs["input_ids"].shape[1] :]
        texts = processor.batch_decode(written, skip_special_tokens=True)
        stopped = torch.isin(written, stops)
        for i, text, stop in zip(chosen, texts, stopped, strict=True):
            ended = bool(stop.any())
            count = int(stop.int().argmax()) + 1 if ended else int(stop.numel())
            yield i, {"output": text, "new_tokens": count, "truncated": not ended}


def tell(**what: Any) -> None:
    print(json.dumps(what), flush=True)


def write_lines(path: Path, lines: Sequence[dict[str, Any]]) -> None:
    """Write JSONL, whole or not at all."""
    partial = path.with_suffix(".partial")
    partial.write_text("".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines), encoding="utf-8")
    os.replace(partial, path)


def run_condition(model: Any, processor: Any, rows: list[dict[str, Any]], condition: str, **options: Any) -> None:
    """Answer all rows under one condition, write OUT/<condition>.answers.jsonl and tell how long it took."""
    output, pairs = options["output"], options["pairs"]
    by_id = {row["id"]: row["audio"] for row in rows}
    clips = [heard(row, condition, by_id, pairs) for row in rows]
    hearing = options["hearing"]
    hearing.tokens = 0
    answers: dict[int, dict[str, Any]] = {}
    started = time.perf_counter()
    for i, answer in answer_rows(
        model, processor, rows, clips, options["batch_size"], options["max_new_tokens"], hearing
    ):
        fields = processor.parse_reasoning(answer["output"])
        sections = {name: getattr(fields, name) for name in ("planning", "caption", "reasoning", "summary")}
        given = {key: rows[i][key] for key in ("id", "domain", "task", "question", "choices", "answer")}
        structure = {
            "response": fields.response,
            "complete": fields.complete,
            "problems": list(fields.problems),
        }
        clip = {"clip": rows[i]["id"] if condition == "real" else pairs.get(rows[i]["id"])}
        answers[i] = given | answer | structure | {"sections": sections, "condition": condition}
        answers[i] |= clip if condition != "silence" else {"clip": None}
        if len(answers) % options["batch_size"] == 0 or len(answers) == len(rows):
            tell(progress={"condition": condition, "done": len(answers), "total": len(rows)})
    seconds = time.perf_counter() - started
    new_tokens = sum(answer["new_tokens"] for answer in answers.values())
    timing = {
        "rows": len(rows),
        "seconds": round(seconds, 3),
        "rows_per_second": round(len(rows) / seconds, 3),
        "new_tokens": new_tokens,
        "new_tokens_per_second": round(new_tokens / seconds, 1),
        "audio_tokens": hearing.tokens,
        "truncated": sum(answer["truncated"] for answer in answers.values()),
    }
    write_lines(output / f"{condition}.answers.jsonl", [answers[i] for i in range(len(rows))])
    tell(ready={"condition": condition, "timing": timing})


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description="Answer the questions of a CoTA split, isolated.")
    parser.add_argument("--packages", type=Path, help="site-packages folder without this project's packages")
    parser.add_argument("--model", type=Path, required=True)
    parser.add_argument("--data", type=Path, action="append", required=True, help="a Parquet file; repeatable")
    parser.add_argument("--rows", type=Path, help='JSON: {"ids": [...], "pairs": {row id: id of the clip it hears}}')
    parser.add_argument("--condition", choices=("real", "silence", "shuffled"), action="append", required=True)
    parser.add_argument("--output", type=Path, required=True)
    parser.add_argument("--batch-size", type=int, default=64)
    parser.add_argument("--max-new-tokens", type=int, default=512)
    options = parser.parse_args(arguments)
    if options.packages:
        sys.path.append(str(options.packages))
    try:
        forbid_own_packages()
        answer_all(options)
    except (ValueError, OSError) as error:
        tell(error=str(error))
        return 1
    return 0


def answer_all(options: argparse.Namespace) -> None:
    """Load the model once and answer under each condition."""
    import torch
    import transformers
    from safetensors import SafetensorError
    from transformers import AutoModel, AutoProcessor

    plan = json.loads(options.rows.read_text(encoding="utf-8")) if options.rows else {}
    rows = read_rows(options.data, set(plan["ids"]) if "ids" in plan else None)
    if not rows:
        raise ValueError(f"{options.data[0]}: no rows to answer were found in it; check --data and --rows.")
    if "shuffled" in options.condition and not plan.get("pairs"):
        raise ValueError("condition 'shuffled' needs --rows with `pairs`; evaluation.conditions draws them.")
    device = "cuda" if torch.cuda.is_available() else "cpu"
    processor = AutoProcessor.from_pretrained(options.model, trust_remote_code=True)
    processor.tokenizer.padding_side = "left"
    try:
        model = AutoModel.from_pretrained(options.model, trust_remote_code=True, dtype="auto").to(device).eval()
    except SafetensorError as error:
        raise ValueError(
            f"{options.model}: a file of its weights cannot be read ({error}), so it is cut off or damaged: copy or "
            "download it again."
        ) from None
    tell(
        loaded={
            "model_class": f"{type(model).__module__}.{type(model).__name__}",
            "parameters": sum(parameter.numel() for parameter in model.parameters()),
            "device": device,
            "dtype": str(model.dtype).removeprefix("torch."),
            "threads": torch.get_num_threads(),
            "versions": {"torch": torch.__version__, "transformers": transformers.__version__},
            "isolated": bool(sys.flags.isolated and sys.flags.no_site),
        }
    )
    hearing = Hearing(model)
    for condition in options.condition:
        run_condition(
            model,
            processor,
            rows,
            condition,
            output=options.output,
            pairs=plan.get("pairs", {}),
            batch_size=options.batch_size,
            max_new_tokens=options.max_new_tokens,
            hearing=hearing,
        )


if __name__ == "__main__":
    sys.exit(main())
