"""What a ledger knows of batches and their requests, and the file of requests that is being written. Sends nothing."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

from .call_ledger import CallLedger
from .usage import Usage


COLUMNS = "number, path, requests, input_tokens, output_tokens, audio_tokens, state, file_id, batch_id"
ENTER = "INSERT INTO batch_requests (hash, batch, key, answer, state) VALUES (?, ?, ?, ?, 'open')"
FAILED = "UPDATE batch_requests SET state = 'failed' WHERE hash = ?"
ANSWERED = "DELETE FROM batch_requests WHERE hash = ?"


@dataclass(frozen=True)
class Batch:
    """A batch that has not ended.

    Args:
        number: 1, 2, ... within the ledger.
        path: the file of its requests; deleted when it is submitted.
        requests: how many it has.
        expected: the tokens that they should take.
        state: written, uploaded, submitting (the provider may have it already), submitted.
        file_id, batch_id: the provider's names, once it has given them.
    """

    number: int
    path: Path
    requests: int
    expected: Usage
    state: str
    file_id: str | None
    batch_id: str | None


@dataclass(frozen=True)
class Entry:
    """One request of a batch: its hash, the caller's key, and the name of the model that its answer must fit."""

    hash: str
    key: str
    answer: str


class BatchRecords:
    """The batches of one model in a ledger."""

    def __init__(self, ledger: CallLedger, model: str):
        self._ledger = ledger
        self._model = model

    def batches(self) -> list[Batch]:
        """Those that have not ended, the oldest first."""
        rows = self._ledger.rows(
            f"SELECT {COLUMNS} FROM batches WHERE state != 'ended' AND model = ? ORDER BY number", (self._model,)
        )
        return [Batch(row[0], Path(row[1]), row[2], Usage(*row[3:6]), *row[6:9]) for row in rows]

    def knows(self, digest: str) -> bool:
        """True if the request is under way in a batch, or failed in one and is left to be asked alone."""
        return bool(self._ledger.rows("SELECT 1 FROM batch_requests WHERE hash = ?", (digest,)))

    def open_entry(self, batch: Batch, digest: Any) -> Entry | None:
        """The request with this hash, if it is in this batch and its result has not been taken yet."""
        found = self._ledger.rows(
            "SELECT hash, key, answer FROM batch_requests WHERE hash = ? AND batch = ? AND state = 'open'",
            (digest, batch.number),
        )
        return Entry(*found[0]) if found else None

    def open_count(self, batch: Batch) -> int:
        """How many requests of the batch have no result."""
        query = "SELECT count(*) FROM batch_requests WHERE batch = ? AND state = 'open'"
        return int(self._ledger.rows(query, (batch.number,))[0][0])

    def enter(self, writer: RequestFile, folder: Path) -> Batch:
        """Make a batch of the requests that are written; it is in the ledger with all of them, or not at all."""
        number = int(self._ledger.rows("SELECT coalesce(max(number), 0) + 1 FROM batches")[0][0])
        path = folder / f"batch-{number:05d}.jsonl"
        entries, expected = writer.finish(path)
        tokens = (expected.input_tokens, expected.output_tokens, expected.audio_tokens)
        values = (number, self._model, str(path), len(entries), *tokens)
        self._ledger.run(
            [("INSERT INTO batches VALUES (?, ?, ?, ?, ?, ?, ?, 'written', NULL, NULL)", values)]
            + [(ENTER, (entry.hash, number, entry.key, entry.answer)) for entry in entries]
        )
        return Batch(number, path, len(entries), expected, "written", None, None)

    def change(self, batch: Batch, **columns: str) -> Batch:
        """Commit a new state or the provider's names, and return the batch with them."""
        names = ", ".join(f"{name} = ?" for name in columns)
        self._ledger.run([(f"UPDATE batches SET {names} WHERE number = ?", (*columns.values(), batch.number))])
        return next(found for found in self.batches() if found.number == batch.number)

    def end(self, batch: Batch) -> None:
        """Close the batch and delete its file; requests without a result may go into another batch."""
        self._ledger.run(
            [
                ("DELETE FROM batch_requests WHERE batch = ? AND state = 'open'", (batch.number,)),
                ("UPDATE batches SET state = 'ended' WHERE number = ?", (batch.number,)),
            ]
        )
        batch.path.unlink(missing_ok=True)


class RequestFile:
    """A file of requests that grows up to a batch's limits, and then gets its name and is begun anew.

    Args:
        path: of the file while it grows.
        most_requests, most_bytes: limits.
    """

    def __init__(self, path: Path, most_requests: int, most_bytes: int):
        self._path = path
        self._most_requests, self._most_bytes = most_requests, most_bytes
        self._stream: BinaryIO | None = None
        self._begin()

    def _begin(self) -> None:
        self.entries: dict[str, Entry] = {}
        self._expected, self._size = Usage(), 0

    def fits(self, line: bytes) -> bool:
        """False if the line would pass a limit; the first line of a file always fits."""
        fits = len(self.entries) < self._most_requests and self._size + len(line) <= self._most_bytes
        return fits or not self.entries

    def add(self, line: bytes, entry: Entry, expected: Usage) -> None:
        """Write a line."""
        if self._stream is None:
            self._stream = self._path.open("wb")
        self._stream.write(line)
        self._size += len(line)
        self._expected += expected
        self.entries[entry.hash] = entry

    def finish(self, path: Path) -> tuple[list[Entry], Usage]:
        """Give the file its name, and return its entries and expected tokens."""
        found = list(self.entries.values()), self._expected
        self.close()
        self._path.replace(path)
        self._begin()
        return found

    def close(self) -> None:
        """Close the file."""
        if self._stream is not None:
            self._stream.close()
            self._stream = None
