"""Stage `write_shards`: each shard's rows with their clips as a Parquet file."""

from __future__ import annotations

from typing import Any

from ..engine.stage import Left, Outcome, Row, Stage, TaskPlace
from ..engine.stage_folder import StageFolder
from ..stored_row import stored_row
from ..writer import FORMAT, ShardWriter


OF_SHARDS = ("arrange", "write_shards")
"""Stages that take and give shards; what they leave behind are rows."""


class WriteShards(Stage):
    """Assembles rows and writes them; one whose clip can no longer be read is left behind.

    Args:
        reviewed: the folder of the stage whose rows were arranged.
    """

    name = "write_shards"

    def __init__(self, reviewed: StageFolder) -> None:
        self.reviewed = reviewed

    def version(self) -> dict[str, Any]:
        return {"format": FORMAT}

    async def open(self, place: TaskPlace) -> None:
        self._folder = place.folder.path

    async def process(self, row: Row) -> Outcome | list[Outcome]:
        left: list[Outcome] = []
        with ShardWriter(self._folder, row["id"]) as writer:
            for rank, offset in row["places"]:
                reviewed = self.reviewed.row_at(rank, offset)
                try:
                    stored = stored_row(reviewed)
                except (ValueError, OSError) as error:
                    left.append(Left(reviewed, "error", "clip", " ".join(str(error).split())))
                    continue
                writer.write(stored)
        shard = {name: row[name] for name in ("id", "domain", "task", "split")}
        if not writer.line["rows"]:
            (self._folder / row["id"]).unlink()
            return left
        return [shard | writer.line, *left]
