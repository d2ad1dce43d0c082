"""`audio-reasoner memory`: what loading, answering and training a model take, before anything is downloaded."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Annotated

import typer


def memory(
    model: Annotated[
        str | None, typer.Argument(help="A model folder, or its name on the Hub; the released 7B sizes if left out.")
    ] = None,
    dtype: Annotated[
        str | None,
        typer.Option(help="bfloat16, float16 or float32; the one that the configuration names, or bfloat16."),
    ] = None,
    seconds: Annotated[float, typer.Option(min=0.1, help="Seconds of recordings in a prompt.")] = 30.0,
    new_tokens: Annotated[int, typer.Option(min=1, help="Tokens of an answer.")] = 1024,
    batch: Annotated[int, typer.Option(min=1, help="Prompts at once.")] = 1,
    as_json: Annotated[bool, typer.Option("--json", help="Print bytes as JSON.")] = False,
) -> None:
    """Say how much memory each step takes, computed from the configuration; nothing is loaded.

    Example: audio-reasoner memory demo/model --seconds 10
    """
    import torch

    from app.asking.loading import load_processor  # the same words for what is no model
    from modeling_audio_reasoner.memory_audio_reasoner import QWEN2_AUDIO_7B, count_parameters, memory_steps

    dtypes = {name: getattr(torch, name) for name in ("bfloat16", "float16", "float32")}
    if dtype is not None and dtype not in dtypes:
        raise ValueError(f"--dtype is {dtype}: give one of {', '.join(dtypes)}.")
    config, frames_per_second = QWEN2_AUDIO_7B, 100.0
    if model is not None:
        from transformers import AutoConfig

        extractor = load_processor(model).feature_extractor
        frames_per_second = extractor.sampling_rate / extractor.hop_length
        config = AutoConfig.from_pretrained(model, trust_remote_code=True)
    counted = dtypes.get(dtype or str(config.dtype).removeprefix("torch."), torch.bfloat16)
    steps = memory_steps(config, counted, seconds, new_tokens, batch, frames_per_second=frames_per_second)
    if as_json:
        typer.echo(json.dumps({"parameters": count_parameters(config), "steps": [asdict(step) for step in steps]}))
        return
    from rich.console import Console
    from rich.table import Table

    table = Table(box=None, pad_edge=False)
    table.add_column("step")
    table.add_column("memory", justify="right")
    table.add_column("made of")
    for step in steps:
        table.add_row(step.name, _gigabytes(step.bytes), step.made_of)
    Console(soft_wrap=True).print(table)


def _gigabytes(size: float) -> str:
    return f"{size / 2**30:.2f} GiB" if size >= 2**27 else f"{size / 2**20:.1f} MiB"
