"""Every figure of the report as one JSON-able dictionary; `demo/report.json` is what this returns."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from evaluation.cota import FACTS, read_rows, split_files
from evaluation.cota_results import read_answers, read_results
from evaluation.floor import split_floor
from evaluation.manifest import today
from evaluation.report.confounds import known_confounds
from evaluation.report.recordings import RULE, chosen_recordings
from evaluation.table import summary_sentences
from evaluation.training_log import losses, trainer_state, training_times


def collect(demo: Path, model: Path, data: Path, evaluation: Path) -> dict[str, Any]:
    """Gather what the report shows.

    Args:
        demo: folder below which the training stages lie (`encoder`, `text`, `model`).
        model: the model folder, for the tokenizer and the training log.
        data: the CoTA folder.
        evaluation: the folder that `audio-reasoner evaluate` wrote.

    Raises:
        ValueError: when the evaluation is not there or not whole, or the data folder is not.
    """
    results, manifest = read_results(evaluation)
    answers = {name: read_answers(evaluation, name) for name in results["conditions"]}
    split = results["basis"]["split"]
    files = split_files(data, split)
    facts = {row["id"]: row for row in read_rows(files, FACTS)}
    recordings = []
    for row in chosen_recordings(answers["real"]):
        if row["id"] not in facts:
            raise ValueError(
                f"{data}: the row {row['id']} that was evaluated is not in split {split!r} of this folder; "
                "evaluate again on this folder."
            )
        about = {key: facts[row["id"]].get(key) for key in ("source", "source_id", "license", "duration", "language")}
        recordings.append(dict(row) | about)
    return {
        "summary": summary_sentences(results),
        "questions": results["questions"],
        "table": results["table"],
        "conditions": results["conditions"],
        "loss": loss_record(model, data),
        "training_seconds": training_times(demo),
        "recordings": recordings,
        "recordings_rule": RULE,
        "confounds": known_confounds(data),
        "model": {"folder": str(model), "parameters": results["process"].get("parameters")},
        "basis": results["basis"],
        "process": results["process"],
        "manifest": manifest,
        "versions": results["versions"],
        "evaluated": results["date"],
        "written": today(),
    }


def loss_record(model: Path, data: Path) -> dict[str, Any]:
    """Losses by step, with the audio-blind floor of the validation split; empty where training left no log."""
    state = trainer_state(model)
    if state is None:
        return {"train": [], "held_out": [], "floor": None}
    curves: dict[str, Any] = dict(losses(state))
    floor: Mapping[str, Any] | None = split_floor(model, split_files(data, "validation"))
    return curves | {"floor": floor}
