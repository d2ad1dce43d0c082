"""One slice of one stage: read its rows, process those that are not done, account for every one of them.

Called by an executor in a process of its own, possibly on another machine, possibly for the second time.
"""

from __future__ import annotations

import asyncio
import json
import math
import time
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

from .row_journal import RowJournal
from .stage import BuildStopped, Left, Outcome, Row, Stage, TaskPlace
from .stage_folder import write_whole


PROGRESS_SECONDS = 0.5


def run_slice(stage: Stage, place: TaskPlace) -> None:
    """Process a slice until it is done; a slice that is done already is left as it is.

    Raises:
        BuildStopped: the stage cannot go on now; what was done is kept.
        ValueError: two rows have one id, or a file of the stage before is damaged.
    """
    if place.folder.account(place.rank) is not None:
        return
    path = place.folder.file("journal", place.rank, "sqlite")
    if stage.ordered:
        path.unlink(missing_ok=True)
    journal = RowJournal(path)
    try:
        rows_in = asyncio.run(_process_all(stage, place, journal))
        _finish(place, journal, rows_in)
    except BaseException:
        journal.close()
        raise
    journal.remove()


async def _process_all(stage: Stage, place: TaskPlace, journal: RowJournal) -> int:
    """Process what the journal lacks; returns how many rows the slice has."""
    done = journal.places()
    progress = _Progress(place, len(done))
    running: set[asyncio.Task[None]] = set()

    async def work(number: int, row: Row) -> None:
        outcomes = await _outcomes(stage, row)
        try:
            journal.record(number, outcomes)
        except (TypeError, ValueError) as error:
            said = f"The stage {stage.name!r} gave what JSON cannot hold: {_sentence(error)}."
            journal.record(number, [Left(_as_text(row), "error", "not_json", said)])
        progress.count()

    count = 0
    await stage.open(place)
    try:
        await stage.prepare(lambda: (row for number, row in enumerate(stage.inputs(place)) if number not in done))
        for number, row in enumerate(_each(stage.inputs(place))):
            count = number + 1
            if number in done:
                continue
            if stage.in_flight == 1:
                await work(number, row)
                continue
            running.add(asyncio.create_task(work(number, row)))
            if len(running) >= stage.in_flight:
                running = await _some_done(running)
        while running:
            running = await _some_done(running)
    finally:
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)
        with suppress(Exception):  # the error that brought us here says more
            await stage.close()
        journal.commit()
    progress.write()
    return count


async def _some_done(running: set[asyncio.Task[None]]) -> set[asyncio.Task[None]]:
    done, waiting = await asyncio.wait(running, return_when=asyncio.FIRST_COMPLETED)
    stopped = [error for task in done if (error := task.exception()) is not None]
    if stopped:
        # Calls in flight are paid for: let them end, so that their rows need not be asked for again.
        await asyncio.gather(*waiting, return_exceptions=True)
        raise stopped[0]
    return waiting


def _each(rows: Iterator[Row]) -> Iterator[Row]:
    for row in rows:
        if not isinstance(row.get("id"), str) or not row["id"]:
            raise ValueError(f"A row has no id: {json.dumps(row, ensure_ascii=False)[:200]}")
        yield row


async def _outcomes(stage: Stage, row: Row) -> list[Outcome]:
    try:
        found = await stage.process(row)
    except (BuildStopped, asyncio.CancelledError, KeyboardInterrupt, MemoryError):
        raise
    except Exception as error:
        return [Left(row, "error", getattr(error, "kind", None) or type(error).__name__, _sentence(error))]
    outcomes = found if isinstance(found, list) else [found]
    if not outcomes:
        return [Left(row, "error", "NoOutcome", f"The stage {stage.name!r} gave nothing for this row.")]
    return outcomes


def _as_text(value: Any) -> Any:
    """What is no JSON, however deep it lies, as the text that Python writes for it; all else as it is."""
    if isinstance(value, dict):
        return {_as_text(str(key)): _as_text(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_as_text(item) for item in value]
    if isinstance(value, str):
        return value.encode("utf-8", "backslashreplace").decode("utf-8")
    if value is None or isinstance(value, (bool, int)) or (type(value) is float and math.isfinite(value)):
        return value
    return _as_text(str(value))


def _sentence(error: Exception) -> str:
    text = " ".join(_as_text(str(error)).split())
    return text[:2_000] if text else type(error).__name__


def _finish(place: TaskPlace, journal: RowJournal, rows_in: int) -> None:
    """Write the slice's files, and its account last."""
    counts = journal.counts()
    if counts["places"] != rows_in:
        raise ValueError(
            f"The stage {place.folder.name!r} knows the fate of {counts['places']} of the {rows_in} rows of slice "
            f"{place.rank}: its input changed meanwhile. Remove {place.folder.path} and build again."
        )
    if twice := journal.repeated_ids():
        raise ValueError(
            f"The stage {place.folder.name!r} gave the id {twice[0]!r} to more than one row of slice {place.rank}: "
            "ids must be unique."
        )
    write_whole(place.folder.file("rows", place.rank, "jsonl"), journal.contents(left=False))
    write_whole(place.folder.file("left", place.rank, "jsonl"), journal.contents(left=True))
    account = {
        "in": rows_in,
        "went_on": counts["went_on"],
        "out": counts.get("row", 0),
        "rejected": counts.get("rejected", 0),
        "error": counts.get("error", 0),
        "checks": journal.checks(),
    }
    write_whole(place.folder.file("accounts", place.rank, "json"), [json.dumps(account) + "\n"])


class _Progress:
    """A small file that says how many rows of the slice are done, written now and then."""

    def __init__(self, place: TaskPlace, done: int) -> None:
        self._path = place.folder.file("progress", place.rank, "json")
        self._done, self._written = done, 0.0

    def count(self) -> None:
        self._done += 1
        if time.monotonic() - self._written > PROGRESS_SECONDS:
            self.write()

    def write(self) -> None:
        self._written = time.monotonic()
        write_whole(self._path, [json.dumps({"done": self._done}) + "\n"])
