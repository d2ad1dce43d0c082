"""`audio-reasoner evaluate`: let a model answer a benchmark, score the answers, and show whether it listened."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer


if TYPE_CHECKING:
    from evaluation.runs.judging import JudgeSettings

OF_A_MANIFEST = (
    "benchmark",
    "split",
    "revision",
    "prompt",
    "ablate",
    "permute_choices",
    "trust",
    "train_data",
    "limit",
    "max_tokens",
    "temperature",
    "seed",
    "base_url",
)
"""What a repetition takes from the manifest, or does without."""


def evaluate(
    context: typer.Context,
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
    revision: Annotated[
        str | None, typer.Option(help="Branch, tag or commit of the Hub's copy; the newest without it.")
    ] = None,
    prompt: Annotated[
        str | None, typer.Option(help="How choices are shown: listed, lettered, or a template; else as usual there.")
    ] = None,
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

    from app.evaluating.judge_options import check_judge_is_named, judge_settings
    from app.evaluating.shown import show, show_repetition

    if output is None:
        raise ValueError("name the folder of the results by --output.")
    check_judge_is_named(judge, judge_base_url, official_randomness)
    console = Console(stderr=json)
    display = "plain" if console.is_terminal else "none"

    def judging() -> JudgeSettings | None:
        # Heavy: what is wrong with the run is said before.
        return judge_settings(judge, judge_base_url, official_randomness, judge_seed, connections, retries, display)

    options = {
        "batch_size": batch_size,
        "max_connections": connections,
        "max_retries": retries,
        "log_audio": log_audio,
        "display": display,
    }
    if from_ is not None:
        if taken := [name for name in OF_A_MANIFEST if _was_given(context, name)]:
            raise ValueError(
                f"--from repeats the run of {from_} as it was: leave out {taken[0].replace('_', '-')}. --model and "
                "--data say where the manifest's own lie now."
            )
        from evaluation.runs.manifest import read_manifest
        from evaluation.runs.repeat import repeat

        read_manifest(from_)
        found = repeat(from_, output, model, data, judge=judging(), **options)
        show_repetition(found, from_, console, json)
        if not found["identical"]:
            raise typer.Exit(2)
        return
    if benchmark is None or model is None:
        raise ValueError("name a benchmark and --model, or a manifest by --from.")
    from app.evaluating.whole_run import Wanted, carry_out
    from evaluation.heard import ABLATIONS
    from evaluation.runs.controls import PERMUTATIONS, controls_of
    from evaluation.runs.refusals import check_at_once
    from evaluation.runs.settings import RunSettings
    from evaluation.runs.table import run_name

    settings = RunSettings(
        benchmark=benchmark.replace("-", "_"),
        model=model,
        data=data,
        split=split,
        revision=revision,
        prompt=prompt,
        limit=limit,
        max_tokens=max_tokens,
        temperature=temperature,
        seed=seed,
        base_url=base_url,
    )
    ablations = list(ABLATIONS) if trust else list(dict.fromkeys(ablate or ()))
    permutations = PERMUTATIONS if trust else permute_choices
    controls = controls_of(settings, ablations, permutations) if ablations or permutations else {}
    check_at_once(settings, output, controls)
    wanted = Wanted(settings, output, ablations, permutations, train_data or [], judging(), options)
    done = carry_out(wanted, lambda name: console.print(f"Now: {run_name(name)}.", highlight=False))
    show(done, output, console, json)


def _was_given(context: typer.Context, name: str) -> bool:
    """Whether an argument or option stands on the command line."""
    source = context.get_parameter_source(name)
    return source is not None and source.name == "COMMANDLINE"
