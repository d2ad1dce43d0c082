"""Figures that follow from sums over items, and their 95% intervals.

A measure gives every item a few numbers and a stratum; the figure is computed from the sums of those numbers in each
stratum. So the same code gives the figure of the whole, of a group, and of a resample.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from evaluation.intervals import wilson_interval


Part = tuple[str, tuple[float, ...]]
"""The stratum of an item, and its numbers."""
Sums = Mapping[str, np.ndarray]
"""Sums over the items of each stratum, (resamples, numbers)."""

RESAMPLES = 1000
SEED = 2503


@dataclass(frozen=True)
class Measure:
    """A figure: its name, how it follows from sums, and whether it is a plain share of [right, counted]."""

    name: str
    figure: Callable[[Sums], np.ndarray]
    share: bool = False


def accuracy(sums: Sums) -> np.ndarray:
    """Right answers over those counted, from [right, counted] in one stratum."""
    (totals,) = sums.values()
    return _ratio(totals[:, 0], totals[:, 1])


ACCURACY = Measure("accuracy", accuracy, share=True)


def share_part(right: bool) -> Part:
    """The part of an item in a share."""
    return "", (float(right), 1.0)


def measured(measure: Measure, parts: Sequence[Part], interval: bool = True) -> dict[str, Any]:
    """{"value", "low", "high", "counted"} of the items; None for what is not defined, as without any item.

    The interval is Wilson's for a share, else the percentiles of a bootstrap that resamples the items of each stratum;
    without `interval` it is left away.
    """
    empty = {"value": None, "low": None, "high": None, "counted": len(parts)}
    if not parts:
        return empty
    matrices = _matrices(parts)
    value = float(measure.figure(_sums(matrices))[0])
    if not np.isfinite(value):
        return empty
    if not interval:
        return empty | {"value": value}
    if measure.share:
        right, total = next(iter(matrices.values())).sum(axis=0)
        low, high = wilson_interval(round(right), round(total))
    else:
        low, high = bootstrap_interval(measure.figure, matrices)
    return {"value": value, "low": low, "high": high, "counted": len(parts)}


def value_of(measure: Measure, part: Part | None) -> float | None:
    """The figure of one item; None of one that is left out."""
    return None if part is None else measured(measure, [part], interval=False)["value"]


def difference(measure: Measure, parts: Sequence[Part], others: Sequence[Part]) -> dict[str, float]:
    """{"value", "low", "high"}: the figure of `parts` minus that of `others`, the same items in the same order.

    The interval is a bootstrap's, which draws the same items for both.
    """
    matrices = _matrices(
        [(stratum, (*ours, *theirs)) for (stratum, ours), (_, theirs) in zip(parts, others, strict=True)]
    )
    half = {stratum: matrix.shape[1] // 2 for stratum, matrix in matrices.items()}

    def figure(sums: Sums) -> np.ndarray:
        ours = measure.figure({stratum: totals[:, : half[stratum]] for stratum, totals in sums.items()})
        return ours - measure.figure({stratum: totals[:, half[stratum] :] for stratum, totals in sums.items()})

    low, high = bootstrap_interval(figure, matrices)
    return {"value": float(figure(_sums(matrices))[0]), "low": low, "high": high}


def bootstrap_interval(
    figure: Callable[[Sums], np.ndarray],
    matrices: Mapping[str, np.ndarray],
    resamples: int = RESAMPLES,
    seed: int = SEED,
) -> tuple[float, float]:
    """The 2.5th and 97.5th percentile of `figure` over resamples of the items of each stratum, with replacement.

    Args:
        figure: sums of each stratum, (resamples, numbers) -> (resamples,).
        matrices: the numbers of each stratum's items, (items, numbers).
        resamples: how many.
        seed: of the draw; the same items give the same interval.
    """
    generator = np.random.default_rng(seed)
    sums = {}
    for stratum, matrix in matrices.items():
        totals = np.empty((resamples, matrix.shape[1]))
        for place in range(resamples):
            drawn = generator.integers(len(matrix), size=len(matrix))
            totals[place] = np.bincount(drawn, minlength=len(matrix)) @ matrix
        sums[stratum] = totals
    values = figure(sums)
    low, high = np.percentile(values[np.isfinite(values)], (2.5, 97.5))
    return float(low), float(high)


def _matrices(parts: Sequence[Part]) -> dict[str, np.ndarray]:
    """The numbers of each stratum's items, (items, numbers)."""
    rows: dict[str, list[tuple[float, ...]]] = {}
    for stratum, numbers in parts:
        rows.setdefault(stratum, []).append(numbers)
    return {stratum: np.array(numbers) for stratum, numbers in rows.items()}


def _sums(matrices: Mapping[str, np.ndarray]) -> Sums:
    return {stratum: matrix.sum(axis=0, keepdims=True) for stratum, matrix in matrices.items()}


def _ratio(above: np.ndarray, below: np.ndarray) -> np.ndarray:
    """above / below, not a number where `below` is zero."""
    return np.divide(above, below, out=np.full(np.shape(below), np.nan), where=below != 0)


def weighted_f1(sums: Sums) -> np.ndarray:
    """MELD's weighted F1 from [hits, answers, predictions] of each class, one after the other in one stratum."""
    (totals,) = sums.values()
    hits, answers, predictions = np.moveaxis(totals.reshape(len(totals), -1, 3), 2, 0)
    scores = np.nan_to_num(_ratio(2 * hits, answers + predictions))
    return _ratio((answers * scores).sum(axis=1), answers.sum(axis=1))


def mean_points(areas_of: Mapping[str, str]) -> Callable[[Sums], np.ndarray]:
    """AIR-Bench chat's score from [points, judgements, points, judgements] of each area, for the two orders.

    The mean of each order, the mean of the orders that were judged, and then of the areas: first of those that
    `areas_of` puts together, then over what is there.
    """

    def figure(sums: Sums) -> np.ndarray:
        together: dict[str, list[np.ndarray]] = {}
        for area, totals in sums.items():
            orders = _ratio(totals[:, 0::2], totals[:, 1::2])
            judged = np.isfinite(orders)
            means = _ratio(np.where(judged, orders, 0).sum(axis=1), judged.sum(axis=1))
            together.setdefault(areas_of.get(area, area), []).append(means)
        return np.mean([np.mean(means, axis=0) for means in together.values()], axis=0)

    return figure


def mean_bleu(sums: Sums) -> np.ndarray:
    """The mean over strata of corpus BLEU, from sacrebleu's counts, totals and the two lengths."""
    from sacrebleu.metrics import BLEU

    def bleu(numbers: np.ndarray) -> float:
        counts = [int(number) for number in numbers]
        return float(BLEU.compute_bleu(counts[:4], counts[4:8], counts[8], counts[9], smooth_method="exp").score)

    return np.mean([[bleu(numbers) for numbers in totals] for totals in sums.values()], axis=0)
