"""What a log of inspect holds of a run: the official file of outputs, and a line for each item with all there is."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from evaluation.error_words import error_words
from evaluation.manifest import write_json
from evaluation.outputs.registry import BENCHMARKS
from evaluation.strict import prediction_of
from modeling_audio_reasoner.reasoning_audio_reasoner import parse_reasoning


if TYPE_CHECKING:
    from inspect_ai.log import EvalLog, EvalSample

OUTPUTS, ITEMS = "outputs.json", "items.jsonl"
CUT = "max_tokens"
"""inspect's word for an answer that reached its limit."""


def collect(log: EvalLog, benchmark: str, output: Path) -> list[dict[str, Any]]:
    """Write `outputs.json`, as the official script reads it, and `items.jsonl`; return the items.

    An item whose request failed has no prediction in the first, and its "error" in the second.

    Args:
        log: of a run that is done, with its samples.
        benchmark: the name of its task.
        output: the run's folder.
    """
    samples = sorted(log.samples or [], key=lambda sample: str(sample.id))
    items = [item(sample, benchmark) for sample in samples]
    key = BENCHMARKS[benchmark].layout.asked_key
    entries = [
        dict(entry["entry"]) | ({key: entry["prediction"]} if entry["prediction"] is not None else {})
        for entry in items
    ]
    output.mkdir(parents=True, exist_ok=True)
    write_json(output / OUTPUTS, entries)
    write_lines(output / ITEMS, items)
    return items


def item(sample: EvalSample, benchmark: str) -> dict[str, Any]:
    """All that is known of one item.

    Returns:
        {"id", "entry", "asked", "heard", "hears", "output", "prediction", "official", "strict", "named", "stop",
        "complete", "tokens", "seconds", "error"}. `hears` is the item whose recording was heard, where that is another
        one; `official` and `strict` are the values of inspect's scorer, None where there is none; `seconds` are an
        answer's share of its batch, where a local model gave it, else those from request to answer.
    """
    failed = sample.error is not None
    completion = None if failed else sample.output.completion
    score = None if failed else (sample.scores or {}).get("official_and_strict")
    values: Mapping[str, Any] = score.value if score is not None and isinstance(score.value, Mapping) else {}
    reasoning = parse_reasoning(completion) if completion else None
    usage = sample.output.usage
    said = (None if failed else sample.output.metadata) or {}
    tokens = {} if usage is None else {"prompt": usage.input_tokens, "new": usage.output_tokens}
    tokens |= {"audio": said["audio_tokens"]} if "audio_tokens" in said else {}
    return {
        "id": str(sample.id),
        "entry": sample.metadata["entry"],
        "asked": _asked(sample),
        "heard": sample.metadata.get("heard"),
        "hears": sample.metadata.get("hears"),
        "output": completion,
        "prediction": None if completion is None else prediction_of(completion),
        **{side: _number(values.get(side)) for side in ("official", "strict")},
        "named": score.answer if score is not None else None,
        "stop": None if failed else sample.output.stop_reason,
        "complete": bool(reasoning and reasoning.complete),
        "tokens": tokens,
        "seconds": said.get("answer_seconds", sample.total_time),
        "error": error_words(sample.error.message) if sample.error is not None else None,
    }


def _asked(sample: EvalSample) -> str:
    messages: Sequence[Any] = sample.input if isinstance(sample.input, list) else []
    texts = [message.text for message in messages if message.role == "user"]
    return "\n".join(texts) if texts else str(sample.input)


def _number(value: Any) -> float | None:
    """A value that JSON can hold: None for what is not a number."""
    return value if isinstance(value, (int, float)) and value == value else None


def outputs_hash(items: Iterable[Mapping[str, Any]]) -> str:
    """SHA-256 of ids and whole outputs, in the order of the ids."""
    pairs = sorted((item["id"], item["output"]) for item in items)
    return hashlib.sha256(json.dumps(pairs, ensure_ascii=False).encode()).hexdigest()


def questions_hash(items: Iterable[Mapping[str, Any]]) -> str:
    """SHA-256 of what was asked and heard: ids, texts, answers, and the hashes of the files that were sent."""
    asked = sorted(
        (item["id"], item["asked"], json.dumps(item["entry"], sort_keys=True), _sent(item)) for item in items
    )
    return hashlib.sha256(json.dumps(asked, ensure_ascii=False).encode()).hexdigest()


def _sent(item: Mapping[str, Any]) -> list[str]:
    return [sent["sent_sha256"] for sent in (item["heard"] or {}).get("sent", [])]


def write_lines(path: Path, lines: Sequence[Mapping[str, Any]]) -> None:
    """Write JSONL, whole or not at all."""
    partial = path.with_name(path.name + ".partial")
    partial.write_text("".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines), encoding="utf-8")
    partial.replace(path)


def read_lines(path: Path) -> list[dict[str, Any]]:
    """The objects of a JSONL that `write_lines` wrote."""
    return [json.loads(line) for line in path.read_text(encoding="utf-8").split("\n") if line]
