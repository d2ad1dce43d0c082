"""Which further runs show whether a score comes of listening. Knows no way to run them, and imports nothing heavy."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from evaluation.heard import ABLATIONS, REAL
from evaluation.runs.settings import RunSettings


CONTROLS = "controls"
"""The folder of the other runs in that of the first."""
PERMUTATIONS = 2
"""Other orders of the choices that `--trust` asks for."""


def controls_of(settings: RunSettings, ablations: Sequence[str], permutations: int) -> dict[str, RunSettings]:
    """The further runs by name.

    Args:
        settings: of the first run, which hears the recordings.
        ablations: of `ABLATIONS`.
        permutations: how many other orders of the choices.

    Raises:
        ValueError: an ablation is unknown, or the first run is a control itself.
    """
    unknown = [name for name in ablations if name not in ABLATIONS]
    if unknown:
        raise ValueError(f"ablation {unknown[0]!r} is unknown; choose among {', '.join(ABLATIONS)}.")
    if settings.heard != REAL or settings.permutation:
        raise ValueError("controls are of a run that hears its recordings with the choices in their own order.")
    found = {name: replace(settings, heard=name) for name in ablations}
    found |= {f"order-{number}": replace(settings, permutation=number) for number in range(1, permutations + 1)}
    return found
