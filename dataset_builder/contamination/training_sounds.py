"""The clips of a folder of training data as fingerprints on disk, and which rows have them: taken once for any search.

A clip goes by the hash of its bytes: rows that ask about one clip have one fingerprint, and of a folder that was built
again only what is new is decoded. Which rows have which clip is kept for each shard by the hash of its file. Knows
nothing of test items.
"""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Callable, Generator, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from types import TracebackType

import numpy as np

from ..cores import cores
from ..measuring.fingerprint import SAME, fingerprint
from ..measuring.fingerprint_index import FingerprintIndex
from ..writer import file_hash
from .training_data import Shard, TrainingData, row_clips


NO_AUDIO = "it has no audio"
_TABLES = """
CREATE TABLE IF NOT EXISTS files (path TEXT PRIMARY KEY, size INTEGER, changed INTEGER, sha256 TEXT);
CREATE TABLE IF NOT EXISTS heard (sha256 TEXT PRIMARY KEY);
CREATE TABLE IF NOT EXISTS clips (sha256 TEXT, place INTEGER, id TEXT, clip TEXT, reason TEXT);
CREATE INDEX IF NOT EXISTS rows_of ON clips (clip);
CREATE INDEX IF NOT EXISTS unheard_of ON clips (sha256) WHERE clip IS NULL;
CREATE TEMP TABLE shards (sha256 TEXT, place INTEGER);
"""


class TrainingSounds:
    """The fingerprints of one folder of training data.

    Args:
        data: the training data.
        folder: of its fingerprints, made where there is none; one process may use it at a time.
    """

    def __init__(self, data: TrainingData, folder: Path) -> None:
        self._data = data
        folder.mkdir(parents=True, exist_ok=True)
        self._sounds = FingerprintIndex(folder / "sounds.sqlite")
        self._rows = sqlite3.connect(folder / "rows.sqlite", isolation_level=None)
        self._rows.executescript(_TABLES)
        self._hashes: dict[str, str] = {}

    def __enter__(self) -> TrainingSounds:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._sounds.close()
        self._rows.close()

    def hashes(self, progress: Callable[[int, int], None] | None = None) -> dict[str, str]:
        """SHA-256 of every shard by its path within the folder; of a file that did not change it is remembered.

        Args:
            progress: called with the shards that are done and all of them.
        """
        for number, shard in enumerate(self._data.shards):
            if shard.name not in self._hashes:
                self._hashes[shard.name] = self._hash(shard)
                self._rows.execute("INSERT INTO shards VALUES (?, ?)", (self._hashes[shard.name], number))
            if progress is not None:
                progress(number + 1, len(self._data.shards))
        return dict(self._hashes)

    def _hash(self, shard: Shard) -> str:
        state = shard.path.stat()
        seen = (state.st_size, state.st_mtime_ns)
        there = self._rows.execute("SELECT size, changed, sha256 FROM files WHERE path = ?", (shard.name,)).fetchone()
        if there is not None and there[:2] == seen:
            return there[2]
        found = file_hash(shard.path)
        self._rows.execute("INSERT OR REPLACE INTO files VALUES (?, ?, ?, ?)", (shard.name, *seen, found))
        return found

    def hear(self, progress: Callable[[int, int], None] | None = None) -> None:
        """Take the fingerprints that are missing; what a process that is killed has taken is kept.

        Args:
            progress: called with the rows that are done and all of them.

        Raises:
            ImportError: pyacoustid or libchromaprint is not installed.
            ValueError: a shard cannot be read.
        """
        self.hashes()
        done = 0
        with ThreadPoolExecutor(cores()) as pool:
            for shard in self._data.shards:
                if not self._is_heard(shard):
                    with closing(self._hear(shard, pool)) as steps:
                        for rows in steps:
                            if progress is not None:
                                progress(done + rows, self._data.rows)
                done += shard.rows

    def _is_heard(self, shard: Shard) -> bool:
        key = self._hashes[shard.name]
        return self._rows.execute("SELECT 1 FROM heard WHERE sha256 = ?", (key,)).fetchone() is not None

    def _hear(self, shard: Shard, pool: ThreadPoolExecutor) -> Generator[int, None, None]:
        """Hear a shard to its end, or leave it unheard; gives the rows that are done."""
        key, place = self._hashes[shard.name], 0
        self._rows.execute("BEGIN IMMEDIATE")
        try:
            for rows in row_clips(shard):
                found = self._heard([contents for _, contents in rows], pool)
                for (id, _), what in zip(rows, found, strict=True):
                    self._rows.execute("INSERT INTO clips VALUES (?, ?, ?, ?, ?)", (key, place, id, *what))
                    place += 1
                yield place
            self._rows.execute("INSERT INTO heard VALUES (?)", (key,))
        except BaseException:
            self._sounds.commit()
            self._rows.execute("ROLLBACK")
            raise
        self._sounds.commit()  # first, so that no shard is done whose fingerprints are not on disk
        self._rows.execute("COMMIT")

    def _heard(self, clips: Sequence[bytes | None], pool: ThreadPoolExecutor) -> list[tuple[str | None, str | None]]:
        """Of each clip its key, or None and why it has no fingerprint; those that are new are added."""
        keys = [None if contents is None else hashlib.sha256(contents).hexdigest()[:32] for contents in clips]
        new = {
            key: contents
            for key, contents in zip(keys, clips, strict=True)
            if key is not None and contents is not None and key not in self._sounds
        }
        taken = dict(zip(new, pool.map(_fingerprinted, new.values()), strict=True))
        for key, found in taken.items():
            if not isinstance(found, str):
                self._sounds.add(key, found)
        reasons = {key: found for key, found in taken.items() if isinstance(found, str)}
        return [(None, NO_AUDIO) if key is None else _line(key, reasons.get(key)) for key in keys]

    def matches(self, items: np.ndarray) -> Iterator[tuple[str, float]]:
        """Ids of rows whose clip has nearly the fingerprint `items`, and the similarity: the most similar first.

        Of rows with one clip the first is named.
        """
        for clip, similarity in self._sounds.matches(items, SAME):
            row = self._rows.execute(
                "SELECT id FROM clips JOIN shards USING (sha256) WHERE clip = ? "
                "ORDER BY shards.place, clips.place LIMIT 1",
                (clip,),
            ).fetchone()
            if row is not None:  # else the folder had that clip before and has it no more
                yield row[0], similarity

    def unheard(self) -> tuple[int, str | None]:
        """How many rows have no fingerprint, and of the first of them its id and why; after `hear`."""
        joined = "FROM clips JOIN shards USING (sha256) WHERE clip IS NULL"
        (count,) = self._rows.execute(f"SELECT count(*) {joined}").fetchone()
        first = self._rows.execute(f"SELECT id, reason {joined} ORDER BY shards.place, clips.place LIMIT 1").fetchone()
        return count, None if first is None else f"{first[0]}: {first[1]}"


def _line(key: str, reason: str | None) -> tuple[str | None, str | None]:
    return (key, None) if reason is None else (None, reason)


def _fingerprinted(contents: bytes) -> np.ndarray | str:
    """The fingerprint of a clip, or why it has none."""
    from modeling_audio_reasoner.audio_loading import read_audio

    try:
        return fingerprint(*read_audio({"bytes": contents, "path": "its audio"}))
    except ValueError as error:
        return " ".join(str(error).split())
