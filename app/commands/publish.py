"""`audio-reasoner publish`: what was made -> a repository on the Hub."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer


if TYPE_CHECKING:
    from app.publishing.model_question import Answer
    from app.publishing.plan import Plan

publish = typer.Typer(no_args_is_help=True, help="Send what was made to the Hub.")

Repository = Annotated[str, typer.Argument(help="ORG/NAME on the Hub; made if it is not there.")]
Private = Annotated[bool, typer.Option("--private", help="Make a new repository private.")]
Revision = Annotated[
    str | None, typer.Option(help="The branch to send to, made if it is not there; main if left out.")
]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Check it, list the files and show the card; send nothing.")]
Allow = Annotated[
    list[str] | None,
    typer.Option(help="A text that may be published although it looks like a secret or a path; repeatable."),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print files, card, notes and what was sent as JSON alone.")]
Permitted = Annotated[
    list[str] | None, typer.Option(help="A licence of rows that you have leave to publish; repeatable.")
]


@publish.command()
def model(
    folder: Annotated[Path, typer.Argument(help="A model folder, as save_pretrained or a training wrote it.")],
    repository: Repository,
    evaluation: Annotated[
        list[Path] | None, typer.Option(help="Results of `audio-reasoner evaluate`; repeatable, a benchmark each.")
    ] = None,
    data: Annotated[Path | None, typer.Option(help="CoTA folder it learnt; `cota` where it is there.")] = None,
    dataset_name: Annotated[
        str | None, typer.Option("--dataset", help="The data set's name on the Hub, ORG/NAME.")
    ] = None,
    base_model: Annotated[
        str | None, typer.Option(help="The Hub's name of the model that training began with, ORG/NAME.")
    ] = None,
    license: Annotated[str, typer.Option(help="Of the weights, by the Hub's name of it.")] = "apache-2.0",
    recipe: Annotated[Path | None, typer.Option(help="The YAML file of `trl sft --config`, to be quoted.")] = None,
    run: Annotated[Path | None, typer.Option(help="Folder with the training's log; FOLDER by default.")] = None,
    source_name: Annotated[str | None, typer.Option(help="Who measured it, for the Hub; with --source-url.")] = None,
    source_url: Annotated[str | None, typer.Option(help="Where the results are told, for the Hub.")] = None,
    own_card: Annotated[bool, typer.Option("--own-card", help="Send the folder's README.md as it is.")] = False,
    private: Private = False,
    revision: Revision = None,
    allow: Allow = None,
    permitted: Permitted = None,
    dry_run: DryRun = False,
    as_json: AsJson = False,
) -> None:
    """Check a model folder, write its card, and send weights, code, processor and card.

    Before anything is sent a fresh process, in which this package is absent, loads the files and answers about a tone;
    secrets and absolute paths are searched for, and the licences of the training data are looked at.

    Example: audio-reasoner publish model demo/model my-lab/mini --evaluation demo/evaluation --dry-run
    """
    from app.publishing.model import plan_model
    from app.publishing.model_question import ask_in_fresh_process
    from evaluation.card import CardSettings

    if data is None and (Path("cota") / "statistics.json").is_file():
        data = Path("cota")
    settings = CardSettings(
        evaluation or (),
        data,
        repository,
        revision or "main",
        dataset_name,
        base_model,
        license,
        recipe,
        run,
        {"source_name": source_name, "source_url": source_url},
    )
    plan = plan_model(folder, repository, settings, permitted or (), own_card)
    _check(plan, allow)
    _publish(plan, ask_in_fresh_process(plan), private, revision, dry_run, as_json)


@publish.command()
def dataset(
    folder: Annotated[Path, typer.Argument(help="A folder that `build` wrote.")],
    repository: Repository,
    license: Annotated[
        str | None, typer.Option(help="One licence for the whole, by the Hub's name; each row keeps its own without.")
    ] = None,
    private: Private = False,
    revision: Revision = None,
    allow: Allow = None,
    permitted: Permitted = None,
    dry_run: DryRun = False,
    as_json: AsJson = False,
) -> None:
    """Check a folder of CoTA and send it; run it again to go on after a broken connection.

    Example: audio-reasoner publish dataset cota my-lab/cota --dry-run
    """
    from app.publishing.dataset import plan_dataset

    plan = plan_dataset(folder, repository, license, permitted or ())
    _check(plan, allow)
    _publish(plan, None, private, revision, dry_run, as_json)


@publish.command()
def space(
    folder: Annotated[Path, typer.Argument(help="A folder with README.md (`sdk: gradio`), app.py, requirements.txt.")],
    repository: Repository,
    private: Private = False,
    revision: Revision = None,
    allow: Allow = None,
    dry_run: DryRun = False,
    as_json: AsJson = False,
) -> None:
    """Check the folder of a page and send it as a Space.

    Example: audio-reasoner publish space my-space my-lab/listen --dry-run
    """
    from app.publishing.space import plan_space

    plan = plan_space(folder, repository)
    _check(plan, allow)
    _publish(plan, None, private, revision, dry_run, as_json)


def _check(plan: Plan, allow: list[str] | None) -> None:
    from app.publishing.checks import check_texts

    check_texts(plan, allow or ())


def _publish(
    plan: Plan, answer: Answer | None, private: bool, revision: str | None, dry_run: bool, as_json: bool
) -> None:
    from json import dumps

    from rich.console import Console

    from app.publishing.send import send
    from app.publishing.shown import plan_fields, show_files, show_plan, show_sent

    console = Console(highlight=False, soft_wrap=True, quiet=as_json)
    if dry_run:
        show_files(console, plan)
    show_plan(console, plan, answer, dry_run)
    sent = None if dry_run else send(plan, private, revision)
    if sent is not None:
        show_sent(console, plan, sent)
    if as_json:
        typer.echo(dumps(plan_fields(plan, answer, sent), ensure_ascii=False, indent=2))
