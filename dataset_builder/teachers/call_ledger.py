"""The finished calls of one task, in an SQLite file, so that a run that is killed repeats only calls in flight.

An answer is committed before `Teacher.ask` returns it, so the end of the process, however it comes, loses none. How,
depends on where the file lies. On a local disk there is a write-ahead log with `synchronous=NORMAL`: a loss of power
may take the last calls, never the file. That log needs memory which machines do not share, so a file that other
machines read (`shared`) has a rollback journal instead, and SQLite's locks are the file system's; it is not waited
until the disk has written, which would take some 10 ms a call, so a loss of power may damage the file, which is found
when it is opened. Knows nothing of endpoints.
"""

from __future__ import annotations

import sqlite3
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

from .usage import Usage


APPLICATION = 0x436F5441  # "CoTA" in the file's header
VERSION = 1
TABLES = (
    """CREATE TABLE calls (hash TEXT PRIMARY KEY, key TEXT NOT NULL, model TEXT NOT NULL, answer TEXT NOT NULL,
       input_tokens INTEGER NOT NULL, output_tokens INTEGER NOT NULL, audio_tokens INTEGER NOT NULL,
       estimated INTEGER NOT NULL, batch INTEGER NOT NULL, finished REAL NOT NULL) WITHOUT ROWID""",
    """CREATE TABLE faults (model TEXT NOT NULL, kind TEXT NOT NULL, batch INTEGER NOT NULL, count INTEGER NOT NULL,
       input_tokens INTEGER NOT NULL, output_tokens INTEGER NOT NULL, audio_tokens INTEGER NOT NULL,
       estimated INTEGER NOT NULL, PRIMARY KEY (model, kind, batch)) WITHOUT ROWID""",
    """CREATE TABLE batches (number INTEGER PRIMARY KEY, model TEXT NOT NULL, path TEXT NOT NULL,
       requests INTEGER NOT NULL, input_tokens INTEGER NOT NULL, output_tokens INTEGER NOT NULL,
       audio_tokens INTEGER NOT NULL, state TEXT NOT NULL, file_id TEXT, batch_id TEXT)""",
    """CREATE TABLE batch_requests (hash TEXT PRIMARY KEY, batch INTEGER NOT NULL, key TEXT NOT NULL,
       answer TEXT NOT NULL, state TEXT NOT NULL) WITHOUT ROWID""",
    "CREATE INDEX requests_of_batch ON batch_requests (batch)",
)
ADD_TOKENS = """input_tokens = input_tokens + excluded.input_tokens,
    output_tokens = output_tokens + excluded.output_tokens, audio_tokens = audio_tokens + excluded.audio_tokens,
    estimated = max(estimated, excluded.estimated)"""
KEEP = f"""INSERT INTO calls VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
    ON CONFLICT DO UPDATE SET answer = excluded.answer, finished = excluded.finished, {ADD_TOKENS}"""
COUNT_FAULT = f"""INSERT INTO faults VALUES (?, ?, ?, 1, ?, ?, ?, ?)
    ON CONFLICT DO UPDATE SET count = count + 1, {ADD_TOKENS}"""
Statement = tuple[str, tuple]
Result = TypeVar("Result")


class LedgerDamaged(ValueError):
    """The file is there and is not a whole ledger. It is not replaced: it may hold answers that were paid for."""


@dataclass(frozen=True)
class Kept:
    """A finished call.

    Args:
        answer: the validated answer, as JSON.
        usage: tokens of the attempt that gave it.
    """

    answer: str
    usage: Usage


@dataclass
class ModelTotal:
    """What was asked of one model.

    Args:
        calls: finished.
        faults: failed attempts, by kind.
        usage: tokens of calls that were made one by one, failed attempts among them.
        batch_usage: tokens of calls through the batch API.
    """

    calls: int = 0
    faults: dict[str, int] = field(default_factory=dict)
    usage: Usage = Usage()
    batch_usage: Usage = Usage()


