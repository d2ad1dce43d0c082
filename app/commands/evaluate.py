"""`audio-reasoner evaluate`: let a model answer a benchmark, score it officially and strictly, and prove it listened."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def evaluate(
    benchmark: Annotated[
        str | None, typer.Argument(help="mmau, mmar, air_bench_foundation, air_bench_chat, meld, covost2, … or cota.")
    ] = None,
    model: Annotated[
        str | None, typer.Option(help="Folder of a model, or a model of inspect's: openai/gpt-4o-audio-preview.")
    ] = None,
    output: Annotated[Path | None, typer.Option(help="Folder for answers, scores, figures and manifest.")] = None,
    data: Annotated[
        str | None, typer.Option(help="Folder of the benchmark in its official layout; else the Hub's copy.")
    ] = None,
    split: Annotated[str | None, typer.Option(help="Split of the benchmark, if not its default one.")] = None,
    prompt: Annotated[str, typer.Option(help="How choices are shown: listed, lettered, or a template.")] = "listed",
    ablate: Annotated[
        list[str] | None,
        typer.Option(help="Also with silence, noise, shuffle or none in place of the recordings; repeatable."),
    ] = None,
    permute_choices: Annotated[int, typer.Option(min=0, help="Also with so many other orders of the choices.")] = 0,
    trust: Annotated[bool, typer.Option("--trust", help="All four ablations and two other orders.")] = False,
    train_data: Annotated[
        list[Path] | None,
        typer.Option(help="Training data, a folder of CoTA: also score without the questions in it; repeatable."),
    ] = None,
    limit: Annotated[int | None, typer.Option(min=2, help="Only so many questions, evenly chosen.")] = None,
    max_tokens: Annotated[int, typer.Option(min=1, help="Longest answer, in tokens.")] = 2048,
    temperature: Annotated[float | None, typer.Option(min=0, help="Of drawn answers; greedy without it.")] = None,
    seed: Annotated[int | None, typer.Option(help="Of drawn answers.")] = None,
    batch_size: Annotated[int | None, typer.Option(min=1, help="Questions a batch of a local model.")] = None,
    base_url: Annotated[str | None, typer.Option(help="Address of an endpoint.")] = None,
    connections: Annotated[int | None, typer.Option(min=1, help="Requests at once to an endpoint.")] = None,
    retries: Annotated[int, typer.Option(min=0, help="Of a request that an endpoint did not answer.")] = 5,
    log_audio: Annotated[bool, typer.Option("--log-audio", help="Keep the recordings in inspect's log.")] = False,
    from_: Annotated[
        Path | None, typer.Option("--from", help="Repeat the run of this manifest.json, and compare the outputs.")
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="Print the figures as JSON alone.")] = False,
) -> None:
    """Answer a benchmark's questions, score the answers, and write all of it into one folder.

    What an earlier run into the same folder has answered is kept. A local model answers in a process that cannot import
    this project: its folder has to stand by itself.

    Example: audio-reasoner evaluate cota --model demo/model --data cota --output demo/evaluation --trust
    """
    from rich.console import Console

    if output is None:
        raise ValueError("name the folder of the results by --output.")
    console = Console(stderr=json)
    options = {
        "batch_size": batch_size,
        "max_connections": connections,
        "max_retries": retries,
        "log_audio": log_audio,
        "display": "plain" if console.is_terminal else "none",
    }
    if from_ is not None:
        if benchmark or model:
            raise ValueError("--from takes benchmark, model and all that decides the answers from the manifest.")
        if train_data:
            raise ValueError("--from repeats a run and searches no --train-data: leave it out.")
        _repeat(from_, output, options, console, json)
        return
    if benchmark is None or model is None:
        raise ValueError("name a benchmark and --model, or a manifest by --from.")
    from evaluation.runs.settings import RunSettings
    from evaluation.runs.trust import ABLATIONS, PERMUTATIONS

    settings = RunSettings(
        benchmark=benchmark.replace("-", "_"),
        model=model,
        data=data,
        split=split,
        prompt=prompt,
        limit=limit,
        max_tokens=max_tokens,
        temperature=temperature,
        seed=seed,
        base_url=base_url,
    )
    ablations = list(ABLATIONS) if trust else list(dict.fromkeys(ablate or ()))
    permutations = PERMUTATIONS if trust else permute_choices
    _run(settings, output, ablations, permutations, train_data or [], options, console, json)


def _run(settings, output, ablations, permutations, train_data, options, console, json) -> None:
    """Run, show and write."""
    import json as written

    from app.contamination import write_contamination
    from app.progress_bars import progress_bars
    from evaluation.outputs.table import outputs_sentences, outputs_table
    from evaluation.report.run_page import write_run_page
    from evaluation.runs.contamination import contamination_sentences
    from evaluation.runs.run import run
    from evaluation.runs.table import run_name, run_sentences, trust_sentences, trust_table
    from evaluation.runs.trust import controls_of, run_controls

    if ablations or permutations:
        controls_of(settings, ablations, permutations)  # what is wrong with them is said before anything is asked
    if train_data:
        with progress_bars() as progress:
            write_contamination(settings, train_data, output, progress)
    scores = run(settings, output, **options)
    trusted = None
    if ablations or permutations:
        trusted = run_controls(
            settings,
            output,
            ablations,
            permutations,
            begin=lambda name: console.print(f"Now: {run_name(name)}.", highlight=False),
            **options,
        )
    page = write_run_page(output)
    if json:
        typer.echo(written.dumps(scores | {"trust": trusted}, ensure_ascii=False, indent=2))
    console.print(outputs_table(scores))
    for sentence in [*run_sentences(scores), *outputs_sentences(scores), *contamination_sentences(scores)]:
        console.print(sentence, highlight=False, markup=False)
    if trusted is not None:
        console.print(trust_table(trusted, scores["measure"]))
        for sentence in trust_sentences(trusted, scores["measure"]):
            console.print(sentence, highlight=False, markup=False)
    if not scores["answered_now"]:
        console.print("The answers were there from an earlier run of the same settings.", highlight=False)
    console.print(f"Results: {output}, the page {page}; inspect view --log-dir {output / 'log'}", highlight=False)


def _repeat(manifest, output, options, console, json) -> None:
    """Repeat a run, and say whether the outputs are the same."""
    import json as written

    from evaluation.runs.repeat import repeat

    found = repeat(manifest, output, **options)
    if json:
        typer.echo(written.dumps(found, ensure_ascii=False, indent=2))
    if found["identical"]:
        console.print(f"Identical: all {found['n']} outputs are those of {manifest}.", highlight=False)
    else:
        count = "some" if found["changed"] is None else len(found["changed"])
        console.print(
            f"Not identical: {count} of {found['n']} outputs are others than in {manifest}.", highlight=False
        )
        for name in (found["changed"] or [])[:10]:
            console.print(f"  {name}", highlight=False, markup=False)
    for sentence in found["differs"]:
        console.print(f"Other than then: {sentence}.", highlight=False, markup=False)
    if not found["identical"]:
        raise typer.Exit(2)
