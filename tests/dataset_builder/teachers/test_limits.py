"""Requests and tokens per minute, by a clock of the test."""

from __future__ import annotations

import asyncio
from random import Random

import pytest

from dataset_builder.teachers.limits import Limiter


class Clock:
    """A clock that only sleeping moves."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now

    async def sleep(self, seconds: float) -> None:
        self.now += seconds
        await asyncio.sleep(0)


def most_in_a_minute(events: list[tuple[float, float]]) -> float:
    """The largest sum of amounts within any 60 s."""
    return max(sum(amount for when, amount in events if begin <= when < begin + 60.0) for begin, _ in events)


def admitted(limiter: Limiter, clock: Clock, amounts: list[int]) -> list[tuple[float, float]]:
    """When each call of `amounts` tokens began."""

    async def run() -> list[tuple[float, float]]:
        events = []
        for amount in amounts:
            await limiter.admit(amount)
            events.append((clock.now, float(amount)))
        return events

    return asyncio.run(run())


@pytest.mark.parametrize("limit", [1, 3, 10, 60, 1000])
def test_requests_never_pass_the_limit_in_any_minute_and_reach_95_percent_of_it(limit):
    clock = Clock()
    limiter = Limiter(limit, None, 64, clock, clock.sleep)
    events = [(when, 1.0) for when, _ in admitted(limiter, clock, [0] * (3 * limit + 1))]
    assert most_in_a_minute(events) <= limit
    minutes = (events[-1][0] - events[0][0]) / 60.0
    assert (len(events) - 1) / minutes >= 0.95 * limit


def test_tokens_never_pass_the_limit_in_any_minute_and_reach_95_percent_of_it():
    clock, random = Clock(), Random(0)
    limiter = Limiter(None, 30_000, 64, clock, clock.sleep)
    events = admitted(limiter, clock, [random.randint(100, 2000) for _ in range(300)])
    assert most_in_a_minute(events) <= 30_000
    spent = sum(amount for _, amount in events[:-1])
    assert spent / ((events[-1][0] - events[0][0]) / 60.0) >= 0.95 * 30_000


def test_calls_are_spread_over_the_minute():
    clock = Clock()
    events = admitted(Limiter(600, None, 64, clock, clock.sleep), clock, [0] * 300)
    in_the_first_second = sum(when <= 1001.0 for when, _ in events)
    assert in_the_first_second <= 22, "ten a second, and a burst of a second's worth at most"


def test_what_a_call_did_take_replaces_its_estimate():
    clock = Clock()
    limiter = Limiter(None, 1000, 8, clock, clock.sleep)

    async def run() -> float:
        for _ in range(50):
            (await limiter.admit(300)).settle(10)
        return clock.now

    assert 1020.0 < asyncio.run(run()) < 1060.0, "500 tokens are half a minute's worth; as estimated, 15 minutes'"


def test_a_call_larger_than_the_limit_waits_for_an_empty_minute():
    clock = Clock()
    events = admitted(Limiter(None, 1000, 8, clock, clock.sleep), clock, [10, 5000, 10])
    assert events[1][0] - events[0][0] >= 60.0
    assert events[2][0] - events[1][0] >= 60.0


def test_a_pause_holds_all_calls_back():
    clock = Clock()
    limiter = Limiter(None, None, 8, clock, clock.sleep)
    limiter.pause(7.0)
    limiter.pause(3.0)
    assert admitted(limiter, clock, [1, 1])[0][0] == pytest.approx(1007.0)


def test_no_more_calls_are_in_flight_than_allowed():
    limiter = Limiter(None, None, 3)
    most = running = 0

    async def call() -> None:
        nonlocal most, running
        async with limiter.slot():
            running += 1
            most = max(most, running)
            await asyncio.sleep(0.001)
            running -= 1

    async def run() -> None:
        await asyncio.gather(*(call() for _ in range(20)))

    asyncio.run(run())
    assert most == 3
