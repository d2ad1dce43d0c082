"""Tokens to money, and the budget."""

from __future__ import annotations

import asyncio
from decimal import Decimal

import pytest

from dataset_builder.teachers.prices import Budget, BudgetExhausted, Price, cost, cost_text
from dataset_builder.teachers.usage import Usage, text_tokens


PRICE = Price(currency="USD", input=2.5, output=10, audio_input=32, read_on="2026-11")


def test_cost_counts_audio_apart():
    assert cost(Usage(1_000_000, 0, 0), PRICE) == Decimal("2.5")
    assert cost(Usage(1_000_000, 100_000, 400_000), PRICE) == Decimal("1.5") + Decimal("12.8") + Decimal(1)
    assert cost(Usage(1_000_000, 100_000, 400_000), PRICE, batch=True) == Decimal("7.65")


def test_audio_without_a_price_of_its_own_costs_what_text_does():
    price = Price(currency="USD", input="0.75", output="3.75", read_on="2026-11")
    assert cost(Usage(1000, 0, 900), price) == Decimal("0.00075")


def test_an_unknown_price_is_never_nothing():
    assert cost(Usage(1000, 1000), None) is None
    assert cost_text(cost(Usage(1000, 1000), None)) == "unknown"
    assert cost_text(Decimal("12.345"), "EUR") == "12.34 EUR"


def test_text_tokens_are_a_quarter_of_the_bytes():
    assert [text_tokens(text) for text in ("", "a", "four", "eight888", "雨雨雨雨")] == [0, 1, 1, 2, 3]


def test_the_budget_stops_before_the_call_that_would_pass_it():
    budget = Budget(Decimal("1.00"))
    for _ in range(3):
        budget.settle("m", budget.set_aside("m", Decimal("0.10")), Decimal("0.30"))
    assert budget.spent == Decimal("0.90")
    with pytest.raises(BudgetExhausted, match="--max-cost"):
        budget.set_aside("m", Decimal("0.01"))  # by the mean of 0.30, not by the first estimate
    assert budget.spent == Decimal("0.90")


def test_calls_in_flight_count():
    budget = Budget(1)
    kept = [budget.set_aside("m", Decimal("0.4")) for _ in range(2)]
    assert budget.in_flight == Decimal("0.8")
    assert budget.set_aside("m", Decimal("0.4")) is None, "it is not known yet whether there is enough"
    budget.settle("m", kept[0], None)  # a refused connection: what was put aside is free again
    assert budget.set_aside("m", Decimal("0.4")) == Decimal("0.4")
    budget.settle("m", Decimal("0.4"), Decimal("0.4"))
    budget.settle("m", Decimal("0.4"), Decimal("0.4"))
    assert budget.in_flight == 0
    with pytest.raises(BudgetExhausted):
        budget.set_aside("m", None)


def test_a_call_waits_until_another_is_settled():
    budget = Budget(1)

    async def run() -> Decimal | None:
        first = budget.set_aside("m", Decimal("0.9"))
        waiting = asyncio.create_task(budget.settled())
        await asyncio.sleep(0)
        budget.settle("m", first, Decimal("0.1"))
        await asyncio.wait_for(waiting, 1)
        return budget.set_aside("m", Decimal("0.9"))

    assert asyncio.run(run()) == Decimal("0.1")


def test_teachers_share_a_budget_and_are_averaged_apart():
    budget = Budget(10)
    budget.settle("dear", budget.set_aside("dear", None), Decimal(5))
    assert budget.set_aside("cheap", Decimal("0.1")) == Decimal("0.1")
    assert budget.set_aside("dear", Decimal("0.1")) is None  # 5 are spent, 0.1 put aside, and a dear call costs 5


def test_money_of_earlier_runs_counts():
    with pytest.raises(BudgetExhausted):
        Budget(1, spent=Decimal("0.95")).set_aside("m", Decimal("0.1"))


def test_a_budget_needs_a_price_in_its_currency():
    with pytest.raises(ValueError, match="not known"):
        Budget(1).check(None, "m")
    with pytest.raises(ValueError, match="EUR"):
        Budget(1).check(Price(currency="EUR", input=1, output=1, read_on="2026-11"), "m")
    Budget(None).check(None, "m")


def test_a_batch_is_estimated_by_the_mean_of_its_calls():
    budget = Budget(100)
    budget.settle("m", budget.set_aside("m", Decimal(1), calls=10), Decimal(20), calls=10)
    assert budget.set_aside("m", Decimal(1), calls=5) == Decimal(10)
