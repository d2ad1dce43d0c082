"""What a build may spend on teachers, and what its calls have cost so far, over all stages and processes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

from ..teachers.call_ledger import CallLedger, ModelTotal
from ..teachers.prices import Budget, Price, cost
from .purse import Purse, begin_purses


PURSES = "max_cost.db"
"""The file in the folder of the ledgers by which slices share the limit; its name is not a ledger's."""


@dataclass(frozen=True)
class Spending:
    """A limit of money.

    Args:
        max_cost: of all calls of the build together.
        prices: by model.

    Raises:
        ValueError: the limit is no amount, a price is unknown, so that the limit cannot be held to, or two are in
            different currencies.
    """

    max_cost: Decimal
    prices: Mapping[str, Price | None]

    def __post_init__(self) -> None:
        if not self.max_cost.is_finite() or self.max_cost < 0:
            raise ValueError(f"--max-cost is {self.max_cost}: give an amount of money of 0 or more.")
        unknown = sorted(model for model, price in self.prices.items() if price is None)
        if unknown:
            raise ValueError(
                f"The price of {unknown[0]} is not known, so --max-cost cannot be held to: state `price:` under its "
                "teacher, for a server of your own `{currency: USD, input: 0, output: 0, read_on: 2026-11}`."
            )
        currencies = {price.currency for price in self.prices.values() if price is not None}
        if len(currencies) > 1:
            raise ValueError(f"Prices are in {' and '.join(sorted(currencies))}: state all in one currency.")

    @property
    def currency(self) -> str:
        """Of all prices."""
        return next((price.currency for price in self.prices.values() if price is not None), "USD")

    def spent(self, calls: Path) -> Decimal:
        """What the calls in a build's ledgers have cost."""
        return sum((cost_of(total, self.prices.get(model)) for model, total in ledger_totals(calls)), Decimal(0))

    def begin(self, calls: Path, at_work: bool = False) -> None:
        """Set what each slice has claimed of the money to what its ledger says.

        Args:
            at_work: whether slices of an earlier run may be at work: what is claimed beyond that stays claimed.
        """
        spent = {}
        for path in _ledgers(calls):
            with CallLedger(path, reading=True) as ledger:
                spent[_holder(calls, path)] = self._spent(ledger) + self._under_way(ledger)
        begin_purses(calls / PURSES, spent, at_work)

    def budget(self, calls: Path, ledger: CallLedger) -> Budget:
        """What the slice of a ledger may spend: it claims its money from what is left for all.

        The money claimed passes `max_cost` at no time. What is spent can pass it by as much as the calls in flight,
        of all slices at work, cost more than calls of their kind have cost on average.
        """
        spent, purse = self._spent(ledger), Purse(calls / PURSES, _holder(calls, ledger.path), self.max_cost)
        claimed = spent + self._under_way(ledger)
        purse.settle(claimed)
        return Budget(claimed, spent, self.currency, purse)

    def _spent(self, ledger: CallLedger) -> Decimal:
        totals = ledger.usage_total().items()
        return sum((cost_of(total, self.prices.get(model)) for model, total in totals), Decimal(0))

    def _under_way(self, ledger: CallLedger) -> Decimal:
        """What batches will cost that the provider has and has not answered."""
        batches = ledger.under_way().items()
        costs = (cost(usage, self.prices.get(model), batch=True) for model, usage in batches)
        return sum((amount for amount in costs if amount is not None), Decimal(0))


def _ledgers(calls: Path) -> list[Path]:
    return sorted(calls.rglob("*.sqlite"))


def _holder(calls: Path, ledger: Path) -> str:
    return ledger.relative_to(calls).as_posix()


def ledger_totals(calls: Path) -> list[tuple[str, ModelTotal]]:
    """Model and what was asked of it, for each of the ledgers in a folder and below it."""
    found: list[tuple[str, ModelTotal]] = []
    for path in _ledgers(calls):
        with CallLedger(path, reading=True) as ledger:
            found += ledger.usage_total().items()
    return found


def cost_of(total: ModelTotal, price: Price | None) -> Decimal:
    """What calls have cost; 0 where the price is not known."""
    return (cost(total.usage, price) or Decimal(0)) + (cost(total.batch_usage, price, batch=True) or Decimal(0))
