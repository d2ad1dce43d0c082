"""`audio-reasoner card`: write a model folder's card."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def card(
    model: Annotated[Path, typer.Argument(help="Model folder; its README.md is written.")],
    evaluation: Annotated[
        list[Path] | None, typer.Option(help="Results of `audio-reasoner evaluate`; repeatable, a benchmark each.")
    ] = None,
    data: Annotated[Path | None, typer.Option(help="CoTA folder; `cota` where it is there.")] = None,
    repo_id: Annotated[str | None, typer.Option(help="The model's name on the Hub, ORG/NAME.")] = None,
    revision: Annotated[str, typer.Option(help="Revision that the card's code pins.")] = "main",
    dataset: Annotated[str | None, typer.Option(help="The data set's name on the Hub, ORG/NAME.")] = None,
    base_model: Annotated[
        str | None,
        typer.Option(
            help="The Hub's name of the model that training began with, ORG/NAME; of adapters, that they go into."
        ),
    ] = None,
    license: Annotated[str, typer.Option(help="Of the weights, by the Hub's name of it.")] = "apache-2.0",
    recipe: Annotated[Path | None, typer.Option(help="The YAML file of `trl sft --config`, to be quoted.")] = None,
    run: Annotated[Path | None, typer.Option(help="Folder with the training's log; MODEL by default.")] = None,
    source_name: Annotated[
        str | None, typer.Option(help="Who measured it, for the Hub's metadata; with --source-url.")
    ] = None,
    source_url: Annotated[str | None, typer.Option(help="Where the results are told, for the Hub's metadata.")] = None,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace a card that is not TRL's draft.")] = False,
) -> None:
    """Write the model's card: what it is, how to ask it, data, training, evaluation, limits, licence, citation.

    Draws the curves of the training beside it. Of a folder with adapters it says so, what they go into, and how to
    load both. How the training was run is what the run itself recorded, beside the recipe. Takes the place of the
    draft that TRL writes into a run's folder, and of another card only with --overwrite.

    The table of the evaluation and the Hub's `model-index` are written from the manifests and scores of the runs.

    Example: audio-reasoner card demo/model --evaluation demo/evaluation --overwrite --evaluation runs/mmau
    """
    from evaluation.card import CardSettings, is_draft, write_card

    if data is None and (Path("cota") / "statistics.json").is_file():
        data = Path("cota")
    there = model / "README.md"
    before = ""
    if there.is_file():
        before = ", in place of TRL's draft" if is_draft(there) else ", in place of the card that was there"
    settings = CardSettings(
        evaluation or (),
        data,
        repo_id,
        revision,
        dataset,
        base_model,
        license,
        recipe,
        run,
        {"source_name": source_name, "source_url": source_url},
    )
    path = write_card(model, settings, overwrite)
    typer.echo(f"Card: {path}{before}" + ("" if evaluation else " (not evaluated)"))
