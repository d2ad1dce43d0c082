"""`audio-reasoner compare`: two runs of one benchmark on the same items."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def compare(
    run_a: Annotated[Path, typer.Argument(help="The first run, a folder of `audio-reasoner evaluate`.")],
    run_b: Annotated[Path, typer.Argument(help="The second one, which is subtracted.")],
    output: Annotated[Path, typer.Option(help="Folder for compare.html, compare.json and figures/.")],
    json: Annotated[bool, typer.Option("--json", help="Print the figures as JSON alone.")] = False,
) -> None:
    """Compare two runs: both figures of each, the paired difference with McNemar's test, by group, item by item.

    Says what was asked otherwise where the questions of the two are not the same.

    Example: audio-reasoner compare runs/mmau-new runs/mmau-old --output runs/mmau-compared
    """
    from json import dumps

    from rich.console import Console

    from evaluation.outputs.table import comparison_sentences
    from evaluation.report.compare_page import PAGE, write_compare_page

    record = write_compare_page(run_a, run_b, output)
    if json:
        typer.echo(dumps(record, ensure_ascii=False, indent=2))
    console = Console(stderr=json)
    for sentence in [*comparison_sentences(record, record["comparison"]), *record["questions"]]:
        console.print(sentence, highlight=False, markup=False)
    console.print(f"Page: {output / PAGE}", highlight=False, markup=False)
