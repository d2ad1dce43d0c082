"""The curves of a training run, from what its trainer logged: numbers, sentences and a PNG."""

from __future__ import annotations

import math
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from evaluation.cota import read_json, split_files
from evaluation.figures.style import Look
from evaluation.figures.training import training_figure
from evaluation.floor import split_floor
from evaluation.training_log import losses, run_seconds, series, speeds, trainer_state


FIGURE = "curves.png"
_REWARD = ("rewards/", "/mean")


def curves_record(run: Path, data: Path | None = None, model: Path | None = None) -> dict[str, Any]:
    """What a run's log holds, by step.

    Args:
        run: the folder that the run wrote, or is writing: its latest checkpoint is read.
        data: the CoTA folder that it learns, for the audio-blind floor of the validation split, and for the seconds of
            audio.
        model: folder whose processor counts tokens for the floor; the run's own by default.

    Returns:
        `steps`, `minutes` (or None), `train`, `held_out`, `learning_rate`, `gradient_norm`, `tokens_per_second` and
        `audio_per_second` ([(step, value), …]), `rewards` (the same by name), `floor` (nats a token, or None),
        `with_data` (whether there was a folder to count it from), and the means `mean_tokens_per_second`,
        `mean_padding_share` and `mean_audio_per_second` (or None). What is not a finite number is left out, and the
        first step of it stands by name in `not_finite`.

    Raises:
        ValueError: there is no log in the folder, or it holds no figures.
    """
    state = trainer_state(run)
    if state is None:
        raise ValueError(
            f"{run}: no trainer_state.json in this folder or a checkpoint-… below it; give the output_dir of a run "
            "that has saved a checkpoint."
        )
    names = sorted({key for entry in state.get("log_history", []) for key in entry if key.startswith(_REWARD[0])})
    found: dict[str, Any] = {
        "steps": state.get("global_step") or max((entry["step"] for entry in state["log_history"]), default=0),
        **losses(state),
        "learning_rate": series(state, "learning_rate"),
        "gradient_norm": series(state, "grad_norm"),
        "rewards": {
            name.removeprefix(_REWARD[0]).removesuffix(_REWARD[1]): series(state, name)
            for name in names
            if name.endswith(_REWARD[1])
        },
    }
    found["not_finite"] = {}
    for name in ("train", "held_out", "learning_rate", "gradient_norm"):
        curve = found[name]
        found[name] = [(step, value) for step, value in curve if math.isfinite(value)]
        if len(found[name]) < len(curve):
            found["not_finite"][name] = next(step for step, value in curve if not math.isfinite(value))
    if not any(found[name] for name in ("train", "held_out", "rewards", "not_finite")):
        raise ValueError(f"{run}: the run has logged no loss yet; look again after logging_steps.")
    found["floor"], found["with_data"] = None, data is not None
    if data is not None and found["held_out"] and not found["rewards"]:
        found["floor"] = split_floor(model or run, split_files(data, "validation"))["floor"]
    seconds = run_seconds(state)
    return {**found, "minutes": None if seconds is None else seconds / 60, **_speed_record(state, data)}


def _speed_record(state: Mapping[str, Any], data: Path | None) -> dict[str, Any]:
    between = speeds(state)
    hours = ((read_json(data / "statistics.json") or {}) if data else {}).get("hours", {}).get("train")
    audio = None if hours is None else 3600 * hours  # seconds of an epoch
    seconds = sum(speed.seconds for speed in between)
    tokens = sum(speed.tokens for speed in between)
    held = sum(speed.tokens / (1 - speed.padding_share) for speed in between)
    return {
        "tokens_per_second": [(speed.step, speed.tokens / speed.seconds) for speed in between],
        "audio_per_second": [(speed.step, speed.epochs * audio / speed.seconds) for speed in between] if audio else [],
        "mean_tokens_per_second": tokens / seconds if between else None,
        "mean_padding_share": 1 - tokens / held if between else None,
        "mean_audio_per_second": sum(speed.epochs for speed in between) * audio / seconds
        if between and audio
        else None,
    }


def curves_sentences(record: Mapping[str, Any]) -> list[str]:
    """Where the run stands and how fast it is, as lines to print."""
    took = "" if record["minutes"] is None else f" in {record['minutes']:.1f} minutes"
    lines = [f"{record['steps']} steps{took}."]
    for name, curve in record["rewards"].items():
        lines.append(f"Reward {name}: {curve[-1][1]:.3f} at step {curve[-1][0]}.")
    if record["held_out"] and not record["rewards"]:
        step, loss = record["held_out"][-1]
        floor = "" if record["floor"] is None else f"; the audio-blind floor is {record['floor']:.4f}"
        lines.append(f"Held-out loss at step {step}: {loss:.4f} nats a token{floor}.")
        if not record["with_data"]:
            lines.append(
                "The audio-blind floor, below which only a model gets that hears, is not drawn: name the CoTA folder "
                "that it learns by --data."
            )
    for name, step in record["not_finite"].items():
        words = {"train": "training loss", "held_out": "held-out loss"}.get(name, name.replace("_", " "))
        lines.append(f"The {words} is no finite number at step {step}, and perhaps later.")
    if record["mean_tokens_per_second"] is not None:
        audio = record["mean_audio_per_second"]
        heard = "" if audio is None else f" and {audio:.1f} seconds of audio"
        lines.append(
            f"{record['mean_tokens_per_second']:,.0f} tokens{heard} a second; "
            f"{record['mean_padding_share']:.1%} of what the batches held was padding."
        )
    return lines


def write_curves(record: Mapping[str, Any], path: Path) -> Path:
    """Draw the curves on white into the PNG file `path`, whole or not at all; return the path."""
    partial = path.with_name(path.name + ".partial")
    partial.write_bytes(training_figure(record, Look(), "white"))
    os.replace(partial, path)
    return path
