"""`audio-reasoner compose`: put an audio encoder and a language model together."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def compose(
    destination: Annotated[Path, typer.Argument(help="Folder to write; an older model there is replaced.")],
    audio: Annotated[
        str,
        typer.Option(
            help="An encoder (recipes/warm_up_encoder.py) or a Whisper model: a folder, or its name on the Hub."
        ),
    ],
    text: Annotated[
        str, typer.Option(help="A causal language model with its tokenizer: a folder, or its name on the Hub.")
    ],
    max_new_tokens: Annotated[
        int | None,
        typer.Option(min=1, help="Longest answer; by default 2048, or half of the language model's positions."),
    ] = None,
    seed: Annotated[int, typer.Option(help="Seed of the projector's random weights.")] = 0,
) -> None:
    """Put an audio encoder and a language model together, with a new projector between them.

    The folder is self-contained: AutoModel.from_pretrained(folder, trust_remote_code=True) loads it. It has not been
    trained to listen yet; `trl sft` does that.

    Example: audio-reasoner compose --audio openai/whisper-small --text Qwen/Qwen3-0.6B composed
    """
    from modeling_audio_reasoner.compose_audio_reasoner import compose_audio_reasoner

    model = compose_audio_reasoner(audio, text, destination, max_new_tokens=max_new_tokens, seed=seed)
    size = sum(parameter.numel() for parameter in model.parameters())
    typer.echo(f"A model of {size:,} parameters is in {destination}.")
