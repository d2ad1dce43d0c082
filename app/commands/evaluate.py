"""`audio-reasoner evaluate`: let a model answer a benchmark, score the answers, and show whether it listened."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer


if TYPE_CHECKING:
    from evaluation.runs.judging import JudgeSettings


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
    prompt: Annotated[
        str | None, typer.Option(help="How choices are shown: listed, lettered, or a template; else as usual there.")
    ] = None,
    ablate: Annotated[
        list[str] | None,
        typer.Option(help="Also with silence, noise, shuffle or none in place of the recordings; repeatable."),
    ] = None,
    permute_choices: Annotated[int, typer.Option(min=0, help="Also with so many other orders of the choices.")] = 0,
    trust: Annotated[bool, typer.Option("--trust", help="All four ablations and two other orders.")] = False,
    limit: Annotated[int | None, typer.Option(min=2, help="Only so many questions, evenly chosen.")] = None,
    max_tokens: Annotated[int, typer.Option(min=1, help="Longest answer, in tokens.")] = 2048,
    temperature: Annotated[float | None, typer.Option(min=0, help="Of drawn answers; greedy without it.")] = None,
    seed: Annotated[int | None, typer.Option(help="Of drawn answers.")] = None,
    batch_size: Annotated[int | None, typer.Option(min=1, help="Questions a batch of a local model.")] = None,
    base_url: Annotated[str | None, typer.Option(help="Address of an endpoint.")] = None,
    connections: Annotated[int | None, typer.Option(min=1, help="Requests at once to an endpoint.")] = None,
    retries: Annotated[int, typer.Option(min=0, help="Of a request that an endpoint did not answer.")] = 5,
    log_audio: Annotated[bool, typer.Option("--log-audio", help="Keep the recordings in inspect's log.")] = False,
    judge: Annotated[
        str | None, typer.Option(help="Model of inspect's that judges, for air_bench_chat and mmar: openai/gpt-4o.")
    ] = None,
    judge_base_url: Annotated[str | None, typer.Option(help="Address of the judge's endpoint.")] = None,
    official_randomness: Annotated[
        bool,
        typer.Option("--official-randomness", help="Judge air_bench_chat at temperatures 2 and 1."),
    ] = False,
    judge_seed: Annotated[int, typer.Option(help="Of the official randomness.")] = 2503,
    from_: Annotated[
        Path | None, typer.Option("--from", help="Repeat the run of this manifest.json, and compare the outputs.")
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="Print the figures as JSON alone.")] = False,
) -> None:
    """Answer a benchmark's questions, score the answers, and write all of it into one folder.

    What an earlier run into the same folder has answered is kept. A local model answers in a process that cannot
    import this project: its folder has to stand by itself.

    Example: audio-reasoner evaluate cota --model demo/model --data cota --output demo/evaluation --trust
    """
    from rich.console import Console

    if output is None:
        raise ValueError("name the folder of the results by --output.")
    console = Console(stderr=json)
    display = "plain" if console.is_terminal else "none"
    options = {
        "judge": judge_settings(judge, judge_base_url, official_randomness, judge_seed, connections, retries, display),
        "batch_size": batch_size,
        "max_connections": connections,
        "max_retries": retries,
        "log_audio": log_audio,
        "display": display,
    }
    if from_ is not None:
        if benchmark or model:
            raise ValueError("--from takes benchmark, model and all that decides the answers from the manifest.")
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
    _run(settings, output, ablations, PERMUTATIONS if trust else permute_choices, options, console, json)


def judge_settings(
    judge: str | None,
    base_url: str | None,
    official_randomness: bool,
    seed: int,
    connections: int | None,
    retries: int,
    display: str,
) -> JudgeSettings | None:
    """The judge that the options name; None without one.

    Raises:
        ValueError: there are options of a judge and none is named.
    """
    if judge is None:
        if base_url or official_randomness:
            raise ValueError("--judge-base-url and --official-randomness are of a judge: name it by --judge.")
        return None
    from evaluation.runs.judging import JudgeSettings

    return JudgeSettings(judge, base_url, official_randomness, seed, connections, retries, display)


def _run(settings, output, ablations, permutations, options, console, json) -> None:
    """Run, show and write."""
    import json as written

    from evaluation.outputs.table import outputs_sentences, outputs_table
    from evaluation.report.run_page import write_run_page
    from evaluation.runs.judging import check_judge
    from evaluation.runs.run import run
    from evaluation.runs.table import run_name, run_sentences, trust_sentences, trust_table
    from evaluation.runs.trust import controls_of, run_controls
    from evaluation.table import results_table, summary_sentences

    if ablations or permutations:
        # What is wrong with them is said before anything is asked.
        controls_of(settings, ablations, permutations)
        check_judge(settings.benchmark, options["judge"], controls=True)
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
    held_out = None
    if settings.benchmark == "cota":
        from evaluation.cota_results import write_cota_results

        held_out = write_cota_results(output, Path(settings.data or "cota"))
    if json:
        typer.echo(written.dumps(scores | {"trust": trusted}, ensure_ascii=False, indent=2))
    console.print(outputs_table(scores) if held_out is None else results_table(held_out))
    held_out_sentences = [] if held_out is None else summary_sentences(held_out)
    for sentence in [*held_out_sentences, *run_sentences(scores), *outputs_sentences(scores)]:
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
