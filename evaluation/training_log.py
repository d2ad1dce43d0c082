"""Read what training left behind: losses by step and run times. Knows nothing of how a model was trained."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from evaluation.cota import read_json


def trainer_state(folder: Path) -> dict[str, Any] | None:
    """`trainer_state.json` of a training folder, or of its latest checkpoint; None where there is none."""
    if (state := read_json(folder / "trainer_state.json")) is not None:
        return state
    checkpoints = sorted(folder.glob("checkpoint-*"), key=lambda path: int(path.name.rpartition("-")[2]))
    return read_json(checkpoints[-1] / "trainer_state.json") if checkpoints else None


def losses(state: Mapping[str, Any]) -> dict[str, list[tuple[int, float]]]:
    """{"train": [(step, loss), …], "held_out": [(step, eval_loss), …]} of a Trainer's log history, in nats a token."""
    history = state.get("log_history", [])
    return {
        "train": [(entry["step"], entry["loss"]) for entry in history if "loss" in entry],
        "held_out": [(entry["step"], entry["eval_loss"]) for entry in history if "eval_loss" in entry],
    }


def training_times(demo: Path) -> dict[str, float]:
    """Seconds each training stage below `demo` took, for the stages that recorded it."""
    times = {}
    for stage in ("encoder", "text", "model"):
        state = trainer_state(demo / stage) or {}
        records = [entry["train_runtime"] for entry in state.get("log_history", []) if "train_runtime" in entry]
        for name in ("train_results.json", "all_results.json", "training.json"):
            found = read_json(demo / stage / name) or {}
            records += [found[key] for key in ("train_runtime", "seconds") if key in found]
        if records:
            times[stage] = round(float(records[-1]), 1)
    return times
