"""Stage `decontaminate`: rows that a benchmark's test items would be spoilt by are left behind, each with its match."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from ..engine.stage import Left, Outcome, Row, Stage, TaskPlace


class Decontaminate(Stage):
    """Compares rows with test items by source id, by acoustic fingerprint and by question text.

    Args:
        benchmarks: `{benchmark, folder}` each, as `contamination.read_benchmark` takes them.
        base: the folder that their paths start from.
        audio: whether recordings are compared too, where a benchmark's audio is there.
    """

    name = "decontaminate"

    def __init__(self, benchmarks: Sequence[Mapping[str, Any]], base: Path, audio: bool = True) -> None:
        if not benchmarks:
            raise ValueError("`decontaminate:` names no benchmarks: list them, each with `benchmark` and `folder`.")
        self.benchmarks, self.base, self.audio = [dict(item) for item in benchmarks], base, audio

    def version(self) -> dict[str, Any]:
        from ..contamination import VERSION

        return {"benchmarks": self.benchmarks, "audio": self.audio, "version": VERSION}

    async def open(self, place: TaskPlace) -> None:
        from ..contamination import open_index

        self._index = open_index(self.benchmarks, self.base, place.folder.file("index", place.rank, "sqlite"), self.audio)

    async def process(self, row: Row) -> Outcome:
        match = self._index.find(row)
        if match is None:
            return row
        reason = f"The {match.by.replace('_', ' ')} is that of {match.benchmark}'s item {match.item}: {match.detail}"
        return Left(row, "rejected", f"{match.benchmark} by {match.by}", reason)

    async def close(self) -> None:
        self._index.close()
