"""How long to wait before a call is made again. Knows no SDK; headers are any mapping with lower-case names."""

from __future__ import annotations

import email.utils
import math
import time
from collections.abc import Mapping
from random import Random


FIRST_WAIT = 0.5
LONGEST_WAIT = 60.0
LONGEST_PAUSE = 3600.0
"""Seconds; an endpoint that asks for more (a quota of a day) is asked again after this."""


class Backoff:
    """Exponential backoff with full jitter: a wait drawn evenly between 0 and a bound that doubles with each attempt.

    Args:
        seed: of the draws, so that a run can be repeated.
        first, longest: bounds of the first wait and of any, in seconds.
    """

    def __init__(self, seed: int = 0, first: float = FIRST_WAIT, longest: float = LONGEST_WAIT):
        self._random = Random(seed)
        self.first = first
        self.longest = longest

    def wait(self, attempt: int, retry_after: float | None = None) -> float:
        """Seconds to wait after attempt 0, 1, ...; never less than `retry_after`."""
        bound = min(self.longest, self.first * 2.0 ** min(attempt, 30))
        if retry_after is None:
            return self._random.uniform(0, bound)
        return retry_after + self._random.uniform(0, self.first)


def retry_after(headers: Mapping[str, str], now: float | None = None) -> float | None:
    """Seconds that a response asks to wait, between 0 and `LONGEST_PAUSE`; None where it does not say.

    Reads `retry-after-ms`, then `retry-after` as seconds or as an HTTP date (RFC 9110, 10.2.3).

    Args:
        now: seconds since 1970, to which an HTTP date is compared.
    """
    for name, unit in (("retry-after-ms", 0.001), ("retry-after", 1.0)):
        try:
            seconds = float(headers.get(name, "")) * unit
        except ValueError:
            continue
        if not math.isnan(seconds):
            return min(max(seconds, 0.0), LONGEST_PAUSE)
    date = email.utils.parsedate_tz(headers.get("retry-after", ""))
    if date is None:
        return None
    try:
        seconds = email.utils.mktime_tz(date) - (time.time() if now is None else now)
    except (OverflowError, ValueError):
        return None
    return min(max(seconds, 0.0), LONGEST_PAUSE)
