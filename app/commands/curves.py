"""`audio-reasoner curves`: what a training run has logged, as a figure and a few sentences."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def curves(
    run: Annotated[Path, typer.Argument(help="The output_dir of `trl sft` or `trl grpo`, at its end or in between.")],
    data: Annotated[Path | None, typer.Option(help="CoTA folder that it learns; `cota` where it is there.")] = None,
    output: Annotated[Path | None, typer.Option(help="PNG file to write; RUN/curves.png by default.")] = None,
) -> None:
    """Draw loss, audio-blind floor, learning rate, gradient norm and speed of a training run into a PNG.

    Reads the trainer's own log, trainer_state.json, of the latest checkpoint. With the data come the floor and seconds
    of audio a second.

    Example: audio-reasoner curves demo/model
    """
    from evaluation.curves import FIGURE, curves_record, curves_sentences, write_curves

    if data is None and (Path("cota") / "statistics.json").is_file():
        data = Path("cota")
    record = curves_record(run, data)
    for line in curves_sentences(record):
        typer.echo(line)
    typer.echo(f"Curves: {write_curves(record, output or run / FIGURE)}")
