"""`audio-reasoner inspect-labels`: a batch as the trainer sees it, and what is wrong with a recipe."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def inspect_labels(
    recipe: Annotated[Path, typer.Argument(help="The YAML file of `trl sft --config`.")],
    options: Annotated[
        list[str] | None, typer.Argument(help="After --, what would stand over the recipe: -- --max_length 2048")
    ] = None,
    rows: Annotated[int, typer.Option(min=0, help="Rows of the first batch to print, not to read (--limit).")] = 2,
    limit: Annotated[
        int | None,
        typer.Option(min=1, help="Look at only so many rows of each split, evenly chosen; by default at all."),
    ] = None,
    split: Annotated[str | None, typer.Option(help="In place of the split that the recipe trains on.")] = None,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print the whole batch, figures and faults as JSON.")
    ] = False,
) -> None:
    """Print the first batch of a recipe as TRL's trainer sees it, and figures and faults of all rows, or of --limit.

    Green, or in ⟦brackets⟧ where there are no colours, is what the model is trained on. Reads no weights, and needs no
    GPU. The exit code is 1 where there is a fault.

    Example: audio-reasoner inspect-labels recipes/audio-reasoner-mini/sft/config_demo.yaml --rows 4
    """
    from json import dumps

    from rich.console import Console

    from app.labels.inspection import inspect
    from app.labels.shown import batch_lines, closing_line, figure_lines, row_heading, row_text
    from app.labels.trainer import read_recipe
    from app.progress_bars import progress_bars

    with progress_bars() as progress:
        found = inspect(read_recipe(recipe, options or ()), split, progress, limit)
    if as_json:
        typer.echo(dumps(found.as_dict(), ensure_ascii=False, indent=2))
    else:
        console = Console(soft_wrap=True, highlight=False, markup=False)
        coloured = console.is_terminal and not console.no_color
        for line in batch_lines(found) if found.rows else []:
            console.print(line)
        for row in found.rows[:rows]:
            console.print()
            for line in row_heading(row):
                console.print(line, style="bold")
            console.print(row_text(row, coloured))
        if found.rows:
            console.print()
        said = [*(f"Warning: {each}" for each in found.warnings), *(f"Fault: {each}" for each in found.faults)]
        for line in [*figure_lines(found), *said]:
            console.print(line)
        if not found.faults:
            console.print(closing_line(found))
    if found.faults:
        count = "a fault" if len(found.faults) == 1 else f"{len(found.faults)} faults"
        raise ValueError(f"{recipe} has {count}: mend the recipe or the data before training.")
