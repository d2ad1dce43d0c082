"""Recordings with human annotations become CoTA: sources/ reads them, tasks/ asks about them, a module a stage.

May import `modeling_audio_reasoner`; imports nothing of `recipes`, `evaluation` or `app`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any


if TYPE_CHECKING:
    from .registration import register, unregister

__all__ = ["register", "unregister"]


def __getattr__(name: str) -> Any:
    # On first use: importing a module of this package is to import no more than that module needs.
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from . import registration

    return getattr(registration, name)
