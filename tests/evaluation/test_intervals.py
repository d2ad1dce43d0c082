"""Wilson's interval against values known from elsewhere."""

from __future__ import annotations

import pytest

from evaluation.intervals import wilson_interval


@pytest.mark.parametrize(
    ("right", "total", "low", "high"),
    [
        # Newcombe, Statistics in Medicine 17 (1998), table I, method 3: 81/263, 15/148, 0/20, 1/29.
        (81, 263, 0.2553, 0.3662),
        (15, 148, 0.0624, 0.1605),
        (0, 20, 0.0, 0.1611),
        (1, 29, 0.0061, 0.1718),
    ],
)
def test_values_of_newcombe(right: int, total: int, low: float, high: float) -> None:
    assert wilson_interval(right, total) == pytest.approx((low, high), abs=5e-5)


def test_it_is_symmetric_and_stays_within_zero_and_one() -> None:
    low, high = wilson_interval(3, 10)
    mirrored_low, mirrored_high = wilson_interval(7, 10)
    assert (low, high) == pytest.approx((1 - mirrored_high, 1 - mirrored_low))
    assert wilson_interval(20, 20)[1] == 1.0
    assert wilson_interval(0, 0) == (0.0, 1.0)


@pytest.mark.parametrize(("right", "total"), [(-1, 3), (4, 3), (0, -1)])
def test_impossible_counts_are_refused(right: int, total: int) -> None:
    with pytest.raises(ValueError, match="between 0 and total"):
        wilson_interval(right, total)
