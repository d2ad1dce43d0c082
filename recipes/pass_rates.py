"""How often a model is right on each question of CoTA: answers are sampled, and the right ones counted.

The counts go to a file as they come, from which a killed run goes on as if it had not been. Knows questions and
answers; knows nothing of what the rates are for.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rewards import answer_correct


BEGINNINGS = {"right": "", "right_without_thinking": "<RESPONSE>"}
"""The counts of a row by name, and what their answers begin with."""
Sample = Callable[[Sequence[list[dict[str, Any]]], str, int], list[list[str]]]
"""Of prompts, what answers begin with, and a seed: for each prompt its answers."""


@dataclass(frozen=True)
class Sampling:
    """How answers are sampled.

    Args:
        answers: to each question.
        temperature: of the model's own distribution, of which nothing is cut off.
        max_new_tokens: tokens of an answer. One that is longer is cut, and wrong where no response was closed.
        rows_at_once: questions whose answers are sampled together.
        seed: of all chance.
    """

    answers: int = 8
    temperature: float = 1.0
    max_new_tokens: int = 512
    rows_at_once: int = 8
    seed: int = 0

    def __post_init__(self) -> None:
        for name in ("answers", "max_new_tokens", "rows_at_once"):
            if getattr(self, name) < 1:
                raise ValueError(f"--{name.replace('_', '-')} is {getattr(self, name)}: give at least 1.")
        if not 0 < self.temperature < float("inf"):
            raise ValueError(f"--temperature is {self.temperature}: give a number above 0.")


class AnswerSampler:
    """Samples answers of a model folder, on the GPU where there is one; each recording is encoded once.

    Args:
        model_name: what `AutoModel.from_pretrained` takes; its code is run.
        sampling: how.
    """

    def __init__(self, model_name: str, sampling: Sampling) -> None:
        import torch
        from transformers import AutoModel, AutoProcessor

        device = "cuda" if torch.cuda.is_available() else "cpu"
        self.processor = AutoProcessor.from_pretrained(model_name, trust_remote_code=True)
        model = AutoModel.from_pretrained(model_name, trust_remote_code=True, dtype="auto")
        self.model = model.to(device).eval()
        self.sampling = sampling

    def __call__(self, prompts: Sequence[list[dict[str, Any]]], beginning: str, seed: int) -> list[list[str]]:
        """For each prompt its sampled answers, each with what it was begun with."""
        import torch

        inputs = self.prompt_inputs(prompts, beginning).to(self.model.device)
        torch.manual_seed(seed)
        with torch.inference_mode():
            written = self.model.generate(
                **inputs,
                do_sample=True,
                temperature=self.sampling.temperature,
                top_k=0,
                top_p=1.0,
                num_beams=1,
                num_return_sequences=self.sampling.answers,
                max_new_tokens=self.sampling.max_new_tokens,
            )
        texts = self.processor.batch_decode(written[:, inputs["input_ids"].shape[1] :], skip_special_tokens=True)
        count = self.sampling.answers
        return [[beginning + text for text in texts[at : at + count]] for at in range(0, len(texts), count)]

    def prompt_inputs(self, prompts: Sequence[list[dict[str, Any]]], beginning: str) -> Any:
        """What the model is given: the prompts, padded at their left, and the tokens that its answers begin with."""
        import torch

        inputs = self.processor.apply_chat_template(
            list(prompts),
            tokenize=True,
            return_dict=True,
            add_generation_prompt=True,
            return_tensors="pt",
            processor_kwargs={"padding": True},
        )
        begun = self.processor.tokenizer(beginning, add_special_tokens=False)["input_ids"] if beginning else []
        tokens = torch.tensor(begun, dtype=torch.long).expand(len(prompts), -1)
        inputs["input_ids"] = torch.cat([inputs["input_ids"], tokens], dim=1)
        inputs["attention_mask"] = torch.cat([inputs["attention_mask"], torch.ones_like(tokens)], dim=1)
        return inputs


def identity(model_name: str) -> list[Any]:
    """What tells a model from another in its place: its name, and size and time of the files of a folder."""
    files = sorted(Path(model_name).glob("*.safetensors")) if Path(model_name).is_dir() else []
    return [str(model_name), *([file.name, file.stat().st_size, file.stat().st_mtime_ns] for file in files)]


def count_right(
    rows: Any,
    order: Sequence[int],
    path: Path,
    about: Mapping[str, Any],
    sampling: Sampling,
    counts: Mapping[str, str],
    sampler: Callable[[str], Sample],
) -> dict[str, dict[str, int]]:
    """The right ones of each row's answers, by the row's id and the name of the count.

    Args:
        rows: by index, each with `id`, `messages`, `choices` and `answer`.
        order: indices of the rows with choices, in which their answers are sampled: those of like length together.
        path: JSON lines; the first says what the counts were made of, and each other one holds those of a row. Rows
            that are in it are not sampled again.
        about: what the first line has to say beside `sampling` and `counts`.
        sampling: how answers are sampled.
        counts: names of the counts, and what their answers begin with.
        sampler: of the name of a count, what samples its answers. It is not called where the file holds all rows.

    Raises:
        ValueError: the file was written of another model, data set or sampling; or a row's answer is none of its
            choices.
    """
    from tqdm import tqdm

    head = json.loads(json.dumps({**about, **vars(sampling), "counts": counts}))
    found = _read(path, head, [rows[index]["id"] for index in order], sampling.rows_at_once)
    if len(found) == len(order):
        return found
    samplers = {name: sampler(name) for name in counts}
    path.parent.mkdir(parents=True, exist_ok=True)
    _write_whole(path, head, found)
    starts = range(len(found), len(order), sampling.rows_at_once)
    with (
        path.open("a", encoding="utf-8") as stream,
        tqdm(total=len(order), initial=len(found), desc="sampling answers", unit="row") as bar,
    ):
        for start in starts:
            batch = [rows[index] for index in order[start : start + sampling.rows_at_once]]
            lines = {row["id"]: dict.fromkeys(counts, 0) for row in batch}
            for name, beginning in counts.items():
                answers = samplers[name]([asked(row) for row in batch], beginning, sampling.seed + start)
                for row, texts in zip(batch, answers, strict=True):
                    lines[row["id"]][name] = _right(row, texts)
            # In one piece, so that a killed run has lost whole batches, whose chance begins anew.
            stream.write("".join(_line({"id": name, **line}) for name, line in lines.items()))
            stream.flush()
            found |= lines
            bar.update(len(batch))
    return found


def asked(row: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The turns of a row before its answer.

    Raises:
        ValueError: the row does not end with an answer.
    """
    *turns, last = row["messages"]
    if last["role"] != "assistant" or not turns:
        raise ValueError(f"Row {row['id']} does not end with an answer: check the data set with audio-reasoner check.")
    return turns


