"""Read what training left behind: figures by step, run times and speeds. Knows nothing of how a model was trained."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from evaluation.cota import read_json


def trainer_state(folder: Path) -> dict[str, Any] | None:
    """`trainer_state.json` of a training folder, or of its latest checkpoint; None where there is none."""
    if (state := read_json(folder / "trainer_state.json")) is not None:
        return state
    written = folder.glob("checkpoint-*/trainer_state.json")  # a checkpoint that is just being saved has none yet
    latest = max(written, key=lambda path: int(path.parent.name.rpartition("-")[2]), default=None)
    return None if latest is None else read_json(latest)


def losses(state: Mapping[str, Any]) -> dict[str, list[tuple[int, float]]]:
    """{"train": [(step, loss), …], "held_out": [(step, eval_loss), …]} of a Trainer's log history, in nats a token."""
    return {"train": series(state, "loss"), "held_out": series(state, "eval_loss")}


def series(state: Mapping[str, Any], key: str) -> list[tuple[int, float]]:
    """[(step, value), …] of what a Trainer logged under `key`."""
    return [(entry["step"], entry[key]) for entry in state.get("log_history", []) if key in entry]


@dataclass(frozen=True)
class Speed:
    """What went through a model between two lines of the log, with evaluations and saving in that time counted in."""

    step: int
    seconds: float
    tokens: int
    """Without padding, as TRL counts them."""
    padding_share: float
    """Of what the batches held."""
    epochs: float


def speeds(state: Mapping[str, Any]) -> list[Speed]:
    """From one line of the log to the next; empty without `include_num_input_tokens_seen: true`.

    Where a run was resumed, what was done between its checkpoint and its first line is left out: the log does not say
    when that began.
    """
    found = []
    for number, entries in enumerate(_sessions(state)):
        lines = [entry for entry in entries if "loss" in entry and "train_tokens_per_second" in entry]
        lines = [line for line in lines if "num_tokens" in line]
        before: Mapping[str, Any] | None = {} if number == 0 else None
        for line in lines:
            if before is not None:
                tokens = line["num_tokens"] - before.get("num_tokens", 0)
                held = line["num_input_tokens_seen"] - before.get("num_input_tokens_seen", 0)
                seconds = line["train_runtime"] - before.get("train_runtime", 0.0)
                epochs = line["epoch"] - before.get("epoch", 0.0)
                if held > 0 and seconds > 0:
                    found.append(Speed(line["step"], seconds, round(tokens), 1 - tokens / held, epochs))
            before = line
    return found


def run_seconds(state: Mapping[str, Any]) -> float | None:
    """Seconds of the whole run, of a resumed one in all its sessions; None where the log holds no times."""
    sessions = _sessions(state)
    return sum(entries[-1]["train_runtime"] for entries in sessions) if sessions else None


def _sessions(state: Mapping[str, Any]) -> list[list[Mapping[str, Any]]]:
    """The lines of the log that hold a time, by the process that wrote them: each resumed one counts from zero."""
    sessions: list[list[Mapping[str, Any]]] = []
    for entry in state.get("log_history", []):
        if "train_runtime" not in entry:
            continue
        last = sessions[-1][-1] if sessions else None
        if last is None or entry["train_runtime"] < last["train_runtime"] or _begins_later(last, entry):
            sessions.append([])
        sessions[-1].append(entry)
    return sessions


def _begins_later(last: Mapping[str, Any], entry: Mapping[str, Any]) -> bool:
    """Whether `entry` counts its tokens from a later point than `last`, as a process does that was resumed."""
    if not all("train_tokens_per_second" in line for line in (last, entry)):
        return False
    counted = [line["train_tokens_per_second"] * line["train_runtime"] for line in (last, entry)]
    starts = [line["num_input_tokens_seen"] - count for line, count in zip((last, entry), counted, strict=True)]
    return starts[1] - starts[0] > counted[0] / 2  # not 0, since the log rounds


def training_times(demo: Path) -> dict[str, float]:
    """Seconds each training stage below `demo` took, for the stages that recorded it."""
    times = {}
    for stage in ("encoder", "text", "model"):
        state = trainer_state(demo / stage) or {}
        seconds = run_seconds(state)
        records = [] if seconds is None else [seconds]
        for name in ("train_results.json", "all_results.json", "training.json"):
            found = read_json(demo / stage / name) or {}
            records += [found[key] for key in ("train_runtime", "seconds") if key in found]
        if records:
            times[stage] = round(float(records[-1]), 1)
    return times
