"""What each slice of a build may spend and has spent, in one SQLite file that all its processes share.

A slice claims what its calls have cost and what it sets aside for the next ones. All claims together never pass the
limit, however many slices are at work, on however many machines. Knows nothing of prices and calls.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from decimal import ROUND_CEILING, Decimal
from pathlib import Path


BILLION = 1_000_000_000
"""Amounts are kept in billionths, as whole numbers, so that no sum is rounded."""
TAKEN_AHEAD = 10
"""A holder takes at most one part in so many of what is left, beyond what it needs at once."""


@dataclass(frozen=True)
class Purse:
    """The claim of one holder.

    Args:
        path: of the file.
        holder: of the claim: the ledger of a slice.
        limit: of all claims together.
    """

    path: Path
    holder: str
    limit: Decimal

    def claim(self, spent: Decimal, least: Decimal, wanted: Decimal) -> Decimal:
        """Claim money before it is spent.

        Args:
            spent: what calls have cost, and are expected to cost that are in flight.
            least: what the holder needs in all.
            wanted: what it would take in all, so that it need not come back for every call.

        Returns:
            The claim: from `least` to `wanted`, by how much is left; `spent` where `least` is not left.

        Raises:
            OSError: the file cannot be read or written.
        """
        with _opened(self.path) as purses:
            query = "SELECT coalesce(sum(amount), 0) FROM claims WHERE holder != ?"
            left = self.limit - Decimal(purses.execute(query, (self.holder,)).fetchone()[0]) / BILLION
            # Beyond its need one holder takes little of what is left, for others would find nothing where it waits.
            # What calls cost more than was set aside for them is owed, whatever is left.
            amount = min(wanted, least + (left - least) / TAKEN_AHEAD) if least <= left else spent
            _put(purses, self.holder, amount)
        return amount

    def settle(self, spent: Decimal) -> None:
        """Claim what was spent and no more; raises what `claim` raises."""
        with _opened(self.path) as purses:
            _put(purses, self.holder, spent)


def begin_purses(path: Path, spent: Mapping[str, Decimal], at_work: bool = False) -> None:
    """Set all claims to what was spent: a process that was killed gave nothing back of what it had set aside.

    Args:
        at_work: whether holders may be at work: no claim is lowered then.

    Raises:
        OSError: the file cannot be read or written.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with _opened(path) as purses:
        if not at_work:
            purses.execute("DELETE FROM claims")
        for holder, amount in spent.items():
            claimed = purses.execute("SELECT amount FROM claims WHERE holder = ?", (holder,)).fetchone() or (0,)
            _put(purses, holder, max(amount, Decimal(claimed[0]) / BILLION))


def _put(purses: sqlite3.Connection, holder: str, amount: Decimal) -> None:
    billionths = int((amount * BILLION).to_integral_value(ROUND_CEILING))
    purses.execute("INSERT OR REPLACE INTO claims VALUES (?, ?)", (holder, billionths))


@contextmanager
def _opened(path: Path) -> Iterator[sqlite3.Connection]:
    """The file within a transaction; opened anew each time, which is a few times a second at the most."""
    try:
        with closing(sqlite3.connect(path, timeout=60, isolation_level=None)) as purses:
            purses.execute("PRAGMA synchronous = OFF")  # it is made anew from the ledgers when a build begins
            purses.execute("BEGIN IMMEDIATE")
            purses.execute("CREATE TABLE IF NOT EXISTS claims (holder TEXT PRIMARY KEY, amount INTEGER NOT NULL)")
            yield purses
            purses.execute("COMMIT")
    except sqlite3.DatabaseError as error:
        raise OSError(
            f"{path}, where the slices of a build share --max-cost, cannot be read or written ({error}): remove it "
            "and build again."
        ) from None
