"""Stage `arrange`: which rows lie in which shard, in an order that depends on their ids alone."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator
from typing import Any

from ..engine.stage import Outcome, Row, Stage, TaskPlace
from ..schema import SAMPLING_RATE, SPLITS
from ..writer import shard_path


BYTES_PER_SAMPLE = 1.15
"""Of FLAC at 16 bits, a little above what was measured over speech, music and sounds."""
COPIES = 2
"""A clip is stored in `audio` and in `messages`."""


class Arrange(Stage):
    """Sorts the rows by domain, task, split and id, on disk, and cuts them into shards.

    Args:
        shard_megabytes: the size that a shard is not to pass by much, estimated from the clips' lengths.
    """

    name = "arrange"
    once = True
    ordered = True

    def __init__(self, shard_megabytes: float = 500.0) -> None:
        if shard_megabytes <= 0:
            raise ValueError(f"shard_megabytes is {shard_megabytes}: give a size above 0.")
        self.shard_megabytes = shard_megabytes

    def version(self) -> dict[str, Any]:
        return {"shard_megabytes": self.shard_megabytes}

    def inputs(self, place: TaskPlace) -> Iterator[Row]:
        path = place.folder.file("order", 0, "sqlite")
        path.unlink(missing_ok=True)
        order = sqlite3.connect(path)
        order.execute("PRAGMA synchronous = OFF")
        order.execute("CREATE TABLE rows (domain, task, split, id, seconds, rank, offset)")
        if place.previous is None:
            raise ValueError("There are no rows to arrange.")
        for rank in range(place.previous_tasks):
            lines = (
                (row["domain"], row["task"], SPLITS.index(row["split"]), row["id"], row["duration"], rank, offset)
                for offset, row in place.previous.rows_with_offsets(rank)
            )
            order.executemany("INSERT INTO rows VALUES (?, ?, ?, ?, ?, ?, ?)", lines)
        order.execute("CREATE INDEX by_group ON rows (domain, task, split, id)")
        order.commit()
        yield from self._shards(order)
        order.close()

    def _shards(self, order: sqlite3.Connection) -> Iterator[Row]:
        groups = order.execute("SELECT DISTINCT domain, task, split FROM rows ORDER BY domain, task, split").fetchall()
        of_group = "FROM rows WHERE domain = ? AND task = ? AND split = ? ORDER BY id"
        for group in groups:
            domain, task, split = group[0], group[1], SPLITS[group[2]]
            # Gone through twice, for a shard's name says how many there are.
            count = sum(1 for _ in self._cut(order.execute(f"SELECT seconds, NULL, NULL {of_group}", group)))
            rows = order.execute(f"SELECT seconds, rank, offset {of_group}", group)
            for index, places in enumerate(self._cut(rows)):
                name = shard_path(domain, task, split, index, count)
                yield {"id": name, "domain": domain, "task": task, "split": split, "places": places}

    def _cut(self, rows: Iterable[tuple[float, int, int]]) -> Iterator[list[list[int]]]:
        """Rank and offset of the rows of each shard."""
        longest = self.shard_megabytes * 1e6 / (BYTES_PER_SAMPLE * COPIES * SAMPLING_RATE)
        places: list[list[int]] = []
        seconds = 0.0
        for duration, rank, offset in rows:
            if places and seconds + duration > longest:
                yield places
                places, seconds = [], 0.0
            places.append([rank, offset])
            seconds += duration
        if places:
            yield places

    async def process(self, row: Row) -> Outcome:
        return row
