"""What a card says of a folder that holds adapters and no whole model: their kind, and what they go into."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from evaluation.card_facts import encoder_words, language_model_words
from evaluation.cota import read_json


CONFIG = "adapter_config.json"
ON_HUB = re.compile(r"[\w-][\w.-]*/[\w.-]+")


def is_adapters(folder: Path) -> bool:
    """Whether a folder holds PEFT's adapters, and not the model that they were trained on."""
    return (folder / CONFIG).is_file() and not (folder / "config.json").is_file()


def adapters_record(folder: Path, base_model: str | None = None) -> dict[str, Any]:
    """Kind, size and base of the adapters in a folder.

    Args:
        folder: that PEFT wrote.
        base_model: the Hub's name of the model that they were trained on; what they name when left out.

    Returns:
        `kind` (such as "LoRA of rank 16"), `whole_parts` (trained beside it, by name), `base` (as one loads it),
        `base_on_hub` (None where that is a folder), and `encoder` and `language_model` of the base in words, None
        where it does not lie here.

    Raises:
        ValueError: they name no base, and none was given.
    """
    settings = read_json(folder / CONFIG)
    if not isinstance(settings, dict):
        raise ValueError(f"{folder / CONFIG} holds no settings of adapters: fetch it again.")
    stated = settings.get("base_model_name_or_path")
    base = base_model or stated
    if not base:
        raise ValueError(f"{folder / CONFIG} does not say which model they were trained on: pass --base-model.")
    config = read_json(Path(stated) / "config.json") if stated and Path(stated).is_dir() else None
    kind = {"LORA": "LoRA"}.get(settings.get("peft_type", ""), settings.get("peft_type") or "PEFT")
    return {
        "kind": f"{kind} of rank {settings['r']}" if "r" in settings else kind,
        "whole_parts": list(settings.get("modules_to_save") or []),
        "base": base,
        "base_on_hub": base if base_model or ON_HUB.fullmatch(base) and not Path(base).exists() else None,
        "encoder": None if config is None else encoder_words(config.get("audio_config", {})),
        "language_model": None if config is None else language_model_words(config.get("text_config", {})),
    }
