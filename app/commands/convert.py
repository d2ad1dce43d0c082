"""`audio-reasoner convert`: Qwen2-Audio's class to Audio-Reasoner's, and back."""

from __future__ import annotations

from enum import Enum
from pathlib import Path
from typing import Annotated

import typer


class ModelType(str, Enum):
    """What `convert` can write."""

    AUDIO_REASONER = "audio_reasoner"
    QWEN2_AUDIO = "qwen2_audio"


def convert(
    source: Annotated[Path, typer.Argument(help="Folder of the model, with its processor and tokenizer.")],
    destination: Annotated[Path, typer.Argument(help="Folder to write; an older model there is replaced.")],
    to: Annotated[ModelType, typer.Option(help="The class that is to load it.")] = ModelType.AUDIO_REASONER,
) -> None:
    """Write a model of Qwen2-Audio's class as a self-contained Audio-Reasoner, or the other way round.

    Tensors are copied bit for bit without being loaded, so memory stays small whatever the model's size. The authors'
    weights (zhifeixie/Audio-Reasoner) and Qwen/Qwen2-Audio-7B-Instruct are of Qwen2-Audio's class.

    Example: audio-reasoner convert Qwen2-Audio-7B-Instruct audio-reasoner-7b
    """
    from modeling_audio_reasoner.convert_qwen2_audio import convert_qwen2_audio

    parameters = convert_qwen2_audio(source, destination, to.value)
    typer.echo(f"A model of {parameters:,} parameters is in {destination}.")
