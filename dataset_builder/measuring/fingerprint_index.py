"""Which of a million fingerprints are nearly the same as a given one, without comparing all: an index on disk.

Each item of a fingerprint is 32 bits of a moment of sound, and of a copy of a recording some items come out the same
bit for bit. So a table says of items which recordings hold them and where; those that share one with the fingerprint
asked about are compared with it whole: of 6,800 copies that `similarity` calls the same, 99.7% were found so. Knows
nothing of what the ids stand for.
"""

from __future__ import annotations

import sqlite3
from collections import Counter
from pathlib import Path
from types import TracebackType

import numpy as np

from .fingerprint import BEST_OFFSETS, SAME, similarity


KEPT_ITEMS = 64
LONGEST_STRIDE = 4
"""Of a fingerprint of up to 64 items each goes into the table, of longer ones at least every fourth."""
MANY_ITEMS, LOOKED_UP_STRIDE = 192, 3
"""Of the fingerprint asked about all items are looked up, of one with more than 192 every third: 3 and 4 have no
common divisor, so that at any offset some of them lie upon items of the table."""
PROBED_ITEMS = 32
"""A fingerprint of no more items is looked up with each of their bits turned over as well."""
REPEATS = 8
"""Places of one item in the fingerprint asked about that count; a steady sound has the same item many times."""
COMMON = 1_000
"""An item that more places hold says nothing, as that of silence; it is passed over."""
SEGMENT = 2**17
"""Recordings in one part of the table, so that adding touches only the last part, which fits into the cache."""
CANDIDATES = 256
"""How many recordings are compared whole, those first that share most items at one offset."""
CACHE_KIB = 256 * 1024
BATCH = 2_000
"""Recordings a transaction: what a killed process has to add again."""
_TABLES = """
CREATE TABLE IF NOT EXISTS recordings (number INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, items BLOB NOT NULL);
CREATE TABLE IF NOT EXISTS places (
    segment INTEGER, item INTEGER, number INTEGER, position INTEGER,
    PRIMARY KEY (segment, item, number, position)
) WITHOUT ROWID;
"""


