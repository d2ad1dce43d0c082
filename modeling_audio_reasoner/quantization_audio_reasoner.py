"""What quantisation leaves alone: the audio encoder and the projector, through which everything is heard."""

from __future__ import annotations

import copy
from typing import Any


_HEARING = ("audio_tower", "multi_modal_projector")
EXACT_MODULES = (*(f"model.{name}" for name in _HEARING), *_HEARING, "lm_head")
"""Modules that keep their precision, as they are called in a whole model and in one without a head: 1.3 of the 8.4
billion weights of the 7B model, half of them the head's, which transformers leaves alone by itself."""
_SKIP_FIELDS = ("llm_int8_skip_modules", "modules_to_not_convert")


def keep_audio_exact(quantization_config: Any) -> Any:
    """The configuration with `EXACT_MODULES` as the modules to skip, unless it names modules to skip itself.

    Args:
        quantization_config: one of transformers' quantisation configurations, or its fields as a dict; not changed.
            One that knows no modules to skip is returned as it is.
    """
    if isinstance(quantization_config, dict):
        method = str(quantization_config.get("quant_method", ""))
        bits_and_bytes = "bitsandbytes" in method or any(name.startswith("load_in_") for name in quantization_config)
        field = _SKIP_FIELDS[0] if bits_and_bytes else _SKIP_FIELDS[1]
        if quantization_config.get(field) is None:
            return {**quantization_config, field: list(EXACT_MODULES)}
        return quantization_config
    for field in _SKIP_FIELDS:
        if hasattr(quantization_config, field) and getattr(quantization_config, field) is None:
            quantization_config = copy.deepcopy(quantization_config)
            setattr(quantization_config, field, list(EXACT_MODULES))
    return quantization_config
