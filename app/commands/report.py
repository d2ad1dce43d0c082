"""`audio-reasoner report`: one page with the figures of a trained and evaluated model."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def report(
    output: Annotated[Path, typer.Option(help="Folder for report.html, report.json and figures/.")],
    model: Annotated[Path | None, typer.Option(help="Model folder; OUTPUT/model by default.")] = None,
    evaluation: Annotated[Path | None, typer.Option(help="Results; OUTPUT/evaluation by default.")] = None,
    data: Annotated[Path, typer.Option(help="Folder of the CoTA data set.")] = Path("cota"),
) -> None:
    """Write one self-contained page: headline, accuracy by task, loss curve, and three recordings to listen to.

    Example: audio-reasoner report --output demo
    """
    from rich.console import Console
    from rich.progress import track

    from evaluation.report.write import write_report

    def bar(figures):
        return track(figures, description="figures", console=Console(stderr=True))

    model, evaluation = model or output / "model", evaluation or output / "evaluation"
    page = write_report(output, model, data, evaluation, progress=bar)
    typer.echo(f"Report: {page}")
    typer.echo(f"Figures: {output / 'report.json'} and {output / 'figures'}")
