"""What CoTA's page, card and ablations read: judged rows under each condition and one table, from a folder's runs.

`<condition>.jsonl` holds the judged rows and `results.json` the scores, beside the run that they are of. Chance and
the text-only baselines, which other benchmarks do not have, are in the table too. Answers nothing itself.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from evaluation.cota import hash_files, multiple_choice, read_json, read_rows, split_files
from evaluation.manifest import write_json
from evaluation.runs.collect import CUT, write_lines
from evaluation.runs.controls import CONTROLS
from evaluation.runs.run import SCORES, read_run
from evaluation.score import judge, score_table
from evaluation.tasks.samples import SEED
from modeling_audio_reasoner.reasoning_audio_reasoner import parse_reasoning


RESULTS = "results.json"
RUN_OF_CONDITION = {"real": ".", "silence": f"{CONTROLS}/silence", "shuffled": f"{CONTROLS}/shuffle"}
"""Where the run under a condition lies, from the first run's folder."""
SECTIONS = ("planning", "caption", "reasoning", "summary")


def write_cota_results(output: Path, data: Path) -> dict[str, Any]:
    """Write the judged rows and the results of the runs in `output`; return what results.json holds.

    Args:
        output: the folder of a run on CoTA, its controls below it.
        data: the CoTA folder that it was of.

    Raises:
        ValueError: the run is not whole, or a control is of another run.
    """
    runs = {name: read_run(output / place) for name, place in RUN_OF_CONDITION.items() if _is_there(output / place)}
    _, manifest, _ = runs["real"]
    settings = manifest["settings"]
    split = settings["split"] or "test"
    files = split_files(data, split)
    everything = read_rows(files)
    statistics = read_json(data / "statistics.json") or {}
    answered, conditions, hashes = {}, {}, {}
    for name, (_, described, items) in runs.items():
        _check_alike(name, described, manifest, output)
        rows = [judged_row(item, name) for item in items if item["error"] is None]
        write_lines(output / f"{name}.jsonl", rows)
        answered[name] = rows
        hashes[name] = hash_files([output / f"{name}.jsonl"], output)
        conditions[name] = _timing(rows) | {"new_tokens_per_answer": _mean(rows, "new_tokens")}
    results = {
        "headline": "strict accuracy: share of held-out questions whose RESPONSE resolves to the right choice",
        "questions": len(answered["real"]),
        "open_questions_left_out": len(everything) - len(list(multiple_choice(everything))),
        "table": score_table(answered, statistics.get("baselines", {})),
        "conditions": conditions,
        "rows_sha256": hashes,
        "basis": {
            "model_sha256": manifest["model"]["sha256"],
            "data_sha256": hash_files(files, data),
            "split": split,
            "limit": settings["limit"],
            "decoding": {
                "strategy": "sampling" if settings["temperature"] else "greedy",
                "max_new_tokens": settings["max_tokens"],
            },
            "seed": SEED,
        },
        "process": manifest["process"],
        "shards": [file.relative_to(data).as_posix() for file in files],
        "versions": manifest["versions"],
        "date": manifest["date"],
    }
    write_json(output / RESULTS, results)
    return results


def judged_row(item: Mapping[str, Any], condition: str) -> dict[str, Any]:
    """An item of a run as a row: the question, the answer's sections, and the verdicts of `evaluation.score.judge`."""
    found = parse_reasoning(item["output"])
    return judge(
        dict(item["entry"])
        | {
            "output": item["output"],
            "new_tokens": item["tokens"].get("new", 0),
            "audio_tokens": item["tokens"].get("audio", 0),
            "seconds": item["seconds"],
            "truncated": item["stop"] == CUT,
            "response": found.response,
            "complete": found.complete,
            "problems": list(found.problems),
            "sections": {name: getattr(found, name) for name in SECTIONS},
            "condition": condition,
            "clip": None if condition == "silence" else item["hears"] or item["id"],
        }
    )


def _is_there(folder: Path) -> bool:
    return (folder / SCORES).is_file()


def _check_alike(name: str, one: Mapping[str, Any], first: Mapping[str, Any], output: Path) -> None:
    """Raise ValueError where a control was run with other settings or another model than the first run."""
    alike = {key: value for key, value in one["settings"].items() if key != "heard"}
    if (
        alike != {key: value for key, value in first["settings"].items() if key != "heard"}
        or one["model"] != first["model"]
    ):
        raise ValueError(
            f"{output / RUN_OF_CONDITION[name]} is of other settings or another model than the run in {output}: run "
            "`audio-reasoner evaluate` again with the same ablations."
        )


def _timing(rows: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Seconds spent answering, without loading, and what was written meanwhile."""
    seconds = sum(row["seconds"] for row in rows)
    new_tokens = sum(row["new_tokens"] for row in rows)
    return {
        "rows": len(rows),
        "seconds": round(seconds, 3),
        "rows_per_second": round(len(rows) / seconds, 3),
        "new_tokens": new_tokens,
        "new_tokens_per_second": round(new_tokens / seconds, 1),
        "audio_tokens": sum(row["audio_tokens"] for row in rows),
        "truncated": sum(row["truncated"] for row in rows),
    }


def _mean(rows: Sequence[Mapping[str, Any]], key: str) -> float:
    return round(sum(row[key] for row in rows) / len(rows), 2)


def read_answers(output: Path, condition: str) -> list[dict[str, Any]]:
    """The judged rows of one condition.

    Raises:
        ValueError: when they are not there, or were cut or changed since they were written.
    """
    path = output / f"{condition}.jsonl"
    if not path.is_file():
        raise ValueError(f"{path}: no answers under this condition yet; run `audio-reasoner evaluate cota` first.")
    expected = (read_json(output / RESULTS) or {}).get("rows_sha256", {}).get(condition)
    if hash_files([path], output) != expected:
        raise ValueError(
            f"{path}: not the answers that {output / RESULTS} records (incomplete or changed); "
            "run `audio-reasoner evaluate cota` again."
        )
    return [json.loads(line) for line in path.read_text(encoding="utf-8").split("\n") if line]


def read_results(output: Path) -> tuple[dict[str, Any], dict[str, Any]]:
    """results.json and manifest.json of an evaluation.

    Raises:
        ValueError: when the evaluation was not made, or not to its end.
    """
    results, manifest = read_json(output / RESULTS), read_json(output / "manifest.json")
    if results is None or manifest is None:
        raise ValueError(
            f"{output}: no finished evaluation of CoTA in this folder (no results.json with its manifest.json); "
            "run `audio-reasoner evaluate cota --model MODEL --output FOLDER` first."
        )
    return results, manifest
