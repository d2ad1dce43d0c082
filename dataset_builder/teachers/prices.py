"""From tokens to money, and a budget that is not passed. Knows no endpoint and no clock."""

from __future__ import annotations

import asyncio
import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any, Protocol

from .usage import Usage


MILLION = Decimal(1_000_000)
CALLS_AHEAD = 16
"""Calls for which a process takes money at once from a purse that it shares."""


@dataclass(frozen=True)
class Price:
    """What tokens cost.

    Args:
        currency: such as `"USD"`.
        input, output: of a million tokens of text.
        audio_input: of a million tokens of audio; None where audio costs what text does.
        read_on: when the price was read, as `"2026-11"` or `"2026-11-23"`; prices change.
        batch_factor: what a call through the batch API costs of this.

    Raises:
        ValueError: a price is negative or not a number, or there is no currency or date.
    """

    currency: str
    input: Decimal
    output: Decimal
    read_on: str
    audio_input: Decimal | None = None
    batch_factor: Decimal = Decimal("0.5")

    def __post_init__(self) -> None:
        for name in ("input", "output", "audio_input", "batch_factor"):
            value = getattr(self, name)
            if value is None and name == "audio_input":
                continue
            try:
                number = Decimal(str(value))
            except InvalidOperation:
                number = Decimal("NaN")
            if not number.is_finite() or number < 0 or isinstance(value, bool):
                raise ValueError(f"price: {name} is {value!r}; give what a million tokens cost, 0 or more.")
            object.__setattr__(self, name, number)
        if not self.currency or not isinstance(self.currency, str):
            raise ValueError(f"price: currency is {self.currency!r}; give its code, such as USD.")
        if not re.fullmatch(r"\d{4}-\d{2}(-\d{2})?", str(self.read_on)):
            raise ValueError(f"price: read_on is {self.read_on!r}; give the date it was read, such as 2026-11-23.")
        object.__setattr__(self, "read_on", str(self.read_on))

    @property
    def of_audio(self) -> Decimal:
        """What a million tokens of audio cost."""
        return self.input if self.audio_input is None else self.audio_input

    @classmethod
    def from_mapping(cls, fields: Mapping[str, Any]) -> Price:
        """The price that the YAML of a build or a preset states.

        Raises:
            ValueError: a field is missing, unknown or wrong.
        """
        if not isinstance(fields, Mapping):
            raise ValueError(
                f"price is {fields!r}; write what a million tokens cost, such as {{currency: USD, input: 0, "
                "output: 0, read_on: 2026-11}, or `price: null` where it is not known."
            )
        known = {"currency", "input", "output", "audio_input", "read_on", "batch_factor"}
        missing = {"currency", "input", "output", "read_on"} - set(fields)
        if missing or set(fields) - known:
            raise ValueError(
                f"price has {', '.join(map(str, fields))}; it needs currency, input, output and read_on, and may have "
                "audio_input and batch_factor. Write `price: null` where it is not known."
            )
        return cls(**fields)


def cost(usage: Usage, price: Price | None, batch: bool = False) -> Decimal | None:
    """What `usage` costs in the price's currency, or None where the price is not known.

    Discounts for input that the endpoint had in its cache are left out, so this is never too little.
    """
    if price is None:
        return None
    audio = min(usage.audio_tokens, usage.input_tokens)
    total = (usage.input_tokens - audio) * price.input + audio * price.of_audio + usage.output_tokens * price.output
    return total / MILLION * (price.batch_factor if batch else 1)


def cost_text(amount: Decimal | None, currency: str = "USD") -> str:
    """`12.35 USD`, or `unknown`: a price that nobody stated is never 0."""
    return "unknown" if amount is None else f"{amount:.2f} {currency}"


class BudgetExhausted(Exception):
    """The next call would pass the budget. Nothing is wrong: raise `--max-cost` and start again to go on."""


class Purse(Protocol):
    """Money that several processes share; `dataset_builder.stages.purse` has one on disk."""

    @property
    def limit(self) -> Decimal:
        """What all may spend together."""
        ...

    def claim(self, spent: Decimal, least: Decimal, wanted: Decimal) -> Decimal:
        """What this process may spend from now on, of its calls so far and the next: at least `least`, if it is left.

        `spent` is what it has spent and set aside already.
        """
        ...

    def settle(self, spent: Decimal) -> None:
        """Give back what was claimed and not spent."""
        ...