class CallLedger:
    """The ledger in the file `path`, which is made if it is missing. One process at a time writes to it.

    Args:
        shared: whether other machines read it too.
        reading: whether to leave everything as it is, for totals of a ledger that another process may be writing.

    Raises:
        LedgerDamaged: the file is not a ledger, or not a whole one.
        OSError: its folder cannot be made or written.
    """

    def __init__(self, path: str | Path, shared: bool = False, reading: bool = False):
        self.path, self._shared = Path(path), shared
        if not reading:
            self.path.parent.mkdir(parents=True, exist_ok=True)
        self._lock = threading.Lock()
        try:
            # Transactions are begun below, so that one never stays open by accident.
            address = f"{self.path.absolute().as_uri()}?mode={'rw' if reading else 'rwc'}"
            self._file = sqlite3.connect(address, uri=True, timeout=30, isolation_level=None, check_same_thread=False)
        except sqlite3.OperationalError as error:
            raise OSError(f"{self.path} cannot be opened ({error}); can its folder be written?") from None
        try:
            self._guarded(self._open_to_read if reading else self._open)
        except BaseException:
            self._file.close()
            raise

    def _open(self) -> None:
        run = self._file.execute
        problem = run("PRAGMA quick_check(1)").fetchone()[0]
        if problem != "ok":
            raise self._damaged(problem)
        application = run("PRAGMA application_id").fetchone()[0]
        tables = {name for (name,) in run("SELECT name FROM sqlite_master WHERE type = 'table'")}
        if not application and not tables:  # a new file, or one whose making was interrupted: nothing is in it
            self._set_journal()
            run("BEGIN IMMEDIATE")
            for table in TABLES:
                run(table)
            run(f"PRAGMA application_id = {APPLICATION}")
            run(f"PRAGMA user_version = {VERSION}")
            run("COMMIT")
        elif application != APPLICATION or not {"calls", "faults", "batches", "batch_requests"} <= tables:
            raise self._damaged("it is an SQLite file of something else, or lacks tables")
        version = run("PRAGMA user_version").fetchone()[0]
        if version != VERSION:
            raise self._damaged(f"it has version {version} and this program writes version {VERSION}")
        self._set_journal()

    def _set_journal(self) -> None:
        wanted = "truncate" if self._shared else "wal"
        if self._file.execute("PRAGMA journal_mode").fetchone()[0] != wanted:
            self._change_journal(wanted)
        self._file.execute(f"PRAGMA synchronous={'OFF' if self._shared else 'NORMAL'}")

    def _change_journal(self, wanted: str) -> None:
        # SQLite does not wait here, as it does elsewhere, until another process has read its totals.
        for _ in range(100):
            with suppress(sqlite3.OperationalError):
                if self._file.execute(f"PRAGMA journal_mode={wanted}").fetchone()[0] == wanted:
                    return
            time.sleep(0.1)
        raise sqlite3.OperationalError("another process holds it")

    def _open_to_read(self) -> None:
        self._file.execute("PRAGMA query_only=ON")

    def find(self, digest: str) -> Kept | None:
        """The finished call with this hash, or None."""
        row = self._guarded(
            lambda: self._file.execute(
                "SELECT answer, input_tokens, output_tokens, audio_tokens, estimated FROM calls WHERE hash = ?",
                (digest,),
            ).fetchone()
        )
        return None if row is None else Kept(row[0], Usage(row[1], row[2], row[3], bool(row[4])))

    def keep(
        self,
        digest: str,
        key: str,
        model: str,
        answer: str,
        usage: Usage,
        batch: bool = False,
        also: Sequence[Statement] = (),
    ) -> None:
        """Commit a finished call. If it is there already, the answer is replaced and the tokens are added.

        Args:
            also: committed with it, or not at all.
        """
        values = (digest, key, model, answer, *_numbers(usage), int(batch), time.time())
        self.run([(KEEP, values), *also])

    def count_fault(
        self,
        model: str,
        kind: str,
        usage: Usage | None = None,
        batch: bool = False,
        also: Sequence[Statement] = (),
    ) -> None:
        """Count a failed attempt, with the tokens that it took all the same."""
        self.run([(COUNT_FAULT, (model, kind, int(batch), *_numbers(usage or Usage()))), *also])

    def usage_total(self) -> dict[str, ModelTotal]:
        """Calls, faults and tokens by model, over all runs."""
        sums = "sum(input_tokens), sum(output_tokens), sum(audio_tokens), max(estimated)"

        def read() -> tuple[list, list]:
            run = self._file.execute
            if run("SELECT count(*) FROM sqlite_master WHERE name IN ('calls', 'faults')").fetchone()[0] < 2:
                return [], []  # its task has only just made it
            calls = run(f"SELECT model, batch, count(*), {sums} FROM calls GROUP BY model, batch").fetchall()
            faults = run(f"SELECT model, batch, kind, sum(count), {sums} FROM faults GROUP BY 1, 2, 3").fetchall()
            return calls, faults

        totals: dict[str, ModelTotal] = {}
        calls, faults = self._guarded(read)
        for model, batch, count, *numbers in calls:
            total = totals.setdefault(model, ModelTotal())
            total.calls += count
            _add(total, bool(batch), numbers)
        for model, batch, kind, count, *numbers in faults:
            total = totals.setdefault(model, ModelTotal())
            total.faults[kind] = total.faults.get(kind, 0) + count
            _add(total, bool(batch), numbers)
        return totals

    def under_way(self) -> dict[str, Usage]:
        """The tokens that are expected of batches which the provider has or may have, by model."""
        query = (
            "SELECT model, sum(input_tokens), sum(output_tokens), sum(audio_tokens) FROM batches "
            "WHERE state IN ('submitting', 'submitted') GROUP BY model"
        )

        def read() -> list:
            made = self._file.execute("SELECT 1 FROM sqlite_master WHERE name = 'batches'").fetchone()
            return self._file.execute(query).fetchall() if made else []

        return {row[0]: Usage(row[1], row[2], row[3], True) for row in self._guarded(read)}

    def run(self, statements: Sequence[Statement]) -> None:
        """Run and commit statements, all or none of them."""

        def run() -> None:
            if len(statements) == 1:  # commits by itself
                self._file.execute(*statements[0])
                return
            self._file.execute("BEGIN IMMEDIATE")
            try:
                for statement, values in statements:
                    self._file.execute(statement, values)
            except BaseException:
                self._file.execute("ROLLBACK")
                raise
            self._file.execute("COMMIT")

        self._guarded(run)

    def rows(self, query: str, values: tuple = ()) -> list[tuple]:
        """The rows of a query."""
        return self._guarded(lambda: self._file.execute(query, values).fetchall())

    def close(self) -> None:
        """Write the log into the file and close it."""
        with self._lock:
            self._file.close()

    def __enter__(self) -> CallLedger:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def _guarded(self, work: Callable[[], Result]) -> Result:
        with self._lock:
            try:
                return work()
            except sqlite3.OperationalError as error:
                raise OSError(f"{self.path} cannot be read or written ({error}).") from None
            except sqlite3.DatabaseError as error:
                raise self._damaged(str(error)) from None

    def _damaged(self, reason: str) -> LedgerDamaged:
        return LedgerDamaged(
            f"{self.path} is not a whole ledger of calls ({reason}). It may hold answers that were paid for, so it is "
            f"left as it is: restore it from a copy, try `sqlite3 {self.path.name} .recover`, or move it away, and "
            "its calls are asked again."
        )


def _numbers(usage: Usage) -> tuple[int, int, int, int]:
    return usage.input_tokens, usage.output_tokens, usage.audio_tokens, int(usage.estimated)


def _add(total: ModelTotal, batch: bool, numbers: list) -> None:
    read, written, audio, estimated = numbers
    usage = Usage(read, written, audio, bool(estimated))
    if batch:
        total.batch_usage += usage
    else:
        total.usage += usage
