"""Names of weights: in files they are Qwen2-Audio's, in memory those of this model's modules.

Files hold `audio_tower.*`, `language_model.model.*`, `language_model.lm_head.weight`; in memory the first two live
under `model.`. This file knows names alone.
"""

from __future__ import annotations

import re

from transformers.conversion_mapping import (
    get_checkpoint_conversion_mapping,
    register_checkpoint_conversion_mapping,
)


def name_in_memory(name: str) -> str:
    """Of a weight's name in a file, what it is in a whole model."""
    for pattern, replacement in (
        (r"^language_model\.lm_head\.", "lm_head."),
        (r"^language_model\.model\.(model\.)?", "model.language_model."),
        (r"^(audio_tower|multi_modal_projector)\.", r"model.\1."),
    ):
        name = re.sub(pattern, replacement, name)
    return name


def register_checkpoint_names() -> None:
    """Let transformers read and write Qwen2-Audio's names.

    It applies such a mapping to custom code only where it is registered by model type and by class name; without it,
    `lm_head` would be left at random. It is transformers' own, so that this model reads and writes what Qwen2-Audio's
    class of the same version does: before 5.23 `language_model.model.model.*`.
    """
    for name, source in (
        ("audio_reasoner", "qwen2_audio"),
        ("AudioReasonerForConditionalGeneration", "qwen2_audio"),
        ("AudioReasonerModel", "Qwen2AudioModel"),
    ):
        if get_checkpoint_conversion_mapping(name) is None:
            register_checkpoint_conversion_mapping(name, get_checkpoint_conversion_mapping(source))


__all__ = ["name_in_memory", "register_checkpoint_names"]
