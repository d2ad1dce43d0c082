"""Evaluate a model folder on a split of CoTA: answer under each condition, judge, score, and record on what.

Files written to the output folder: `<condition>.jsonl` (judged rows), `manifest.json` (what each was measured on)
and `results.json` (the scores). Each is written whole or not at all; a condition whose rows are there for the same
model, data and decoding is not answered again.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from evaluation.conditions import CONDITIONS, shuffled_clips
from evaluation.cota import hash_files, multiple_choice, read_json, read_rows, split_files
from evaluation.isolated import answer_isolated
from evaluation.manifest import measured_on, today, versions, write_json
from evaluation.score import judge, score_table


SEED = 2503  # of the shuffled pairing
Progress = Callable[[str, int, int], None]


def evaluate_cota(
    model: Path,
    data: Path,
    output: Path,
    *,
    split: str = "test",
    conditions: Sequence[str] = CONDITIONS,
    batch_size: int = 64,
    max_new_tokens: int = 512,
    seed: int = SEED,
    limit: int | None = None,
    progress: Progress = lambda condition, done, total: None,
) -> dict[str, Any]:
    """Answer, judge and score; return what results.json holds.

    Args:
        model: the model folder.
        data: the CoTA folder.
        output: the folder of the results.
        split: of the CoTA folder.
        conditions: some of `CONDITIONS`, `real` among them.
        batch_size: rows a batch.
        max_new_tokens: longest answer in tokens; answers cut there are counted as truncated.
        seed: of the shuffled pairing.
        limit: answer only so many rows, chosen evenly by their order; for a quick look.
        progress: called with (condition, rows done, rows in all).

    Raises:
        ValueError: when model or data folder are not whole, or the isolated process refuses.
    """
    unknown = sorted(set(conditions) - set(CONDITIONS))
    if unknown:
        raise ValueError(f"condition {unknown[0]!r} is unknown; choose among {', '.join(CONDITIONS)}.")
    if "real" not in conditions:
        raise ValueError("condition 'real' is missing; the others are its controls and mean nothing without it.")
    conditions = [name for name in CONDITIONS if name in conditions]
    files = split_files(data, split)
    basis = measured_on(model, data, files, split, max_new_tokens, seed, limit)
    everything = read_rows(files)
    rows = list(multiple_choice(everything))
    if not rows:
        raise ValueError(f"{data}: split {split!r} has no multiple-choice question to score; choose another split.")
    if limit is not None and limit < len(rows):
        rows = [rows[i * len(rows) // limit] for i in range(limit)]
    manifest = read_json(output / "manifest.json") or {}
    runs: dict[str, Any] = manifest.get("conditions", {})
    missing = [name for name in conditions if not _is_there(output, name, runs, basis)]
    process: dict[str, Any] = {}

    def tell(what: str, facts: Mapping[str, Any]) -> None:
        if what == "loaded":
            process.update(facts)
        elif what == "progress":
            progress(facts["condition"], facts["done"], facts["total"])
        elif what == "ready":
            name = facts["condition"]
            output.mkdir(parents=True, exist_ok=True)
            written = _write_rows(output / f"{name}.jsonl", [judge(row) for row in facts["answers"]])
            run = {"basis": basis, "timing": facts["timing"], "process": dict(process), "batch_size": batch_size}
            runs[name] = run | {"rows_sha256": written, "date": today(), "versions": versions()}
            write_json(output / "manifest.json", {"model": str(model), "data": str(data), "conditions": runs})

    if missing:
        # Drawn before anything is written: too few rows of a kind for the shuffled condition is an error.
        pairs = shuffled_clips(rows, seed) if "shuffled" in missing else {}
        answer_isolated(
            model,
            files,
            missing,
            ids=[row["id"] for row in rows],
            pairs=pairs,
            batch_size=batch_size,
            max_new_tokens=max_new_tokens,
            tell=tell,
        )
    answered = {name: read_answers(output, name) for name in conditions}
    results = _results(answered, runs, data, files, len(everything) - len(list(multiple_choice(everything))))
    write_json(output / "results.json", results)
    return results | {"answered_now": missing}


def _is_there(output: Path, condition: str, runs: Mapping[str, Any], basis: Mapping[str, Any]) -> bool:
    """Whether the condition's rows are there, unchanged since they were written, for the same basis."""
    run, rows = runs.get(condition), output / f"{condition}.jsonl"
    if run is None or run["basis"] != basis or not rows.is_file():
        return False
    return hash_files([rows], output) == run["rows_sha256"]


def _write_rows(path: Path, rows: Sequence[Mapping[str, Any]]) -> str:
    """Write judged rows as JSONL, whole or not at all; the file's hash."""
    partial = path.with_name(path.name + ".partial")
    with partial.open("w", encoding="utf-8") as stream:
        stream.writelines(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
    os.replace(partial, path)
    return hash_files([path], path.parent)


def read_answers(output: Path, condition: str) -> list[dict[str, Any]]:
    """The judged rows of one condition.

    Raises:
        ValueError: when they are not there, or were cut or changed since they were written.
    """
    path = output / f"{condition}.jsonl"
    if not path.is_file():
        raise ValueError(f"{path}: no answers under this condition yet; run `audio-reasoner evaluate cota` first.")
    run = (read_json(output / "manifest.json") or {}).get("conditions", {}).get(condition)
    if run is None or hash_files([path], output) != run["rows_sha256"]:
        raise ValueError(
            f"{path}: not the answers that {output / 'manifest.json'} records (incomplete or changed); "
            "run `audio-reasoner evaluate cota` again."
        )
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def read_results(output: Path) -> tuple[dict[str, Any], dict[str, Any]]:
    """results.json and manifest.json of an evaluation.

    Raises:
        ValueError: when the evaluation was not made, or not to its end.
    """
    results, manifest = read_json(output / "results.json"), read_json(output / "manifest.json")
    if results is None or manifest is None:
        raise ValueError(
            f"{output}: no finished evaluation in this folder (no results.json with its manifest.json); "
            "run `audio-reasoner evaluate cota --model MODEL --output FOLDER` first."
        )
    return results, manifest


def _results(
    answered: Mapping[str, Sequence[Mapping[str, Any]]],
    runs: Mapping[str, Any],
    data: Path,
    files: Sequence[Path],
    left_out: int,
) -> dict[str, Any]:
    """What results.json holds: the table, the timing, and what the figures rest on."""
    statistics = read_json(data / "statistics.json") or {}
    real = runs["real"]
    return {
        "headline": "strict accuracy: share of held-out questions whose RESPONSE resolves to the right choice",
        "questions": len(answered["real"]),
        "open_questions_left_out": left_out,
        "table": score_table(answered, statistics.get("baselines", {})),
        "conditions": {
            name: runs[name]["timing"] | {"new_tokens_per_answer": _mean(rows, "new_tokens")}
            for name, rows in answered.items()
        },
        "basis": real["basis"],
        "process": real["process"],
        "shards": [file.relative_to(data).as_posix() for file in files],
        "versions": real["versions"],
        "date": real["date"],
    }


def _mean(rows: Sequence[Mapping[str, Any]], key: str) -> float:
    return round(sum(row[key] for row in rows) / len(rows), 2)