class FingerprintIndex:
    """Fingerprints by id in a SQLite file.

    Args:
        path: the file; made where it does not exist, continued where it does. One process may add at a time, any
            number may look up.
        finished: the file is there and nobody adds any more: it is read without locks, from several machines too.

    Raises:
        ValueError: the file is no such index.
    """

    def __init__(self, path: str | Path, finished: bool = False) -> None:
        self.path = Path(path)
        self._waiting = 0
        if finished:
            address = f"{self.path.resolve().as_uri()}?immutable=1"
            self._connection = sqlite3.connect(address, isolation_level=None, uri=True)
            return
        self._connection = sqlite3.connect(self.path, isolation_level=None)
        try:
            self._connection.execute("PRAGMA journal_mode=WAL")
            self._connection.execute("PRAGMA synchronous=NORMAL")
            self._connection.execute(f"PRAGMA cache_size=-{CACHE_KIB}")
            self._connection.executescript(_TABLES)
        except sqlite3.DatabaseError as error:
            self._connection.close()
            raise ValueError(f"{self.path} is not an index of fingerprints ({error}): name another file.") from None

    def __enter__(self) -> FingerprintIndex:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def __len__(self) -> int:
        return self._connection.execute("SELECT count(*) FROM recordings").fetchone()[0]

    def __contains__(self, id: str) -> bool:
        return self._connection.execute("SELECT 1 FROM recordings WHERE id = ?", (id,)).fetchone() is not None

    def add(self, id: str, items: np.ndarray) -> None:
        """Keep a fingerprint (items,) of uint32 under `id`; adding the same again changes nothing.

        Found by `matches` at once; on disk for certain after `commit` or `close`.

        Raises:
            ValueError: `id` is there with another fingerprint.
        """
        items = np.asarray(items, dtype=np.uint32)
        blob = items.astype("<u4").tobytes()
        there = self._connection.execute("SELECT items FROM recordings WHERE id = ?", (id,)).fetchone()
        if there is not None:
            if there[0] != blob:
                raise ValueError(
                    f"{self.path} holds another fingerprint of {id!r}: remove the file and build it again."
                )
            return
        if not self._waiting:
            self._connection.execute("BEGIN IMMEDIATE")
        number = self._connection.execute("INSERT INTO recordings (id, items) VALUES (?, ?)", (id, blob)).lastrowid
        segment = (number or 0) // SEGMENT
        stride = min(LONGEST_STRIDE, max(1, len(items) // KEPT_ITEMS))
        kept = zip(items[::stride].tolist(), range(0, len(items), stride), strict=True)
        self._connection.executemany(
            "INSERT INTO places VALUES (?, ?, ?, ?)", ((segment, item, number, position) for item, position in kept)
        )
        self._waiting += 1
        if self._waiting >= BATCH:
            self.commit()

    def fingerprint(self, id: str) -> np.ndarray:
        """The fingerprint that is kept under `id`, (items,) of uint32.

        Raises:
            KeyError: there is none.
        """
        there = self._connection.execute("SELECT items FROM recordings WHERE id = ?", (id,)).fetchone()
        if there is None:
            raise KeyError(id)
        return np.frombuffer(there[0], dtype="<u4").astype(np.uint32)

    def commit(self) -> None:
        """Put on disk what was added."""
        if self._waiting:
            self._connection.execute("COMMIT")
            self._waiting = 0

    def close(self) -> None:
        """Put on disk what was added, and let go of the file."""
        self.commit()
        self._connection.close()

    def matches(self, items: np.ndarray, threshold: float = SAME) -> list[tuple[str, float]]:
        """Ids and similarities of the recordings at least `threshold` similar to `items`, the most similar first.

        Those are found that share an item; ties are in the order of ids.
        """
        items = np.asarray(items, dtype=np.uint32)
        found = []
        for number, offsets in self._candidates(items):
            id, blob = self._connection.execute(
                "SELECT id, items FROM recordings WHERE number = ?", (number,)
            ).fetchone()
            alike = similarity(items, np.frombuffer(blob, dtype="<u4").astype(np.uint32), offsets)
            if alike >= threshold:
                found.append((id, alike))
        return sorted(found, key=lambda match: (-match[1], match[0]))

    def _candidates(self, items: np.ndarray) -> list[tuple[int, list[int]]]:
        """Numbers of the recordings that share most items with `items` at one offset, and the offsets to look at."""
        last = self._connection.execute("SELECT max(number) FROM recordings").fetchone()[0]
        votes: dict[int, Counter[int]] = {}
        for item, positions in _looked_up(items).items():
            for number, place in self._places(item, (last or 0) // SEGMENT):
                votes.setdefault(number, Counter()).update(place - position for position in positions)
        most = {number: max(counts.values()) for number, counts in votes.items()}
        first = sorted(most, key=lambda number: (-most[number], number))[:CANDIDATES]
        return [(number, _around(votes[number])) for number in first]

    def _places(self, item: int, last_segment: int) -> list[tuple[int, int]]:
        """Number and position wherever `item` is, or nothing where that is in too many places."""
        places: list[tuple[int, int]] = []
        for segment in range(last_segment + 1):
            places += self._connection.execute(
                "SELECT number, position FROM places WHERE segment = ? AND item = ? LIMIT ?",
                (segment, item, COMMON + 1 - len(places)),
            ).fetchall()
            if len(places) > COMMON:
                return []
        return places


def _looked_up(items: np.ndarray) -> dict[int, list[int]]:
    """The items to look up, and the positions in `items` that each of them stands for."""
    wanted: dict[int, list[int]] = {}
    stride = LOOKED_UP_STRIDE if len(items) > MANY_ITEMS else 1
    turned = [1 << bit for bit in range(32)] if len(items) <= PROBED_ITEMS else []
    for position, item in zip(range(0, len(items), stride), items[::stride].tolist(), strict=True):
        for near in (item, *(item ^ bit for bit in turned)):
            positions = wanted.setdefault(near, [])
            if len(positions) < REPEATS:
                positions.append(position)
    return wanted


def _around(counts: Counter[int]) -> list[int]:
    """The offsets with most votes, and their neighbours."""
    first = sorted(counts, key=lambda offset: (-counts[offset], offset))[:BEST_OFFSETS]
    return sorted({offset + step for offset in first for step in (-1, 0, 1)})
