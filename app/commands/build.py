"""`audio-reasoner build`: recordings and teachers, as a YAML file describes them -> a folder of CoTA."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer


INTERRUPTED = 130
"""The exit code of a command that Ctrl-C ended, by custom."""

if TYPE_CHECKING:
    from rich.console import Console

    from dataset_builder.build_settings import BuildSettings
    from dataset_builder.estimate import Estimate


def build(
    config: Annotated[Path, typer.Argument(help="The YAML file that describes the build.")],
    output: Annotated[Path | None, typer.Option(help="The folder to write, instead of the one in the file.")] = None,
    workers: Annotated[int | None, typer.Option(help="Tasks at the same time; default one a core.", min=1)] = None,
    executor: Annotated[str, typer.Option(help="Where tasks run: local, ray or slurm.")] = "local",
    max_cost: Annotated[
        float | None, typer.Option(help="Stop before teachers cost more than this in all; run again to go on.", min=0)
    ] = None,
    batch: Annotated[
        bool,
        typer.Option("--batch", help="Ask teachers through their batch API, where they have one, for less."),
    ] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Show the calls, tokens, hours and money it would take; ask no teacher.")
    ] = False,
    recordings: Annotated[
        int | None, typer.Option(help="With --dry-run: for so many recordings like these instead.", min=1)
    ] = None,
    status: Annotated[bool, typer.Option("--status", help="Show what is done, and run nothing.")] = False,
    retry_errors: Annotated[
        bool, typer.Option("--retry-errors", help="Try rows in error again, and what comes after them.")
    ] = False,
    redo: Annotated[str | None, typer.Option(help="Run this stage again, and those after it.")] = None,
) -> None:
    """Build CoTA: measure the recordings, make questions, write the chains of thought, review them, write the shards.

    A build that was stopped or killed goes on where it was. docs/building.md explains the YAML file.

    Example: audio-reasoner build build.yaml --dry-run
    """
    import time
    from dataclasses import replace

    from rich.console import Console

    from app.progress_bars import progress_bars
    from dataset_builder.build import clear_errors, clear_from, run_build
    from dataset_builder.build_settings import read_build
    from dataset_builder.build_stages import asked_singly, plan_build
    from dataset_builder.cores import cores
    from dataset_builder.engine.executors import Execution
    from dataset_builder.engine.stage import BuildStopped

    started = time.monotonic()
    settings = read_build(config)
    if output is not None:
        settings = replace(settings, output=output, work=output.with_name(output.name + ".build"))
    console = Console()
    if status:
        print_status(console, settings)
        return
    planned = plan_build(settings, max_cost, batch)
    if batch and (singly := asked_singly(planned)):
        console.print(
            f"Without a batch API, and so asked call by call at the full price: {', '.join(singly)}.", markup=False
        )
    if dry_run:
        from dataset_builder.estimate import estimate_build

        print_estimate(console, estimate_build(settings, recordings=recordings), batch)
        return
    if recordings is not None:
        raise ValueError("--recordings is for --dry-run: a build takes the recordings that its sources list.")
    if redo is not None:
        console.print(f"Again: {', '.join(clear_from(settings, redo))}.", markup=False)
    if retry_errors:
        console.print(f"Rows in error that are tried again: {clear_errors(settings)}.", markup=False)
    if (listed := planned[0].counts()).done and redo is None:
        console.print(
            f"Going on with the {listed.rows_in:,} recordings that were listed before; where they have changed since, "
            "build with --redo read.",
            markup=False,
        )
    options = {"ray": settings.ray, "slurm": settings.slurm}.get(executor, {})
    execution = Execution(executor, workers or cores(), options)  # type: ignore[arg-type]
    try:
        with progress_bars() as bars:

            def progress(stage: str, done: int, whole: int) -> None:
                bars(f"{stage} (rows)", done, whole)

            report = run_build(settings, execution, progress, max_cost, batch)
    except BuildStopped as stopped:
        typer.secho(f"audio-reasoner: the build stopped: {stopped}", err=True, fg=typer.colors.YELLOW)
        if "is kept" not in str(stopped):
            typer.echo("What is done is kept: run the same command again to go on.", err=True)
        raise typer.Exit(1) from stopped
    except KeyboardInterrupt:
        jobs = " Slurm's jobs go on until they are done, or until `scancel`." if executor == "slurm" else ""
        typer.secho("audio-reasoner: the build was interrupted.", err=True, fg=typer.colors.YELLOW)
        typer.echo(
            f"What is done is kept, and calls that were in flight are asked again.{jobs} Run the same command again "
            f"to go on, or `audio-reasoner build {config} --status` to see what is done.",
            err=True,
        )
        raise typer.Exit(INTERRUPTED) from None

    from app.commands.check import print_statistics

    print_statistics(console, report.statistics)
    for reason, count in report.left.most_common():
        console.print(f"Left behind: {count} rows by {reason}", markup=False)
    for note in report.notes:
        console.print(note, markup=False)
    written = sum(report.statistics["rows"].values())
    console.print(f"{written} rows in {report.folder}, built in {time.monotonic() - started:.0f} s.", markup=False)


def print_estimate(console: Console, estimate: Estimate, batch: bool) -> None:
    """A line a teacher's task: calls, tokens, hours at its limits, and money; then what it was drawn from."""
    from rich import box
    from rich.table import Table

    from dataset_builder.teachers.prices import cost_text

    table = Table(box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0))
    one = len({line.currency for line in estimate.lines}) == 1
    cost = f"cost ({estimate.currency})" if one and estimate.currency else "cost"
    for header in ("asked for", "teacher", "calls", "tokens in", "of audio", "tokens out", "hours", cost):
        named = header in ("asked for", "teacher")
        table.add_column(header, justify="left" if named else "right", overflow="fold")
    for line in estimate.lines:
        usage = line.usage
        audio = "unknown" if line.audio_unknown else _short(usage.audio_tokens)
        counts = (_short(line.calls), _short(usage.input_tokens), audio, _short(usage.output_tokens))
        hours = "-" if line.hours is None else f"{line.hours:,.1f}"
        amount = line.cost(batch)
        money = f"{amount:,.2f}" if one and amount is not None else cost_text(amount, line.currency)
        table.add_row(line.purpose, line.model, *counts, hours, money)
    found = f"{estimate.recordings:,} recordings, about {estimate.hours:,.1f} hours of sound"
    if estimate.lines:
        console.print(table)
        total = estimate.cost(batch)
        whole = "an unknown amount" if total is None else f"{total:,.2f} {estimate.currency}"
        through = " through the batch API" if batch else ""
        console.print(f"{found}; in all {whole}{through}, if every row goes through.", markup=False)
    else:
        console.print(f"{found}; no teacher is asked, and nothing is to be paid.", markup=False)
    console.print(
        f"Measuring takes {estimate.measuring_hours:,.2f} hours of one core like this machine's.", markup=False
    )
    if estimate.rows:
        console.print(
            f"The folder: {estimate.rows:,} rows, about {estimate.bytes / 1e9:,.3g} GB of clips.", markup=False
        )
    for note in estimate.notes:
        console.print(note, markup=False)


