"""Bootstrap intervals and sums."""

from __future__ import annotations

import numpy as np
import pytest

from evaluation.outputs.measures import ACCURACY, Measure, difference, measured, share_part


def mean(sums):
    (totals,) = sums.values()
    with np.errstate(divide="ignore"):
        return totals[:, 0] / totals[:, 1]


MEAN = Measure("mean", mean)


def test_a_share_has_wilsons_interval() -> None:
    """Newcombe's 81 of 263."""
    found = measured(ACCURACY, [share_part(place < 81) for place in range(263)])
    assert (found["value"], found["low"], found["high"]) == pytest.approx((81 / 263, 0.2553, 0.3662), abs=5e-5)


def test_the_bootstrap_of_a_mean_is_near_the_normal_interval() -> None:
    values = np.random.default_rng(1).normal(3, 2, size=400)
    found = measured(MEAN, [("", (value, 1.0)) for value in values])
    spread = 1.96 * values.std() / 20
    assert (found["low"], found["high"]) == pytest.approx((values.mean() - spread, values.mean() + spread), abs=0.015)
    assert measured(MEAN, [("", (value, 1.0)) for value in values]) == found


def test_what_does_not_vary_has_no_width() -> None:
    found = measured(MEAN, [("", (4.0, 1.0))] * 5)
    assert (found["value"], found["low"], found["high"]) == (4, 4, 4)


def test_nothing_has_no_figure() -> None:
    assert measured(ACCURACY, [])["value"] is None
    assert measured(MEAN, [("", (1.0, 0.0))])["value"] is None


def test_a_difference_is_paired() -> None:
    """Runs that differ by the same on every item differ surely, however much the items vary."""
    ours = [("", (float(place % 17), 1.0)) for place in range(100)]
    theirs = [("", (value - 0.5, 1.0)) for _, (value, _) in ours]
    assert difference(MEAN, ours, theirs) == pytest.approx({"value": 0.5, "low": 0.5, "high": 0.5})
