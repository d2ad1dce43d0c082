"""Requests per minute, tokens per minute and calls in flight, held over all calls of a process.

Knows nothing of other processes: several share a limit by dividing it (`TeacherSettings.share`).
"""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

from .settings import TeacherSettings


WINDOW = 60.6
"""Seconds in which a minute's limit is spent: 1% more than a minute, so that requests which reach the endpoint a
little closer together than they left (up to 0.6 s) still keep to the limit there."""
BURST = 1.0
"""Seconds' worth of the limit that may go at once; the rest is spread, since endpoints also count by the second."""

CLOCK_ERROR = 1e-6


class Bucket:
    """A limit per minute: a token bucket that spreads the calls, and a sliding window that is never passed.

    A bucket alone lets its capacity and a minute's filling through in one minute, which is more than the limit; a
    window alone lets all go at once. Together they never pass the limit in any minute, and reach 99% of it less what
    does not fit beside larger calls.

    Args:
        limit: amount per minute.
        clock: monotonic seconds.
    """

    def __init__(self, limit: float, clock: Callable[[], float] = time.monotonic):
        self.limit = limit
        self._clock = clock
        self._spent: deque[list[float]] = deque()  # [when, how much], the oldest first
        self._sum = 0.0
        self._full_at = -float("inf")  # when the bucket will be full again

    def delay(self, amount: float) -> float:
        """Seconds until `amount` may be spent; 0 if now. More than the limit waits for an empty window."""
        now = self._clock()
        while self._spent and self._spent[0][0] <= now - WINDOW + CLOCK_ERROR:
            self._sum -= self._spent.popleft()[1]
        if not self._spent:
            self._sum = 0.0  # takes the rounding errors of many sums away
        wait = max(0.0, self._full_at - now - BURST)
        excess = self._sum + min(amount, self.limit) - self.limit
        for when, part in self._spent:
            if excess <= 1e-9:
                break
            excess -= part
            wait = max(wait, when + WINDOW - now)
        return wait if wait > CLOCK_ERROR else 0.0

    def spend(self, amount: float) -> list[float]:
        """Count `amount` as spent now, and return the entry for `correct`."""
        now = self._clock()
        entry = [now, amount]
        self._spent.append(entry)
        self._sum += amount
        self._full_at = max(self._full_at, now) + amount * WINDOW / self.limit
        return entry

    def correct(self, entry: list[float], amount: float) -> None:
        """Replace an estimate by what was spent."""
        difference = amount - entry[1]
        if entry[0] > self._clock() - WINDOW + CLOCK_ERROR:  # it is still counted
            entry[1] = amount
            self._sum += difference
        self._full_at += difference * WINDOW / self.limit


class Permit:
    """The right to make one call."""

    def __init__(self, bucket: Bucket | None, entry: list[float] | None):
        self._bucket = bucket
        self._entry = entry

    def settle(self, tokens: int) -> None:
        """State how many tokens the call took."""
        if self._bucket is not None and self._entry is not None:
            self._bucket.correct(self._entry, tokens)


class Limiter:
    """The limits of one endpoint; all calls of one event loop, of one or more teachers, go through it.

    Args:
        requests_per_minute, tokens_per_minute: None for no limit.
        in_flight: the most calls at once.
        clock, sleep: replaced in tests.
    """

    def __init__(
        self,
        requests_per_minute: float | None,
        tokens_per_minute: float | None,
        in_flight: int,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ):
        self._requests = None if requests_per_minute is None else Bucket(requests_per_minute, clock)
        self._tokens = None if tokens_per_minute is None else Bucket(tokens_per_minute, clock)
        self._slots = asyncio.Semaphore(in_flight)
        self._turn = asyncio.Lock()  # calls are let through in the order in which they came
        self._clock = clock
        self._sleep = sleep
        self._open_at = -float("inf")

    @classmethod
    def of(cls, settings: TeacherSettings) -> Limiter:
        """The limits that `settings` state."""
        return cls(settings.requests_per_minute, settings.tokens_per_minute, settings.in_flight)

    def pause(self, seconds: float) -> None:
        """Let no call begin for `seconds`: the endpoint has answered 429 with Retry-After."""
        self._open_at = max(self._open_at, self._clock() + seconds)

    @asynccontextmanager
    async def slot(self) -> AsyncIterator[None]:
        """Wait until fewer than `in_flight` calls are under way; this one is until the block is left."""
        async with self._slots:
            yield

    async def admit(self, tokens: int) -> Permit:
        """Wait until a call of about `tokens` may be sent, and count it; it has to be sent at once."""
        async with self._turn:
            while (wait := self._delay(tokens)) > 0:
                await self._sleep(wait)
            if self._requests is not None:
                self._requests.spend(1)
            if self._tokens is None:
                return Permit(None, None)
            return Permit(self._tokens, self._tokens.spend(tokens))

    def _delay(self, tokens: int) -> float:
        wait = max(0.0, self._open_at - self._clock())
        if self._requests is not None:
            wait = max(wait, self._requests.delay(1))
        if self._tokens is not None:
            wait = max(wait, self._tokens.delay(tokens))
        return wait
