"""How often one client may ask: a bucket of requests for each address, which fills up again in a minute."""

from __future__ import annotations

import ipaddress
import math
import time
from collections.abc import Callable

from app.serving.refusals import Refusal


MOST_CLIENTS = 10_000


class Rates:
    """Counts requests by client.

    Args:
        per_minute: requests of one client.
        clock: seconds.
    """

    def __init__(self, per_minute: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._per_minute, self._clock = per_minute, clock
        self._buckets: dict[str, tuple[float, float]] = {}

    def take(self, address: str) -> None:
        """Count one request of a client.

        Raises:
            Refusal: it has asked too often (429).
        """
        client, now = client_of(address), self._clock()
        left, since = self._buckets.pop(client, (float(self._per_minute), now))
        left = self._filled(left, since, now)
        if left < 1:
            self._buckets[client] = (left, now)
            seconds = math.ceil((1 - left) * 60 / self._per_minute)
            raise Refusal(
                429,
                f"More than {self._per_minute} requests came from your address within a minute: try again in "
                f"{seconds} s.",
                code="rate_limit_exceeded",
                retry_after=seconds,
            )
        self._buckets[client] = (left - 1, now)
        if len(self._buckets) > MOST_CLIENTS:
            # Taken in the order in which they last asked: the first has waited longest, and has most left.
            self._buckets.pop(next(iter(self._buckets)))

    def _filled(self, left: float, since: float, now: float) -> float:
        return min(self._per_minute, left + (now - since) * self._per_minute / 60)


def client_of(address: str) -> str:
    """What counts as one client: an address, and of IPv6 the network of 64 bits that one household gets."""
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return address
    return str(ipaddress.ip_network((found, 64), strict=False)) if found.version == 6 else str(found)
