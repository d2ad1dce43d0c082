"""`audio-reasoner check`: is a folder of CoTA whole and sound, and what does it hold?"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer


if TYPE_CHECKING:
    from rich.console import Console


def check(
    folder: Annotated[Path, typer.Argument(help="A folder that `build` wrote.")],
    figure: Annotated[Path | None, typer.Option(help="Also write a figure to this file (.png, .svg, .pdf).")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print statistics and problems as JSON alone.")] = False,
) -> None:
    """Check the shards, the splits, every answer and every clip of a CoTA folder, and print its statistics.

    Example: audio-reasoner check cota --figure cota.png
    """
    from json import dumps

    from rich.console import Console

    from app.progress_bars import progress_bars
    from dataset_builder.check import check_folder
    from dataset_builder.figure import write_figure

    with progress_bars() as progress:
        report = check_folder(folder, lambda done, whole: progress("Checking the rows", done, whole))
    if as_json:
        found = {"folder": str(folder), "whole": not report.problems, "problems": report.problems}
        typer.echo(dumps(found | {"statistics": report.statistics}, ensure_ascii=False, indent=2))
    console = Console(quiet=as_json)
    print_statistics(console, report.statistics)
    if figure is not None:
        write_figure(report.statistics, figure)
        console.print(f"Figure: {figure}", markup=False)
    for problem in report.problems:
        console.print(problem, markup=False)
    if report.problems:
        raise ValueError(f"The folder {folder} has the problems listed above; build it again.")
    console.print(
        f"{folder} is whole: {report.manifest['rows']} rows in {len(report.manifest['shards'])} shards, and every "
        "row passes.",
        markup=False,
    )


def print_statistics(console: Console, statistics: Mapping[str, Any]) -> None:
    """Print rows by task and split, with chance beside what the text alone answers on test."""
    from rich import box
    from rich.table import Table

    splits = list(statistics["rows"])
    baselines = statistics.get("baselines", {})
    table = Table(box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0))
    for header in ("domain", "task", *splits, "chance", *(name.replace("_", " ") for name in baselines)):
        named = header in ("domain", "task")
        table.add_column(header, justify="left" if named else "right", no_wrap=named)
    scores = [statistics["chance"], *baselines.values()]
    tasks_of = list(statistics["composition"].values())
    several = {task for tasks in tasks_of for task in tasks if sum(task in found for found in tasks_of) > 1}

    def shown(group: str, name: str) -> list[str]:
        return [f"{score[group][name]:.1%}" if name in score[group] else "" for score in scores]

    for domain, tasks in statistics["composition"].items():
        for task, counts in tasks.items():
            cells = [""] * len(scores) if task in several else shown("by_task", task)
            table.add_row(domain, task, *(str(counts.get(split, 0)) for split in splits), *cells)
        table.add_row(domain, "", *[""] * len(splits), *shown("by_domain", domain), style="bold", end_section=True)
    for task in sorted(several):
        table.add_row("all", task, *[""] * len(splits), *shown("by_task", task))
    asked = bool(statistics["chance"]["by_task"])
    overall = [f"{score['overall']:.1%}" if asked else "" for score in scores]
    table.add_row("all", "", *(str(statistics["rows"][split]) for split in splits), *overall, style="bold")
    console.print(table)
    for choices, found in statistics["answer_positions"].items():
        console.print(f"Places of the answer among {choices} choices: {found['counts']} (p = {found['p']:.2f})")
    console.print(f"Hours of clips: {statistics['hours']}; recordings: {statistics['recordings']}")
