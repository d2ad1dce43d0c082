"""Stage `decontaminate`: rows that are test items of a benchmark are left behind, each with its match.

The benchmarks are read, and their sound is fingerprinted, once and before any other stage runs: what cannot be
compared is said before a teacher is paid.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ..audio_reference import AudioReference
from ..engine.stage import BuildStopped, Left, Outcome, Row, Stage, TaskPlace
from ..engine.stage_folder import StageFolder, write_whole
from ..measuring import MEASURING


if TYPE_CHECKING:
    from ..contamination.benchmark_items import BenchmarkItem
    from ..contamination.index import Compared
    from ..measuring.fingerprint_index import FingerprintIndex


CONTAMINATION = "4"
"""Raised where the same row and benchmarks give another match."""
NOTE = "benchmarks.json"


class Decontaminate(Stage):
    """Compares rows with test items by source id, by acoustic fingerprint and by question text.

    Args:
        benchmarks: the folder of each benchmark in its official layout, by name.
        base: the folder that their paths start from.
        work: the folder of the build's stages, where the benchmarks' fingerprints are kept.
        audio: whether recordings are compared too. Without it, a test item under another name and with another
            question is not found.
        without_audio: benchmarks of which test items are accepted whose audio is not there or cannot be read: they
            are found by source id and question alone. Of the others, every item must be heard.

    Raises:
        ValueError: no benchmark is named, or `without_audio` names another one.
    """

    name = "decontaminate"

    def __init__(
        self,
        benchmarks: Mapping[str, str],
        base: Path,
        work: Path,
        audio: bool = True,
        without_audio: Sequence[str] = (),
    ) -> None:
        if not benchmarks:
            raise ValueError("names no benchmarks: give the folder of each by its name, such as `mmau: /data/mmau`.")
        self.benchmarks, self.base, self.audio = dict(benchmarks), base, audio
        self.without_audio = list(without_audio)
        if unknown := [name for name in self.without_audio if name not in self.benchmarks]:
            raise ValueError(f"`without_audio` names {unknown[0]!r}, and `benchmarks` {', '.join(self.benchmarks)}.")
        self._kept = work / "benchmarks"

    def version(self) -> dict[str, Any]:
        found = {"benchmarks": self.benchmarks, "audio": self.audio, "without_audio": self.without_audio}
        return found | {"version": CONTAMINATION}

    def read_benchmarks(
        self,
        folder: StageFolder,
        changed: Callable[[], object],
        progress: Callable[[str, int, int], None] | None = None,
    ) -> None:
        """Read the test items, take the fingerprints that are missing, and note both in the stage's folder.

        Args:
            changed: is called where the stage was run with other test items before, or heard fewer of them, so that
                what is done of it does not count. It is called before the note is written: if the build is killed in
                between, the next run calls it again.

        Raises:
            ValueError: an item cannot be compared by its sound, which was not accepted; or as
                `contamination.benchmark_items.read_benchmarks`, which also raises FileNotFoundError.
        """
        from ..contamination.index import ContaminationIndex

        by_benchmark = self._read()
        items = [item for found in by_benchmark.values() for item in found]
        if self.audio:
            self._refuse(by_benchmark, {n: "its audio is not there" for n, item in enumerate(items) if not item.audio})
        key = self._key(items)
        path = folder.path / NOTE
        before = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else None
        sounds, unheard = None, {}
        if self.audio:
            # An item that could not be read is tried each time: what was missing for it may be there by now.
            unheard = self._fingerprints(key, items, progress)
            self._refuse(by_benchmark, unheard)
            sounds = self._opened(key)
        try:
            compared = ContaminationIndex(items, sounds).compared(unheard)
        finally:
            if sounds is not None:
                sounds.close()
        folder.path.mkdir(parents=True, exist_ok=True)
        noted = {"key": key, "compared": [asdict(line) for line in compared]}
        if before not in (None, noted):
            changed()
        write_whole(path, [json.dumps(noted, indent=1) + "\n"])

    def compared(self, folder: StageFolder) -> list[Compared]:
        """What rows are compared with, as `read_benchmarks` noted it."""
        from ..contamination.index import Compared

        noted = json.loads((folder.path / NOTE).read_text(encoding="utf-8"))
        return [Compared(**line) for line in noted["compared"]]

    def _read(self) -> dict[str, list[BenchmarkItem]]:
        from ..contamination.benchmark_items import read_benchmarks

        return {name: list(read_benchmarks({name: self.base / path})) for name, path in self.benchmarks.items()}

    def _key(self, items: Sequence[BenchmarkItem]) -> str:
        from ..contamination.benchmark_sounds import items_key

        return items_key(items, f"{CONTAMINATION}/{MEASURING}/{self.audio}")

    def _refuse(self, by_benchmark: Mapping[str, Sequence[BenchmarkItem]], unheard: Mapping[int, str]) -> None:
        """Raise ValueError for the first benchmark of which an item is unheard that must not be."""
        first = 0
        for name, items in by_benchmark.items():
            silent = [number for number in range(first, first + len(items)) if number in unheard]
            if silent and name not in self.without_audio:
                example = f"{items[silent[0] - first].id}: {unheard[silent[0]]}"
                raise ValueError(
                    f"`decontaminate:` {len(silent):,} of the {len(items):,} test items of {name} cannot be compared "
                    f"by their sound ({example}). Put the benchmark's audio where its files name it, in "
                    f"{self.base / self.benchmarks[name]}, or write `without_audio: [{name}]` to accept that such "
                    "items are found by source id and question alone."
                )
            first += len(items)

    def _fingerprints(
        self, key: str, items: Sequence[BenchmarkItem], progress: Callable[[str, int, int], None] | None
    ) -> dict[int, str]:
        """Take the fingerprints that are not there yet; returns why those of other items are not to be had."""
        from ..contamination.benchmark_sounds import fingerprint_sounds
        from ..measuring.fingerprint_index import FingerprintIndex

        self._kept.mkdir(parents=True, exist_ok=True)
        report = None if progress is None else lambda count, whole: progress("benchmarks", count, whole)
        with FingerprintIndex(self._kept / f"{key}.sqlite") as sounds:
            return fingerprint_sounds(items, sounds, fingerprint_of, report)

    def _opened(self, key: str) -> FingerprintIndex:
        from ..measuring.fingerprint_index import FingerprintIndex

        return FingerprintIndex(self._kept / f"{key}.sqlite", finished=True)

    async def open(self, place: TaskPlace) -> None:
        from ..contamination.index import ContaminationIndex
        from ..measuring.fingerprint import SAME

        items = [item for found in self._read().values() for item in found]
        key = self._key(items)
        if json.loads((place.folder.path / NOTE).read_text(encoding="utf-8"))["key"] != key:
            raise BuildStopped("The benchmarks have changed since the build was begun: run it again.")
        self._sounds = self._opened(key) if self.audio else None
        self._index = ContaminationIndex(items, self._sounds, SAME)

    async def process(self, row: Row) -> Outcome:
        match = self._index.find(row, self._fingerprints_of(row))
        return row if match is None else Left(row, "rejected", f"{match.benchmark} by {match.by}", f"{match}.")

    def _fingerprints_of(self, row: Row) -> list[np.ndarray]:
        """Of the row's recording, or of each of those that its clip was mixed of."""
        from ..measuring.fingerprint import from_text

        if self._sounds is None:
            return []
        found = row.get("fingerprints") or [row.get("fingerprint")]
        if not all(found):
            raise ValueError(f"The row {row['id']} has no fingerprint to compare: build with `--redo measure`.")
        return [from_text(text) for text in found]

    async def close(self) -> None:
        if self._sounds is not None:
            self._sounds.close()


def fingerprint_of(audio: AudioReference) -> np.ndarray:
    """The acoustic fingerprint of a recording, (items,) of uint32."""
    from ..measuring.fingerprint import fingerprint

    return fingerprint(*audio.waveform())
