"""`audio-reasoner card`: write a model folder's card."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def card(
    model: Annotated[Path, typer.Argument(help="Model folder; its README.md is written.")],
    evaluation: Annotated[Path | None, typer.Option(help="Results of `audio-reasoner evaluate`.")] = None,
    data: Annotated[Path | None, typer.Option(help="CoTA folder; `cota` where it is there.")] = None,
    repo_id: Annotated[str | None, typer.Option(help="The model's name on the Hub, ORG/NAME.")] = None,
    revision: Annotated[str, typer.Option(help="Revision that the card's code pins.")] = "main",
    dataset: Annotated[str | None, typer.Option(help="The data set's name on the Hub, ORG/NAME.")] = None,
) -> None:
    """Write the model's card: what it is, how to ask it, data, training, evaluation, limits, licence, citation.

    Example: audio-reasoner card demo/model --evaluation demo/evaluation
    """
    from evaluation.card import write_card

    if data is None and (Path("cota") / "statistics.json").is_file():
        data = Path("cota")
    path = write_card(model, evaluation, data, repo_id, revision, dataset)
    typer.echo(f"Card: {path}" + ("" if evaluation else " (not evaluated)"))