def _right(row: Mapping[str, Any], texts: Sequence[str]) -> int:
    completions = [[{"role": "assistant", "content": text}] for text in texts]
    try:
        worth = answer_correct(completions, [row["choices"]] * len(texts), [row["answer"]] * len(texts))
    except ValueError as error:
        raise ValueError(f"Row {row['id']}: {error}") from error
    return sum(value == 1 for value in worth)


def _read(path: Path, head: dict[str, Any], ids: list[str], rows_at_once: int) -> dict[str, dict[str, int]]:
    """The counts that a file holds, up to its last whole batch."""
    if not path.is_file():
        return {}
    text = path.read_text(encoding="utf-8")
    lines = text[: text.rfind("\n") + 1].splitlines()  # a killed run may have cut the last one
    if not lines:
        return {}
    try:
        first, *rest = [json.loads(line) for line in lines]
        other = sorted(name for name in {*head, *first} if head.get(name) != first.get(name))
        found = {line.pop("id"): line for line in rest}
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise ValueError(f"{path} is no file of pass rates: name another one by --rates.") from error
    if other:
        raise ValueError(
            f"{path} holds rates of another {', '.join(other)}: remove it to begin anew, or name another by --rates."
        )
    if list(found) != ids[: len(found)] or len(found) != len(rest):
        raise ValueError(f"{path} holds other rows than the data set, or some twice: remove it to begin anew.")
    whole = len(found) if len(found) == len(ids) else len(found) - len(found) % rows_at_once
    return dict(list(found.items())[:whole])


def _write_whole(path: Path, head: dict[str, Any], found: Mapping[str, dict[str, int]]) -> None:
    partial = path.with_name(path.name + ".partial")
    lines = [_line(head), *(_line({"id": name, **line}) for name, line in found.items())]
    partial.write_text("".join(lines), encoding="utf-8")
    os.replace(partial, path)


def _line(value: Mapping[str, Any]) -> str:
    return json.dumps(value, ensure_ascii=False) + "\n"
