"""Whether a stage lost a row: what went in against what came out, counted again from the files."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from .stage_folder import StageFolder


SHOWN = 5


@dataclass
class StageCounts:
    """The counts of a stage over its slices.

    rows_in: rows that came in.
    went_on: of them, rows of which at least one row goes on.
    out: rows that go on.
    rejected, error: rows that were left, also those beside others of the same row that go on.
    checks: what was left, by check or kind of error.
    slices, done: how many there are and how many have an account.
    """

    rows_in: int = 0
    went_on: int = 0
    out: int = 0
    rejected: int = 0
    error: int = 0
    slices: int = 0
    done: int = 0
    checks: Counter[str] = field(default_factory=Counter)


def count_stage(folder: StageFolder, tasks: int) -> StageCounts:
    """The counts of the slices that are done."""
    counts = StageCounts(slices=tasks)
    for rank in range(tasks):
        if (account := folder.account(rank)) is None:
            continue
        counts.done += 1
        counts.rows_in += account["in"]
        counts.went_on += account["went_on"]
        counts.out += account["out"]
        counts.rejected += account["rejected"]
        counts.error += account["error"]
        counts.checks.update(account["checks"])
    return counts


def rows_done(folder: StageFolder, tasks: int) -> int:
    """The rows that are done, also of slices that are not; a little behind, where tasks are at work."""
    done = 0
    for rank in range(tasks):
        try:
            text = (folder.path / "progress" / f"{rank:05d}.json").read_text(encoding="utf-8")
        except FileNotFoundError:
            continue
        done += int("".join(character for character in text if character.isdigit()) or 0)
    return done


def reconcile(folder: StageFolder, tasks: int, previous: StageFolder | None, previous_tasks: int = 0) -> StageCounts:
    """Hold the account of a stage against its files and against the stage before.

    Args:
        previous: the stage before where this one reads its rows one for one, else None.

    Returns:
        The counts, which agree.

    Raises:
        ValueError: a slice is not done, a file lacks lines, or a row that came in has no fate; names the ids.
    """
    for rank in range(tasks):
        account = folder.account(rank)
        if account is None:
            raise ValueError(f"The stage {folder.name!r} has not finished its slice {rank}: run the build again.")
        found = {"out": folder.lines("rows", rank), "rejected and error": folder.lines("left", rank)}
        noted = {"out": account["out"], "rejected and error": account["rejected"] + account["error"]}
        if found != noted:
            raise ValueError(
                f"The stage {folder.name!r} lost rows of its slice {rank}: its account says {noted}, its files hold "
                f"{found}. Remove {folder.path} and build again."
            )
    counts = count_stage(folder, tasks)
    if previous is not None:
        before = count_stage(previous, previous_tasks)
        if before.out != counts.rows_in:
            raise ValueError(
                f"The stage {folder.name!r} read {counts.rows_in} rows of the {before.out} that {previous.name!r} "
                f"gave; missing: {_some(_missing(folder, tasks, previous, previous_tasks))}. Remove {folder.path} and "
                "build again."
            )
    return counts


def _missing(folder: StageFolder, tasks: int, previous: StageFolder, previous_tasks: int) -> list[str]:
    given = {row["id"] for rank in range(previous_tasks) for row in previous.rows(rank)}
    for rank in range(tasks):
        for row in folder.rows(rank):
            given -= {row["id"], row.get("parent")}
        for line in folder.left(rank):
            given -= {line["id"], line["row"].get("parent")}
    return sorted(given)


def _some(names: Sequence[str]) -> str:
    more = f" and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
    return ", ".join(names[:SHOWN]) + more if names else "none by name (a row was read twice)"