def _short(count: int) -> str:
    return f"{count:,}" if count < 1_000_000 else f"{count / 1e6:,.1f} M"


def print_status(console: Console, settings: BuildSettings) -> None:
    """A line a stage: its slices and rows that are done, of how many where that is known, and what was left."""
    from rich import box
    from rich.table import Table

    from dataset_builder.build_stages import PlannedStage, plan_build
    from dataset_builder.stages.write_shards import OF_SHARDS

    table = Table(box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0))
    for header in ("stage", "slices", "rows done", "out", "rejected", "in error", "folder"):
        named = header in ("stage", "folder")
        table.add_column(header, justify="left" if named else "right", no_wrap=header != "folder", overflow="fold")
    before: PlannedStage | None = None
    for item in plan_build(settings):
        counts = item.counts()
        whole = None if before is None else item.rows_before(before)
        done = f"{item.rows_done()}" if whole is None else f"{item.rows_done()}/{whole}"
        unit = " shards" if item.stage.name in OF_SHARDS else ""
        numbers = (f"{done}{unit}", f"{counts.out}{unit}", str(counts.rejected), str(counts.error))
        table.add_row(item.stage.name, f"{counts.done}/{counts.slices}", *numbers, item.folder.path.name)
        before = item
    console.print(table)
    finished = (settings.output / "manifest.json").is_file()
    console.print(f"The stages' folders are in {settings.work}.", markup=False)
    console.print(f"{settings.output} is {'written' if finished else 'not written yet'}.", markup=False)
