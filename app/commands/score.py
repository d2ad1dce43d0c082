"""`audio-reasoner score`: score outputs made anywhere, officially and strictly."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def score(
    benchmark: Annotated[
        str,
        typer.Argument(
            help="mmau, mmar, air_bench_foundation, air_bench_chat, meld, covost2, auditorybench_pp or cota."
        ),
    ],
    outputs: Annotated[
        Path, typer.Argument(help="JSON list, JSONL, CSV or TSV in the benchmark's layout; or a folder of `evaluate`.")
    ],
    key: Annotated[str | None, typer.Option(help="Field of the prediction, if not the benchmark's own.")] = None,
    json: Annotated[str | None, typer.Option(help="Also write the figures to this file; - for stdout alone.")] = None,
    against: Annotated[Path | None, typer.Option(help="Another run on the same items, to compare with.")] = None,
    swapped: Annotated[
        Path | None, typer.Option(help="For air_bench_chat: the judgements with the two answers swapped.")
    ] = None,
) -> None:
    """Score a file of outputs as the benchmark's own script does, and strictly, with what the wording alone moved.

    Example: audio-reasoner score mmau outputs.json --key model_output --json scores.json
    """
    from json import dumps

    from evaluation.outputs.compare import compare
    from evaluation.outputs.registry import benchmark_of
    from evaluation.outputs.score import score_outputs
    from evaluation.outputs.table import comparison_sentences, outputs_sentences, outputs_table

    chosen = benchmark_of(benchmark)
    if against is not None and swapped is not None:
        raise ValueError("--against compares judgements in one order: leave --swapped away.")
    scored = score_outputs(chosen, outputs, key, swapped)
    figures = scored.figures
    if against is not None:
        figures["against"] = compare(scored, score_outputs(chosen, against, key))
    written = dumps(figures, ensure_ascii=False, indent=2) + "\n"
    if json == "-":
        typer.echo(written, nl=False)
        return
    from rich.console import Console

    console = Console()
    console.print(outputs_table(figures))
    sentences = outputs_sentences(figures)
    if against is not None:
        sentences += comparison_sentences(figures, figures["against"])
    for sentence in sentences:
        console.print(sentence, highlight=False, markup=False)
    if json is not None:
        Path(json).write_text(written, encoding="utf-8")
        console.print(f"Figures: {json}", highlight=False, markup=False)
