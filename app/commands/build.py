"""`audio-reasoner build`: recordings in the cache -> a folder of CoTA."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def build(
    output: Annotated[Path, typer.Option(help="The folder to write; an older CoTA folder there is replaced.")] = Path(
        "cota"
    ),
    cache: Annotated[Path | None, typer.Option(help="Where `fetch` put the recordings.")] = None,
    rows: Annotated[int, typer.Option(help="Rows over all splits.", min=1)] = 7_000,
    seed: Annotated[int, typer.Option(help="The same seed and recordings give the same rows.", min=0)] = 0,
    workers: Annotated[int | None, typer.Option(help="Processes; default one a core.", min=1)] = None,
) -> None:
    """Build CoTA from the fetched recordings: questions, choices, answers and the four sections.

    Example: audio-reasoner build --output cota --rows 7000 --seed 0
    """
    import time

    from rich.console import Console

    from app.commands.check import print_statistics
    from app.progress_bars import progress_bars
    from dataset_builder.pipeline import build as build_folder
    from dataset_builder.sources.debian import default_cache, read_recordings
    from dataset_builder.writer import require_replaceable

    started = time.monotonic()
    require_replaceable(output)
    recordings = read_recordings(cache or default_cache())
    with progress_bars() as progress:
        report = build_folder(recordings, output, rows, seed, workers, progress)
    console = Console()
    print_statistics(console, report.statistics)
    for reason, count in report.rejected.most_common():
        console.print(f"Not written: {count} rows. {reason}", markup=False)
    for note in report.notes:
        console.print(note, markup=False)
    written = sum(report.statistics["rows"].values())
    console.print(f"{written} rows in {output}, built in {time.monotonic() - started:.0f} s.", markup=False)
