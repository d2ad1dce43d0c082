"""Intervals of accuracies over recordings and seeds, and of differences that are paired by recording.

A bootstrap that draws recordings and seeds anew (Owen, The pigeonhole bootstrap, 2007, which is rather too wide than
too narrow). Of n seeds it draws n - 1: the variance of their mean is then that of the seeds, where n draws of three
would make it a third too small (McCarthy and Snowden, The bootstrap and finite population sampling, 1985). Knows
numbers alone.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np


DRAWS = 10_000


def recording_groups(recordings: Sequence[Sequence[str]]) -> np.ndarray:
    """The group of each question, (questions,) from 0 on: questions that share a recording, be it through another
    question, are in one group.

    Args:
        recordings: the names of the recordings of each question, one at least.
    """
    leads: dict[str, str] = {}

    def lead(name: str) -> str:
        while leads.setdefault(name, name) != name:
            name = leads[name]
        return name

    for first, *others in recordings:
        for other in others:
            leads[lead(other)] = lead(first)
    found = [lead(first) for first, *_ in recordings]
    numbers = {name: number for number, name in enumerate(dict.fromkeys(found))}
    return np.array([numbers[name] for name in found])


def draw_accuracies(
    correct: Mapping[str, np.ndarray], groups: np.ndarray, draws: int = DRAWS, seed: int = 0
) -> dict[str, np.ndarray]:
    """Accuracies of each variant in `draws` bootstrap draws, (draws,): all variants answer the recordings of a draw.

    Args:
        correct: of each variant (seeds, questions), whether the answer is right.
        groups: (questions,), as `recording_groups` gives them or a part of it.
        draws: how many.
        seed: of the draws.
    """
    generator = np.random.default_rng(seed)
    numbers = np.unique(groups, return_inverse=True)[1]
    sizes = np.bincount(numbers)
    times = generator.multinomial(len(sizes), np.full(len(sizes), 1 / len(sizes)), size=draws)
    found = {}
    for name, rows in correct.items():
        right = np.stack([np.bincount(numbers, weights=row, minlength=len(sizes)) for row in rows])
        shares = (times @ right.T) / (times @ sizes)[:, None]
        drawn = generator.integers(len(rows), size=(draws, max(1, len(rows) - 1)))
        found[name] = np.take_along_axis(shares, drawn, axis=1).mean(axis=1)
    return found


def interval(drawn: np.ndarray, share: float = 0.95) -> tuple[float, float]:
    """The middle `share` of the draws."""
    low, high = np.quantile(drawn, [(1 - share) / 2, (1 + share) / 2])
    return float(low), float(high)
