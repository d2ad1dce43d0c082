"""Stage `read`: every entry of every source as a row, with its split; nothing is decoded."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

from ..engine.first_seen import FirstSeen
from ..engine.stage import Left, Outcome, Row, Stage, TaskPlace
from ..recording import BrokenRecording
from ..schema import SPLITS
from ..sources.source import open_source


class Read(Stage):
    """Lists the recordings.

    Args:
        sources: settings of the sources, in the order in which they are read.
        base: the folder that their paths start from.
        splits: shares for recordings without a split of their corpus.
        seed: of the draw.
    """

    name = "read"
    once = True

    def __init__(
        self, sources: Sequence[Mapping[str, Any]], base: Path, splits: Mapping[str, float], seed: int
    ) -> None:
        self.sources, self.base, self.splits, self.seed = list(sources), base, dict(splits), seed

    def version(self) -> dict[str, Any]:
        return {"sources": [dict(source) for source in self.sources], "splits": self.splits, "seed": self.seed}

    def inputs(self, place: TaskPlace) -> Iterator[Row]:
        with closing(FirstSeen(place.folder.file("ids", place.rank, "sqlite"))) as seen:
            for settings in self.sources:
                source = open_source(settings, self.base)
                for item in source.read():
                    name, where = item.id, f"the source {source.name!r}"
                    if before := seen.before(name, where):
                        reason = f"The id {name!r} of {where} was given before, by {before}; ids must be unique."
                        yield {"id": f"{name}#again", "broken": reason}
                    elif isinstance(item, BrokenRecording):
                        yield {"id": name, "broken": item.reason}
                    else:
                        split = item.split or draw_split(item.group, self.splits, self.seed)
                        yield {"id": name, "recording": item.to_json(), "split": split}

    async def process(self, row: Row) -> Outcome:
        if "broken" in row:
            return Left({"id": row["id"]}, "error", "unreadable", row["broken"])
        return row


def draw_split(group: str, shares: Mapping[str, float], seed: int) -> str:
    """The split of a group of recordings: depends on its name, the shares and the seed alone."""
    digest = hashlib.sha256(f"{seed}/{group}".encode()).digest()
    drawn = int.from_bytes(digest[:8], "big") / 2**64
    for split in SPLITS:
        drawn -= shares[split]
        if drawn < 0:
            return split
    return SPLITS[0]
