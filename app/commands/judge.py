"""`audio-reasoner judge`: let a model judge the answers of a run that is done."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from app.evaluating.judge_options import judge_settings


def judge(
    run: Annotated[Path, typer.Argument(help="Folder of `evaluate`, of air_bench_chat or mmar.")],
    judge: Annotated[
        str, typer.Option(help="Model of inspect's that judges: openai/gpt-4o, openai-api/SERVICE/NAME.")
    ],
    judge_base_url: Annotated[str | None, typer.Option(help="Address of its endpoint.")] = None,
    official_randomness: Annotated[
        bool,
        typer.Option("--official-randomness", help="Judge air_bench_chat at temperatures 2 and 1."),
    ] = False,
    judge_seed: Annotated[int, typer.Option(help="Of the official randomness.")] = 2503,
    connections: Annotated[int | None, typer.Option(min=1, help="Requests at once.")] = None,
    retries: Annotated[int, typer.Option(min=0, help="Of a request that was not answered.")] = 5,
    json: Annotated[bool, typer.Option("--json", help="Print the figures as JSON alone.")] = False,
) -> None:
    """Let a judge read the answers of a run, and score the run by what it says; the model is not asked again.

    Replies are kept by their content: what was judged already, or before an interruption, is not asked for again.

    Example: audio-reasoner judge runs/chat --judge openai/gpt-4o
    """
    from json import dumps

    from rich.console import Console

    from evaluation.outputs.table import outputs_sentences, outputs_table
    from evaluation.report.run_page import write_run_page
    from evaluation.runs.run import judge_run
    from evaluation.runs.table import run_sentences

    console = Console(stderr=json)
    display = "plain" if console.is_terminal else "none"
    named = judge_settings(judge, judge_base_url, official_randomness, judge_seed, connections, retries, display)
    assert named is not None
    scores = judge_run(run, named)
    page = write_run_page(run)
    if json:
        typer.echo(dumps(scores, ensure_ascii=False, indent=2))
    console.print(outputs_table(scores))
    for sentence in [*run_sentences(scores), *outputs_sentences(scores)]:
        console.print(sentence, highlight=False, markup=False)
    console.print(f"Results: {run}, the page {page}", highlight=False)
