"""A limit of money that several slices share: never passed, used up, and right again after a kill."""

from __future__ import annotations

from concurrent.futures import ProcessPoolExecutor
from decimal import Decimal
from multiprocessing import get_context
from pathlib import Path

import pytest

from dataset_builder.stages.purse import Purse, begin_purses
from dataset_builder.stages.spending import PURSES, Spending
from dataset_builder.teachers.call_ledger import CallLedger
from dataset_builder.teachers.prices import Budget, BudgetExhausted, Price
from dataset_builder.teachers.usage import Usage


PRICE = Price(currency="USD", input=1_000_000, output=0, read_on="2026-11")
"""A token of input costs 1."""


def budget(path: Path, holder: str, limit: int) -> Budget:
    return Budget(0, purse=Purse(path, holder, Decimal(limit)))


def spend(path: Path, holder: str, limit: int, calls: int) -> Decimal:
    """Make calls that cost 1 each, as long as there is money for them; what they cost."""
    own = budget(path, holder, limit)
    try:
        for _ in range(calls):
            own.settle("m", own.set_aside("m", Decimal(1)), Decimal(1))
    except BudgetExhausted:
        pass
    own.close()
    return own.spent


def test_slices_in_processes_of_their_own_use_up_the_limit_and_no_more(tmp_path):
    path = tmp_path / PURSES
    with ProcessPoolExecutor(3, get_context("spawn")) as pool:
        running = [pool.submit(spend, path, f"slice-{number}", 100, 50) for number in range(6)]
        spent = [future.result() for future in running]
    assert sum(spent) <= 100
    assert sum(spent) + spend(path, "last", 100, 100) == 100


def test_a_slice_that_begins_does_not_get_what_another_has_set_aside(tmp_path):
    path = tmp_path / PURSES
    first, second = budget(path, "first", 10), budget(path, "second", 10)
    assert [first.set_aside("m", Decimal(3)) for _ in range(3)] == [3, 3, 3]
    with pytest.raises(
        BudgetExhausted, match=r"would cost about 3\.0000 USD, .* of the 10\.00 of --max-cost beside what other slices"
    ):
        second.set_aside("m", Decimal(3))
    first.settle("m", Decimal(3), Decimal(1))
    for _ in range(2):
        first.settle("m", Decimal(3), None)  # connections that were refused
    first.close()
    assert second.set_aside("m", Decimal(3)) == 3


def test_what_calls_cost_beyond_their_estimate_is_owed_by_all(tmp_path):
    path = tmp_path / PURSES
    first, second = budget(path, "first", 10), budget(path, "second", 10)
    first.settle("m", first.set_aside("m", Decimal(1)), Decimal(9))
    with pytest.raises(BudgetExhausted):
        first.set_aside("m", Decimal(1))
    with pytest.raises(BudgetExhausted):
        second.set_aside("m", Decimal(2))
    assert second.set_aside("m", Decimal(1)) == 1


def test_batches_under_way_are_owed_by_the_run_that_takes_them_up(tmp_path):
    calls = tmp_path / "calls"
    spending = Spending(Decimal(10), {"m": PRICE})
    with CallLedger(calls / "reason" / "00000.sqlite") as ledger, CallLedger(calls / "reason" / "1.sqlite") as other:
        ledger.keep("hash", "row", "m", "{}", Usage(2, 0, 0))
        ledger.run([("INSERT INTO batches VALUES (1, 'm', '', 4, 12, 0, 0, 'submitted', 'f', 'b')", ())])
        spending.begin(calls)  # 2 for the call, 12 / 2 for the batch
        with pytest.raises(BudgetExhausted):
            spending.budget(calls, other).set_aside("m", Decimal(3))
        own = spending.budget(calls, ledger)
        assert own.spent == 2
        assert own.set_aside("m (batch)", Decimal(6), calls=4, under_way=True) == 6
        assert own.in_flight == 6
        own.settle("m (batch)", Decimal(6), Decimal(1), calls=4)
        own.close()
        assert spending.budget(calls, other).set_aside("m", Decimal(7)) == 7


def test_a_killed_process_takes_no_money_with_it(tmp_path):
    calls = tmp_path / "calls"
    spending = Spending(Decimal(10), {"m": PRICE})
    with CallLedger(calls / "reason" / "00000.sqlite") as ledger, CallLedger(calls / "reason" / "1.sqlite") as other:
        ledger.keep("hash", "row", "m", "{}", Usage(2, 0, 0))
        assert spending.budget(calls, ledger).set_aside("m", Decimal(8)) == 8  # and no word after that
        with pytest.raises(BudgetExhausted):
            spending.budget(calls, other).set_aside("m", Decimal(1))
        spending.begin(calls)
        assert spending.budget(calls, other).set_aside("m", Decimal(8)) == 8
        assert spending.spent(calls) == 2


def test_slices_that_a_killed_build_left_at_work_keep_what_they_claimed(tmp_path):
    calls = tmp_path / "calls"
    spending = Spending(Decimal(10), {"m": PRICE})
    ledgers = [CallLedger(calls / "reason" / f"0000{number}.sqlite") for number in range(3)]
    assert spending.budget(calls, ledgers[0]).set_aside("m", Decimal(7)) == 7
    ledgers[1].keep("hash", "row", "m", "{}", Usage(2, 0, 0))
    spending.begin(calls, at_work=True)  # 7 stay claimed and some ahead, 2 are spent
    with pytest.raises(BudgetExhausted):
        spending.budget(calls, ledgers[2]).set_aside("m", Decimal(2))
    assert spending.budget(calls, ledgers[2]).set_aside("m", Decimal("0.5")) == Decimal("0.5")
    for ledger in ledgers:
        ledger.close()


def test_a_damaged_file_is_named(tmp_path):
    path = tmp_path / PURSES
    path.write_bytes(b"no database, and long enough to be told from an empty one" * 20)
    with pytest.raises(OSError, match=r"max_cost\.db.*remove it"):
        begin_purses(path, {})


@pytest.mark.parametrize("limit", ["nan", "inf", "-1"])
def test_a_limit_is_an_amount(limit):
    with pytest.raises(ValueError, match="--max-cost is"):
        Spending(Decimal(limit), {"m": PRICE})
