"""Waits between attempts, and what Retry-After says."""

from __future__ import annotations

import pytest

from dataset_builder.teachers.retry import LONGEST_PAUSE, Backoff, retry_after


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"retry-after": "3"}, 3.0),
        ({"retry-after": "0.25"}, 0.25),
        ({"retry-after-ms": "1500", "retry-after": "9"}, 1.5),
        ({"retry-after": "Wed, 21 Oct 2026 07:28:30 GMT"}, 30.0),
        ({"retry-after": "Wed, 21 Oct 2026 07:27:00 GMT"}, 0.0),
        ({"retry-after": "-5"}, 0.0),
        ({"retry-after": "inf"}, LONGEST_PAUSE),
        ({"retry-after": "86400"}, LONGEST_PAUSE),
        ({"retry-after": "soon"}, None),
        ({"retry-after": "nan"}, None),
        ({}, None),
    ],
)
def test_retry_after(headers, seconds):
    assert retry_after(headers, now=1792567680.0) == seconds  # 2026-10-21 07:28:00 UTC


def test_waits_grow_and_are_drawn_anew_from_the_seed():
    waits = [Backoff(seed=3, first=1.0, longest=8.0).wait(attempt) for attempt in range(6)]
    backoff = Backoff(seed=3, first=1.0, longest=8.0)
    many = [[backoff.wait(attempt) for _ in range(200)] for attempt in range(6)]
    assert [max(draws) <= bound for draws, bound in zip(many, (1, 2, 4, 8, 8, 8), strict=True)] == [True] * 6
    assert all(min(draws) < 0.1 * max(draws) for draws in many), "full jitter reaches down to 0"
    assert waits[0] == Backoff(seed=3, first=1.0).wait(0) != Backoff(seed=4, first=1.0).wait(0)


def test_never_less_than_what_the_endpoint_asks_for():
    backoff = Backoff(first=0.5)
    assert all(5.0 <= backoff.wait(0, retry_after=5.0) <= 5.5 for _ in range(100))
