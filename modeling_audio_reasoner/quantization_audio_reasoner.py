"""What quantisation leaves alone: the audio encoder and the projector, through which everything is heard."""

from __future__ import annotations

import copy
from typing import Any


_HEARING = ("audio_tower", "multi_modal_projector")
EXACT_MODULES = (*(f"model.{name}" for name in _HEARING), *_HEARING, "lm_head")
"""Modules that keep their precision, as they are called in a whole model and in one without a head: 1.3 of the 8.4
billion weights of the 7B model, half of them the head's, which transformers leaves alone by itself."""
_FIELD_OF = {"bitsandbytes": "llm_int8_skip_modules", "bitsandbytes_4bit": "llm_int8_skip_modules"}
_FIELD_OF |= {"bitsandbytes_8bit": "llm_int8_skip_modules", "hqq": "skip_modules"}


def keep_audio_exact(quantization_config: Any) -> Any:
    """The configuration with `EXACT_MODULES` as the modules to skip, unless it names modules to skip itself.

    Args:
        quantization_config: one of transformers' quantisation configurations, or its fields as a dict; not changed.
            One of a method that knows no modules to skip is returned as it is.
    """
    if isinstance(quantization_config, dict):
        from transformers.quantizers.auto import AutoQuantizationConfig

        quantization_config = AutoQuantizationConfig.from_dict(quantization_config)
    method = getattr(quantization_config, "quant_method", "")
    field = _FIELD_OF.get(str(getattr(method, "value", method)), "modules_to_not_convert")
    unsaid = (None, ["lm_head"]) if field == "skip_modules" else (None,)  # HQQ's default is the head alone
    if hasattr(quantization_config, field) and getattr(quantization_config, field) in unsaid:
        quantization_config = copy.deepcopy(quantization_config)
        setattr(quantization_config, field, list(EXACT_MODULES))
    return quantization_config
