"""Folders of finished runs, written by hand: what was asked and answered is given, nothing is run."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from evaluation.judging.answers import answers_hash, read_answers
from evaluation.outputs.registry import benchmark_of
from evaluation.runs.collect import outputs_hash, questions_hash, write_lines
from evaluation.runs.judging import scored_run
from evaluation.runs.run import counted
from evaluation.runs.settings import RunSettings
from evaluation.strict import prediction_of


SCORERS = "5c" * 32
DOG, PIANO = ["dog", "cat"], ["piano", "flute"]

# id, choices, answer, difficulty, and what two runs answered; None where the request failed. By hand:
# strictly the first is right in 1, 2, 3, 5, 6, 8 (6 of 8), the second in 1, 4, 5, 8 (4 of 8);
# officially the first in 1, 2, 3, 5, 6 (5 of 8: "(B)" is no word of the answer), the second in 1, 4, 5, 8 (4 of 7).
ITEMS = (
    ("1", DOG, "dog", "easy", "dog", "dog"),
    ("2", DOG, "cat", "hard", "cat", "dog"),
    ("3", DOG, "dog", "hard", "dog", "a cat"),
    ("4", DOG, "cat", "hard", "dog", "cat"),
    ("5", PIANO, "piano", "easy", "piano", "piano"),
    ("6", PIANO, "flute", "hard", "flute", None),
    ("7", PIANO, "piano", "hard", "Either of them.", "Either of them."),
    ("8", PIANO, "flute", "hard", "(B)", "flute"),
)
FIRST, SECOND = ({row[0]: row[place] for row in ITEMS} for place in (4, 5))


def mmau_entries() -> list[dict[str, Any]]:
    """The entries of `ITEMS` in MMAU's layout, without predictions."""
    return [
        {
            "id": name,
            "audio_id": f"./{name}.wav",
            "question": f"What is heard in {name}?",
            "choices": choices,
            "answer": answer,
            "task": "sound" if choices is DOG else "music",
            "difficulty": difficulty,
        }
        for name, choices, answer, difficulty, _, _ in ITEMS
    ]


def write_run(
    folder: Path,
    outputs: Mapping[str, str | None] = FIRST,
    entries: Sequence[Mapping[str, Any]] | None = None,
    *,
    benchmark: str = "mmau",
    model_sha256: str | None = "ab" * 32,
    cut: Sequence[str] = (),
    judged: tuple[int, int] | None = None,
    manifest: Mapping[str, Any] | None = None,
    scores: Mapping[str, Any] | None = None,
    **settings: Any,
) -> Path:
    """Write outputs.json, items.jsonl, scores.json and manifest.json of a run.

    Args:
        folder: of the run.
        outputs: by the run's ids of the items; None is a request that failed.
        entries: in the benchmark's layout, in the order of `outputs`; those of `ITEMS` by default.
        benchmark: whose.
        model_sha256: of the model that answered; None for an endpoint.
        cut: ids of answers that reached the token limit.
        judged: the points that a judge gives each item in both orders: to the reference, and to the answer.
        manifest, scores: fields that stand over what is written there.
        settings: of the run, as `RunSettings` takes them.
    """
    chosen = RunSettings(benchmark=benchmark, model=settings.pop("model", "provider/model"), **settings)
    items = [
        _item(name, output, entry, chosen, "max_tokens" if name in cut else "stop")
        for (name, output), entry in zip(outputs.items(), entries or mmau_entries(), strict=True)
    ]
    key = benchmark_of(benchmark).layout.asked_key
    written = [{**item["entry"], **({} if item["output"] is None else {key: item["prediction"]})} for item in items]
    folder.mkdir(parents=True)
    (folder / "outputs.json").write_text(json.dumps(written), encoding="utf-8")
    write_lines(folder / "items.jsonl", items)
    if judged is not None:
        _write_judging(folder, benchmark, written, judged)
    scored = scored_run(benchmark, folder)
    figures = scored.figures | counted(items, scored) | dict(scores or {})
    (folder / "scores.json").write_text(json.dumps(figures), encoding="utf-8")
    found = {
        "format": 1,
        "settings": chosen.to_json(),
        "model": {"name": chosen.inspect_model, "sha256": model_sha256},
        "data": {"items": len(items), "questions_sha256": questions_hash(items)},
        "prompt": "{question}\nChoose one: {listed}.",
        "outputs_sha256": outputs_hash(items),
        "harness": {"inspect-ai": "0.3.999", "task": benchmark, "log": str(folder / "log")},
        "scorers_sha256": SCORERS,
        "code": {"commit": "c0ffee" * 6, "changed": True},
        "versions": {"python": "3.12.1", "torch": "2.9.0"},
        "hardware": {"machine": "x86_64", "cores": 2, "system": "Linux"},
        "judge": None,
        "train_data": [],
        "process": {},
        "date": "2026-11-28",
        "seconds": 3.5,
    }
    (folder / "manifest.json").write_text(json.dumps(found | dict(manifest or {})), encoding="utf-8")
    return folder


def _write_judging(
    folder: Path, benchmark: str, entries: Sequence[Mapping[str, Any]], points: tuple[int, int]
) -> None:
    for name, reply in (("judgements", points), ("judgements_swapped", points[::-1])):
        replied = [{**entry, "gpt-score": f"{reply[0]} {reply[1]}"} for entry in entries]
        (folder / f"{name}.json").write_text(json.dumps(replied), encoding="utf-8")
    answers = read_answers(benchmark_of(benchmark).layout, folder / "items.jsonl")
    judging = {"benchmark": benchmark, "answers_sha256": answers_hash(answers), "judge": "provider/judge"}
    (folder / "judging.json").write_text(json.dumps(judging), encoding="utf-8")


def _item(name: str, output: str | None, entry: Mapping[str, Any], settings: RunSettings, stop: str) -> dict[str, Any]:
    asked = f"{entry['question']}\nChoose one: {'; '.join(entry.get('choices', ()))}."
    if settings.prompt is not None:
        asked = f"{settings.prompt}: {asked}"
    sent = hashlib.sha256(f"{settings.heard} {name}".encode()).hexdigest()
    return {
        "id": name,
        "entry": dict(entry),
        "asked": asked,
        "heard": {"condition": settings.heard, "sent": [{"recording": f"{name}.wav", "sent_sha256": sent}]},
        "hears": None,
        "output": output,
        "prediction": None if output is None else prediction_of(output),
        "official": None,
        "strict": None,
        "named": None,
        "stop": stop,
        "complete": False,
        "tokens": {},
        "seconds": 0.1,
        "error": "no answer came" if output is None else None,
    }
