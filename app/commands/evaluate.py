"""`audio-reasoner evaluate`: let a model folder answer held-out questions, and score it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def evaluate(
    benchmark: Annotated[str, typer.Argument(help="What to answer; `cota` is the one there is.")],
    model: Annotated[Path, typer.Option(help="Folder of the model to evaluate.")],
    output: Annotated[Path, typer.Option(help="Folder for answers, scores and manifest.")],
    data: Annotated[Path, typer.Option(help="Folder of the CoTA data set.")] = Path("cota"),
    split: Annotated[str, typer.Option(help="Split whose questions are answered.")] = "test",
    condition: Annotated[
        list[str] | None,
        typer.Option(help="real, silence or shuffled; repeatable. All three by default."),
    ] = None,
    batch_size: Annotated[int, typer.Option(min=1, help="Questions a batch.")] = 64,
    max_new_tokens: Annotated[int, typer.Option(min=1, help="Longest answer, in tokens.")] = 512,
    limit: Annotated[int | None, typer.Option(min=2, help="Only so many questions, for a quick look.")] = None,
    seed: Annotated[int, typer.Option(help="Seed of the shuffled pairing of clips.")] = 2503,
) -> None:
    """Answer held-out questions in a fresh process, under real and control conditions, and score the answers.

    The process cannot import this project: the model folder has to stand by itself. Conditions that were answered
    before with the same model, data and decoding are kept.

    Example: audio-reasoner evaluate cota --model demo/model --output demo/evaluation
    """
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

    from evaluation.conditions import CONDITIONS
    from evaluation.run import evaluate_cota
    from evaluation.table import results_table, summary_sentences

    if benchmark != "cota":
        raise ValueError(
            f"benchmark {benchmark!r} is unknown; `cota` is the one there is. Name another folder of it by --data."
        )
    columns = (TextColumn("{task.description:<10}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    bars = Progress(*columns, console=Console(stderr=True))
    bar: dict[str, TaskID] = {}

    def progress(name: str, done: int, total: int) -> None:
        bars.start()
        if name not in bar:
            bar[name] = bars.add_task(name, total=total)
        bars.update(bar[name], completed=done)

    try:
        results = evaluate_cota(
            model,
            data,
            output,
            split=split,
            conditions=condition or CONDITIONS,
            batch_size=batch_size,
            max_new_tokens=max_new_tokens,
            limit=limit,
            seed=seed,
            progress=progress,
        )
    finally:
        bars.stop()
    console = Console()
    console.print(results_table(results))
    for sentence in summary_sentences(results):
        console.print(sentence, highlight=False)
    kept = [name for name in results["conditions"] if name not in results["answered_now"]]
    if kept:
        console.print(f"Kept from an earlier run: {', '.join(kept)}.", highlight=False)
    console.print(f"Results: {output / 'results.json'}", highlight=False)
