"""`audio-reasoner extract`: write one row of CoTA to files, to listen to and to ask about."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def extract(
    data: Annotated[Path, typer.Argument(help="Folder of the CoTA data set.")] = Path("cota"),
    split: Annotated[str, typer.Option(help="Split to take the row from.")] = "test",
    config: Annotated[str | None, typer.Option(help="A task or a domain; all of them by default.")] = None,
    row: Annotated[int, typer.Option(min=0, help="Which row, counted from 0.")] = 0,
    output: Annotated[Path, typer.Option(help="Where to write, without the ending.")] = Path("clip"),
) -> None:
    """Write one row's clip (.flac) and its question (.txt), and print the right answer.

    Example: audio-reasoner extract cota --config spoken_language --row 3 --output clip
    """
    from dataset_builder.row_files import write_row_files

    files = write_row_files(data, output, split=split, config=config, row=row)
    typer.echo(f"{files.clip}: {files.seconds:.1f} s of audio, row {files.row_id}")
    typer.echo(f"{files.question}: {files.question.read_text(encoding='utf-8').strip()}")
    typer.echo(f"The right answer is: {files.answer}")
