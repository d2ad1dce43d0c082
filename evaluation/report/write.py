"""Write the report: figures as PNG, report.json, and report.html with everything inside."""

from __future__ import annotations

import base64
import io
import os
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

from evaluation.cota import read_audio, split_files
from evaluation.figures.accuracy import accuracy_figure
from evaluation.figures.loss import loss_figure
from evaluation.figures.spectrogram import spectrogram_figure
from evaluation.figures.style import LOOKS, Look
from evaluation.manifest import write_json
from evaluation.report.collect import collect
from evaluation.report.page import render_page


Draw = Callable[[Look, "str | None"], bytes]


def write_report(
    demo: Path,
    model: Path,
    data: Path,
    evaluation: Path,
    progress: Callable[[list[str]], Iterable[str]] = iter,
) -> Path:
    """Write DEMO/report.html, DEMO/report.json and DEMO/figures/*.png; return the page's path.

    Args:
        demo: the folder to write to; training stages are looked for below it.
        model: the model folder.
        data: the CoTA folder.
        evaluation: the folder that `audio-reasoner evaluate` wrote.
        progress: wraps the names of the figures as they are drawn.

    Raises:
        ValueError: when the evaluation is not there or not whole, or the data folder is not.
    """
    record = collect(demo, model, data, evaluation)
    sounds = read_audio(split_files(data, record["basis"]["split"]), [row["id"] for row in record["recordings"]])
    folder = demo / "figures"
    folder.mkdir(parents=True, exist_ok=True)
    pictures: dict[str, dict[str, str]] = {}
    drawn = figures_of(record, sounds)
    for name in progress(list(drawn)):
        pictures[name] = {look.name: data_uri("image/png", drawn[name](look, None)) for look in LOOKS}
        write_bytes(folder / f"{name}.png", drawn[name](Look(), "white"))
    players = {row["id"]: data_uri("audio/flac", sounds[row["id"]]) for row in record["recordings"]}
    record["figures"] = {name: f"figures/{name}.png" for name in pictures}
    write_json(demo / "report.json", record)
    page = demo / "report.html"
    write_bytes(page, render_page(record, pictures, players).encode())
    return page


def figures_of(record: Mapping[str, Any], sounds: Mapping[str, bytes]) -> dict[str, Draw]:
    """The report's figures by name, each a function of a look and a ground."""
    import soundfile

    loss, table = record["loss"], record["table"]
    floor = (loss["floor"] or {}).get("floor")
    drawn: dict[str, Draw] = {"accuracy": partial(accuracy_figure, table)}
    if loss["train"] or loss["held_out"]:
        drawn["loss"] = partial(loss_figure, loss["train"], loss["held_out"], floor)
    for row in record["recordings"]:
        waveform, rate = soundfile.read(io.BytesIO(sounds[row["id"]]), dtype="float32", always_2d=True)
        mono = waveform.mean(axis=1)
        drawn[f"spectrogram-{row['domain']}"] = partial(spectrogram_figure, mono, rate)
    return drawn


def data_uri(kind: str, content: bytes) -> str:
    return f"data:{kind};base64,{base64.b64encode(content).decode()}"


def write_bytes(path: Path, content: bytes) -> None:
    """Write a file, whole or not at all."""
    partial = path.with_name(path.name + ".partial")
    partial.write_bytes(content)
    os.replace(partial, path)
