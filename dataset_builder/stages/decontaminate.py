"""Stage `decontaminate`: rows that are test items of a benchmark are left behind, each with its match."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ..audio_reference import AudioReference
from ..engine.stage import Left, Outcome, Row, Stage, TaskPlace


if TYPE_CHECKING:
    from ..measuring.fingerprint_index import FingerprintIndex


CONTAMINATION = "1"
"""Raised where the same row and benchmarks give another match."""


class Decontaminate(Stage):
    """Compares rows with test items by source id, by acoustic fingerprint and by question text.

    Args:
        benchmarks: the folder of each benchmark in its official layout, by name.
        base: the folder that their paths start from.
        audio: whether recordings are compared too, where a benchmark's audio is there.

    Raises:
        ValueError: no benchmark is named.
    """

    name = "decontaminate"

    def __init__(self, benchmarks: Mapping[str, str], base: Path, audio: bool = True) -> None:
        if not benchmarks:
            raise ValueError("names no benchmarks: give the folder of each by its name, such as `mmau: /data/mmau`.")
        self.benchmarks, self.base, self.audio = dict(benchmarks), base, audio

    def version(self) -> dict[str, Any]:
        return {"benchmarks": self.benchmarks, "audio": self.audio, "version": CONTAMINATION}

    def require_benchmarks(self) -> None:
        """Read the test items, to say before anything is spent that one is not there.

        Raises:
            ValueError, FileNotFoundError: as `contamination.benchmark_items.read_benchmarks`.
        """
        from ..contamination.benchmark_items import read_benchmarks

        for _ in read_benchmarks({name: self.base / folder for name, folder in self.benchmarks.items()}):
            pass

    async def open(self, place: TaskPlace) -> None:
        from ..contamination.benchmark_items import read_benchmarks
        from ..contamination.index import ContaminationIndex
        from ..measuring.fingerprint import SAME
        from ..measuring.fingerprint_index import FingerprintIndex

        items = read_benchmarks({name: self.base / folder for name, folder in self.benchmarks.items()})
        self._sounds: FingerprintIndex | None = None
        if not self.audio:
            self._index = ContaminationIndex.build(items)
            return
        path = place.folder.file("index", place.rank, "sqlite")
        path.unlink(missing_ok=True)
        self._sounds = FingerprintIndex(path)
        self._index = ContaminationIndex.build(items, fingerprint_of, self._sounds, SAME)

    async def process(self, row: Row) -> Outcome:
        match = self._index.find(row, self._fingerprint(row))
        return row if match is None else Left(row, "rejected", f"{match.benchmark} by {match.by}", f"{match}.")

    def _fingerprint(self, row: Row) -> np.ndarray | None:
        if self._sounds is None or not row.get("fingerprint"):
            return None
        from ..measuring.fingerprint import from_text

        return from_text(row["fingerprint"])

    async def close(self) -> None:
        if self._sounds is not None:
            self._sounds.close()


def fingerprint_of(audio: AudioReference) -> np.ndarray:
    """The acoustic fingerprint of a recording, (items,) of uint32."""
    from ..measuring.fingerprint import fingerprint

    return fingerprint(*audio.waveform())
