"""Stage `arrange`: which rows lie in which shard, in an order that depends on their ids alone."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from itertools import groupby
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
        order.commit()
        yield from self._shards(order)
        order.close()

    def _shards(self, order: sqlite3.Connection) -> Iterator[Row]:
        longest = self.shard_megabytes * 1e6 / (BYTES_PER_SAMPLE * COPIES * SAMPLING_RATE)
        rows = order.execute("SELECT * FROM rows ORDER BY domain, task, split, id")
        for (domain, task, split), group in groupby(rows, key=lambda line: line[:3]):
            shards: list[list[list[int]]] = [[]]
            seconds = 0.0
            for _, _, _, _, duration, rank, offset in group:
                if shards[-1] and seconds + duration > longest:
                    shards.append([])
                    seconds = 0.0
                shards[-1].append([rank, offset])
                seconds += duration
            for index, places in enumerate(shards):
                name = shard_path(domain, task, SPLITS[split], index, len(shards))
                yield {"id": name, "domain": domain, "task": task, "split": SPLITS[split], "places": places}

    async def process(self, row: Row) -> Outcome:
        return row