class Budget:
    """Money that the teachers of a process share.

    Each call puts aside what a call of its teacher has cost on average. One for which nothing is left waits for the
    calls in flight, whose estimates may have been too high, and is then refused by `BudgetExhausted`. What is spent
    can so pass `max_cost` only by as much as the calls in flight cost more than was put aside for them; with a purse,
    the calls in flight of all processes.

    Args:
        max_cost: in `currency`; None for no limit, and then what is spent is still counted.
        spent: by calls of earlier runs, from the ledger.
        currency: of all prices that are paid from this budget.
        purse: where more is claimed when `max_cost` is reached, in processes that share one limit.

    Raises:
        ValueError: `max_cost` is negative.
    """

    def __init__(
        self,
        max_cost: Decimal | float | None,
        spent: Decimal = Decimal(0),
        currency: str = "USD",
        purse: Purse | None = None,
    ):
        if max_cost is not None and not 0 <= max_cost < float("inf"):
            raise ValueError(f"max_cost is {max_cost}; give an amount of money of 0 or more.")
        self.max_cost = None if max_cost is None else Decimal(str(max_cost))
        self.spent = spent
        self.currency = currency
        self._purse = purse
        self._set_aside: Counter[Decimal] = Counter()  # the amounts, and how many calls each is put aside for
        self._means: dict[str, tuple[Decimal, int]] = {}
        self._settled: asyncio.Event | None = None

    def check(self, price: Price | None, model: str) -> None:
        """Raises ValueError if calls at this price cannot be held to this budget."""
        if price is not None and price.currency != self.currency:
            raise ValueError(f"The price of {model} is in {price.currency} and the budget in {self.currency}.")
        if self.max_cost is not None and price is None:
            raise ValueError(
                f"The price of {model} is not known, so --max-cost cannot be held to: state the teacher's `price` "
                "(0 for a server of your own)."
            )

    def set_aside(
        self, model: str, first_estimate: Decimal | None, calls: int = 1, under_way: bool = False
    ) -> Decimal | None:
        """Put aside what calls of `model` will cost, and return that amount for `settle`.

        Args:
            model: the name under which calls of one kind are averaged.
            first_estimate: of all these calls, used until one is settled; None where the price is not known.
            calls: how many are made together, as in a batch.
            under_way: whether they were made by an earlier run, and so will cost that amount whatever is left.

        Returns:
            None if calls in flight have to be settled first to know whether there is enough.

        Raises:
            BudgetExhausted: less is left than the calls will cost.
        """
        total, settled = self._means.get(model, (Decimal(0), 0))
        amount = calls * total / settled if settled else (first_estimate or Decimal(0))
        if not under_way and not self._has(amount, CALLS_AHEAD if calls == 1 else 0):
            if self._set_aside:
                return None
            limit = self._purse.limit if self._purse else self.max_cost
            others = " beside what other slices have set aside for theirs" if self._purse else ""
            raise BudgetExhausted(
                f"The next {'call' if calls == 1 else 'batch'} of {model} would cost about {amount:.4f} "
                f"{self.currency}, which is more than is left of the {limit:.2f} of --max-cost{others}. What is "
                "done is kept: raise --max-cost and start again to go on."
            )
        self._set_aside[amount] += 1
        return amount

    def _has(self, amount: Decimal, ahead: int) -> bool:
        """Whether `amount` can still be spent; claims it, and `ahead` times as much, from a purse."""
        if self.max_cost is None:
            return True
        used = self.spent + self.in_flight
        if used + amount > self.max_cost and self._purse is not None:
            self.max_cost = self._purse.claim(used, used + amount, used + amount + ahead * amount)
        return used + amount <= self.max_cost

    def close(self) -> None:
        """Give back to the purse what was claimed and is neither spent nor set aside for batches under way."""
        if self._purse is not None:
            self._purse.settle(self.spent + self.in_flight)

    @property
    def in_flight(self) -> Decimal:
        """What is put aside for calls in flight."""
        return sum((amount * count for amount, count in self._set_aside.items()), Decimal(0))

    def settle(self, model: str, set_aside: Decimal | None, amount: Decimal | None, calls: int = 1) -> None:
        """Replace what was put aside by what the calls did cost.

        Args:
            set_aside: what `set_aside` returned; None for calls of an earlier run.
            amount: None if no tokens were used: a refused connection costs nothing and says nothing of other calls.
        """
        if set_aside is not None:
            self._set_aside[set_aside] -= 1
            if not self._set_aside[set_aside]:
                del self._set_aside[set_aside]
        if amount is not None:
            total, settled = self._means.get(model, (Decimal(0), 0))
            self._means[model] = (total + amount, settled + calls)
            self.spent += amount
        if self._settled is not None:
            self._settled.set()
            self._settled = None

    async def settled(self) -> None:
        """Wait until a call in flight is settled."""
        if self._settled is None:
            self._settled = asyncio.Event()
        await self._settled.wait()
