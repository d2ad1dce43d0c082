"""`audio-reasoner merge`: adapters and their model as one folder."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def merge(
    adapters: Annotated[
        Path, typer.Argument(help="The output_dir of a training with use_peft: true, or a checkpoint of it.")
    ],
    destination: Annotated[Path, typer.Argument(help="Folder to write; an older model there is replaced.")],
    base: Annotated[
        str | None,
        typer.Option(
            help="The model that the adapters were trained on: a folder, or its name on the Hub; by default what "
            "they name."
        ),
    ] = None,
) -> None:
    """Put adapters into the weights of the model that they were trained on, and write all of it as one folder.

    The folder is self-contained, as what `trl sft` writes without adapters: weights, code, processor, chat template
    and generation settings. It answers as the model with its adapters does, but for the rounding of its numbers.

    Example: audio-reasoner merge demo/model_lora demo/model_merged
    """
    from app.merging import adapter_settings, merge_adapters

    model = merge_adapters(adapters, destination, base)
    stated = adapter_settings(adapters).get("base_model_name_or_path")
    size = sum(parameter.numel() for parameter in model.parameters())
    typer.echo(f"A model of {size:,} parameters is in {destination}.")
    if base is not None and stated not in (None, base):
        typer.echo(f"The adapters name {stated} as their model, and went into {base}, which has the same shapes.")
