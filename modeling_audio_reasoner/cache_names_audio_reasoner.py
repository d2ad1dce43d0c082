"""The cache of keys and values by its name: `past_key_values` up to transformers 5.23, `cache` since 5.24.

Both are taken by this model, whichever transformers runs it; a language model is given its cache by the name that it
takes.
"""

from __future__ import annotations

import inspect
from dataclasses import fields
from typing import Any

from torch import nn
from transformers.modeling_outputs import BaseModelOutputWithPast


NAMES = ("cache", "past_key_values")
CACHE = "cache" if "cache" in {field.name for field in fields(BaseModelOutputWithPast)} else "past_key_values"
"""What the installed transformers calls it, in outputs and as an argument of `generate`."""


def one_cache(cache: Any, past_key_values: Any) -> Any:
    """Whichever of the two was passed, or None.

    Raises:
        ValueError: both were, and they are two.
    """
    if cache is not None and past_key_values is not None and cache is not past_key_values:
        raise ValueError("cache and past_key_values were both passed, and are one thing by two names: pass one.")
    return past_key_values if cache is None else cache


def cache_name(language_model: nn.Module) -> str:
    """The name by which a language model takes its cache."""
    taken = inspect.signature(language_model.forward).parameters
    return next((name for name in NAMES if name in taken), CACHE)


__all__ = ["CACHE", "NAMES", "cache_name", "one_cache"]
