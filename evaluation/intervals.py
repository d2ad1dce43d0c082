"""Confidence intervals of a share of right answers."""

from __future__ import annotations

import math


Z_95 = 1.959963984540054  # the 97.5% quantile of the standard normal distribution


def wilson_interval(right: int, total: int, z: float = Z_95) -> tuple[float, float]:
    """Wilson's score interval (1927) for a proportion, 95% unless `z` says otherwise.

    Args:
        right: how many of the `total` trials succeeded.
        total: number of trials; with none the interval is (0, 1).
        z: quantile of the standard normal distribution, 1.96 for 95%.

    Returns:
        Lower and upper end, between 0 and 1. The trials are taken as independent: rows that share a recording
        are not quite, so with several questions a recording the true interval is somewhat wider.

    Raises:
        ValueError: when `right` is not between 0 and `total`.
    """
    if total < 0 or not 0 <= right <= total:
        raise ValueError(f"right must lie between 0 and total, found right={right} and total={total}.")
    if total == 0:
        return 0.0, 1.0
    share = right / total
    spread = z * math.sqrt(share * (1 - share) / total + z * z / (4 * total * total))
    centre = share + z * z / (2 * total)
    scale = 1 + z * z / total
    low = 0.0 if right == 0 else max(0.0, (centre - spread) / scale)
    high = 1.0 if right == total else min(1.0, (centre + spread) / scale)
    return low, high
