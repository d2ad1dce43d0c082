"""What a build may spend on teachers, and what its calls have cost so far, over all stages and processes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING

from ..teachers.prices import Price, cost


if TYPE_CHECKING:
    from ..teachers.call_ledger import ModelTotal
    from ..teachers.prices import Budget


@dataclass(frozen=True)
class Spending:
    """A limit of money.

    Args:
        max_cost: of all calls of the build together.
        prices: by model.

    Raises:
        ValueError: a price is unknown, so that the limit cannot be held to, or two are in different currencies.
    """

    max_cost: Decimal
    prices: Mapping[str, Price | None]

    def __post_init__(self) -> None:
        unknown = sorted(model for model, price in self.prices.items() if price is None)
        if unknown:
            raise ValueError(
                f"The price of {unknown[0]} is not known, so --max-cost cannot be held to: state `price:` under its "
                "teacher (0 for a server of your own)."
            )
        currencies = {price.currency for price in self.prices.values() if price is not None}
        if len(currencies) > 1:
            raise ValueError(f"Prices are in {' and '.join(sorted(currencies))}: state all in one currency.")

    def spent(self, calls: Path) -> Decimal:
        """What the calls in a build's ledgers have cost."""
        return sum((cost_of(total, self.prices.get(model)) for model, total in ledger_totals(calls)), Decimal(0))

    def budget(self, calls: Path, workers: int) -> Budget:
        """The share of one of `workers` processes of what is left."""
        from ..teachers.prices import Budget

        left = max(self.max_cost - self.spent(calls), Decimal(0))
        currency = next((price.currency for price in self.prices.values() if price is not None), "USD")
        return Budget(left / workers, currency=currency)


def ledger_totals(calls: Path) -> list[tuple[str, ModelTotal]]:
    """Model and what was asked of it, for each of the ledgers in a folder and below it."""
    from ..teachers.call_ledger import CallLedger

    found: list[tuple[str, ModelTotal]] = []
    for path in sorted(calls.rglob("*.sqlite")):
        with CallLedger(path, reading=True) as ledger:
            found += ledger.usage_total().items()
    return found


def cost_of(total: ModelTotal, price: Price | None) -> Decimal:
    """What calls have cost; 0 where the price is not known."""
    return (cost(total.usage, price) or Decimal(0)) + (cost(total.batch_usage, price, batch=True) or Decimal(0))
