"""The rows of a slice while it is processed, in SQLite: what was done before a kill is not done again.

Rows are kept by their place in the slice, so that the finished slice has the order in which they came, however many
were in flight.
"""

from __future__ import annotations

import json
import sqlite3
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from .stage import Left, Outcome


COMMIT_SECONDS = 0.5


class Places:
    """A set of places, a byte for each up to the last."""

    def __init__(self, places: Iterable[int]) -> None:
        self._marks = bytearray()
        for place in places:
            self._marks.extend(bytes(max(0, place + 1 - len(self._marks))))
            self._marks[place] = 1

    def __contains__(self, place: int) -> bool:
        return place < len(self._marks) and self._marks[place] == 1

    def __len__(self) -> int:
        return sum(self._marks)


class RowJournal:
    """Places that are done, with their outcomes.

    Args:
        path: of the database, made where it is not there.

    Raises:
        ValueError: the file is no journal.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._connection = sqlite3.connect(path, isolation_level=None)
        try:
            # The process may be killed at any time and loses nothing by this; only a power cut would.
            self._connection.execute("PRAGMA synchronous = OFF")
            self._connection.execute("PRAGMA journal_mode = TRUNCATE")
            self._connection.execute(
                "CREATE TABLE IF NOT EXISTS outcomes (place INTEGER, part INTEGER, id TEXT, fate TEXT, content TEXT, "
                "PRIMARY KEY (place, part))"
            )
        except sqlite3.DatabaseError as error:
            self._connection.close()
            raise ValueError(f"The journal {path} is damaged ({error}): remove it and build again.") from None
        self._connection.execute("BEGIN")
        self._committed = time.monotonic()

    def places(self) -> Places:
        """The places that are done."""
        return Places(place for (place,) in self._connection.execute("SELECT DISTINCT place FROM outcomes"))

    def record(self, place: int, outcomes: Sequence[Outcome]) -> None:
        """Note what became of the row at `place`.

        Raises:
            ValueError, TypeError: an outcome holds what JSON in UTF-8 cannot: NaN, an infinite number, half a
                surrogate pair, bytes, a number of numpy's; nothing is noted.
        """
        lines = []
        for part, outcome in enumerate(outcomes):
            content = outcome.to_json() if isinstance(outcome, Left) else outcome
            fate = outcome.fate if isinstance(outcome, Left) else "row"
            text = json.dumps(content, ensure_ascii=False, allow_nan=False)
            text.encode("utf-8")
            lines.append((place, part, str(content["id"]), fate, text))
        self._connection.executemany("INSERT OR REPLACE INTO outcomes VALUES (?, ?, ?, ?, ?)", lines)
        if time.monotonic() - self._committed > COMMIT_SECONDS:
            self.commit()

    def commit(self) -> None:
        """Keep what was recorded, whatever happens to the process."""
        self._connection.execute("COMMIT")
        self._connection.execute("BEGIN")
        self._committed = time.monotonic()

    def contents(self, left: bool) -> Iterator[str]:
        """The lines of the rows that go on, or of those that are left, in the order of their places."""
        which = "!=" if left else "="
        query = f"SELECT content FROM outcomes WHERE fate {which} 'row' ORDER BY place, part"
        for (content,) in self._connection.execute(query):
            yield content + "\n"

    def counts(self) -> dict[str, int]:
        """Outcomes by fate, `places`, and `went_on`: places of which at least one row goes on."""
        found = dict(self._connection.execute("SELECT fate, COUNT(*) FROM outcomes GROUP BY fate"))
        query = "SELECT COUNT(DISTINCT place), COUNT(DISTINCT CASE fate WHEN 'row' THEN place END) FROM outcomes"
        places, went_on = self._connection.execute(query).fetchone()
        return found | {"places": places, "went_on": went_on}

    def checks(self) -> dict[str, int]:
        """How many rows each check, or kind of error, left behind."""
        found = Counter(json.loads(line)["check"] for line in self.contents(left=True))
        return dict(sorted(found.items()))

    def repeated_ids(self) -> list[str]:
        """Ids that go on more than once, at most five."""
        query = "SELECT id FROM outcomes WHERE fate = 'row' GROUP BY id HAVING COUNT(*) > 1 ORDER BY id LIMIT 5"
        return [name for (name,) in self._connection.execute(query)]

    def close(self) -> None:
        self._connection.execute("COMMIT")
        self._connection.close()

    def remove(self) -> None:
        """Close, and take the file away."""
        self.close()
        for path in (self._path, self._path.with_name(self._path.name + "-journal")):
            path.unlink(missing_ok=True)
