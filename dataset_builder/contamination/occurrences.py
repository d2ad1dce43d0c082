"""All test items that occur in training data, and how each was found: by source id, by sound, by its question.

Where a build asks of a row whether it is any test item, this asks of every test item whether any row is it. Each shard
is streamed; what is kept of it is its fingerprints on disk.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import numpy as np

from ..audio_reference import AudioReference
from ..engine.only_process import in_turn
from ..measuring import MEASURING
from ..measuring.fingerprint import fingerprint
from ..measuring.fingerprint_index import FingerprintIndex
from .benchmark_items import BenchmarkItem
from .benchmark_sounds import fingerprint_sounds, items_key
from .index import WAYS, Compared, ContaminationIndex, Way
from .training_data import SPLIT, TrainingData, row_texts, training_data
from .training_sounds import TrainingSounds


Progress = Callable[[str, int, int], None]
REPORT_EVERY = 100
"""Rows, or items."""


@dataclass(frozen=True)
class Occurrence:
    """A test item that occurs in training data.

    Args:
        item: its number.
        by: how it was found.
        detail: the name, the similarity or the words that agree.
        row: id of the first row in which it was found in this way.
    """

    item: int
    by: Way
    detail: str
    row: str


@dataclass(frozen=True)
class Searched:
    """A folder of training data that was searched.

    Args:
        folder, split: what was read.
        sha256: of the names and contents of its shards.
        unheard: how many rows were not compared by sound; None where no test item was.
        example: the first of them and why.
    """

    folder: str
    split: str
    shards: int
    rows: int
    sha256: str
    unheard: int | None
    example: str | None


@dataclass(frozen=True)
class Occurrences:
    """What was found: at most one line for each item and way, in the order of the items."""

    found: list[Occurrence]
    compared: list[Compared]
    training: list[Searched]
    unheard: dict[int, str]
    """The items that were not compared by sound, and why."""


def find_occurrences(
    items: Sequence[BenchmarkItem], folders: Sequence[Path], cache: Path, progress: Progress | None = None
) -> Occurrences:
    """Search training data for test items.

    Args:
        items: the test items.
        folders: of training data; their split train is read.
        cache: folder for fingerprints, which are taken again only of what is new.
        progress: called with a step, what is done of it and the whole.

    Raises:
        ValueError: there are no items, or a folder is no training data; names it.
        FileNotFoundError: there is no such folder.
        ImportError: pyacoustid or libchromaprint is not installed.
    """
    data = [training_data(folder) for folder in folders]
    index, heard, unheard = _items_heard(items, cache, progress)
    found: dict[tuple[int, Way], Occurrence] = {}
    training = []
    for one in data:
        name = hashlib.sha256(f"{MEASURING}\0{one.folder.resolve()}".encode()).hexdigest()[:16]
        with in_turn(cache / f"{name}.lock"), TrainingSounds(one, cache / name) as clips:
            hashes = clips.hashes(_step(f"{one.folder} (files read)", progress))
            missing: int | None = None
            example = None
            if heard:
                clips.hear(_step(f"{one.folder} (fingerprints)", progress))
                _by_sound(index, heard, clips, found, _step(f"{one.folder} (sounds looked up)", progress))
                missing, example = clips.unheard()
        _by_text(index, one, found, _step(f"{one.folder} (names and questions)", progress))
        training.append(Searched(str(one.folder), SPLIT, len(one.shards), one.rows, _joint(hashes), missing, example))
    ordered = [found[key] for key in sorted(found, key=lambda key: (key[0], WAYS.index(key[1])))]
    return Occurrences(ordered, index.compared(unheard), training, unheard)


def _items_heard(
    items: Sequence[BenchmarkItem], cache: Path, progress: Progress | None
) -> tuple[ContaminationIndex, dict[int, np.ndarray], dict[int, str]]:
    """The items as an index of names and questions, the fingerprints of each recording, and why others have none."""
    cache.mkdir(parents=True, exist_ok=True)
    name = f"items-{items_key(items, MEASURING)}"
    with in_turn(cache / f"{name}.lock"), FingerprintIndex(cache / f"{name}.sqlite") as sounds:
        unheard = fingerprint_sounds(items, sounds, _fingerprint_of, _step("Test items (fingerprints)", progress))
        index = ContaminationIndex(items, sounds)
        # Of items with one recording, the first's number is that of the fingerprint.
        numbers = [number for number in range(len(items)) if index.with_recording_of(number)[0] == number]
        heard = {number: sounds.fingerprint(str(number)) for number in numbers if number not in unheard}
    return index, heard, unheard


def _fingerprint_of(audio: AudioReference) -> object:
    return fingerprint(*audio.waveform())


def _by_sound(
    index: ContaminationIndex,
    heard: Mapping[int, np.ndarray],
    clips: TrainingSounds,
    found: dict[tuple[int, Way], Occurrence],
    progress: Callable[[int, int], None] | None,
) -> None:
    for done, (first, items) in enumerate(heard.items(), 1):
        for row, similarity in islice(clips.matches(items), 1):
            for number in index.with_recording_of(first):
                found.setdefault((number, "audio"), Occurrence(number, "audio", f"similarity {similarity:.2f}", row))
        if progress is not None and (done % REPORT_EVERY == 0 or done == len(heard)):
            progress(done, len(heard))


def _by_text(
    index: ContaminationIndex,
    data: TrainingData,
    found: dict[tuple[int, Way], Occurrence],
    progress: Callable[[int, int], None] | None,
) -> None:
    rows = (row for shard in data.shards for row in row_texts(shard))
    for done, row in enumerate(rows, 1):
        for number, match in index.matches(row):
            found.setdefault((number, match.by), Occurrence(number, match.by, match.detail, str(row["id"])))
        if progress is not None and (done % REPORT_EVERY == 0 or done == data.rows):
            progress(done, data.rows)


def _joint(hashes: Mapping[str, str]) -> str:
    lines = "".join(f"{name}\0{found}\n" for name, found in sorted(hashes.items()))
    return hashlib.sha256(lines.encode()).hexdigest()


def _step(name: str, progress: Progress | None) -> Callable[[int, int], None] | None:
    return None if progress is None else lambda done, whole: progress(name, done, whole)
