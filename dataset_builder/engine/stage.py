"""What a stage of a build is: rows in; rows out, or rows left behind with a reason.

A row is a dictionary that JSON can hold, with an `id`. A stage must be deterministic: the same row and the same
`version` give the same outcome, whatever was processed before or beside it.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import chain
from typing import TYPE_CHECKING, Any, ClassVar, Literal


if TYPE_CHECKING:
    from .stage_folder import StageFolder


Row = dict[str, Any]


class BuildStopped(Exception):
    """The build has to stop here and can go on later; its text says why and what to do. No row is to blame."""


@dataclass(frozen=True)
class Left:
    """A row that goes no further.

    Args:
        row: as it came, with what the stage added to it.
        fate: `"rejected"` where a check failed, `"error"` where something did not work.
        check: the name of the check or the kind of the error, by which they are counted.
        reason: one sentence that says what was found.
    """

    row: Row
    fate: Literal["rejected", "error"]
    check: str
    reason: str

    def to_json(self) -> dict[str, Any]:
        return {
            "id": self.row["id"],
            "fate": self.fate,
            "check": self.check,
            "reason": self.reason,
            "row": self.row,
        }


Outcome = Row | Left


@dataclass(frozen=True)
class TaskPlace:
    """Which slice of a stage is processed, and where.

    Args:
        folder: the stage's own.
        rank, tasks: the slice, and how many there are.
        previous: the folder of the stage before, None for the first.
        previous_tasks: how many slices that one has.
        workers: tasks that run at the same time, for limits that they share.
        shared: whether tasks may run on several machines, which share the folder.
    """

    folder: StageFolder
    rank: int = 0
    tasks: int = 1
    previous: StageFolder | None = None
    previous_tasks: int = 1
    workers: int = 1
    shared: bool = False


class Stage(ABC):
    """One step of a build.

    Class attributes:
        name: of the stage and its folder.
        once: one task sees all rows, instead of a task a slice.
        ordered: an outcome depends on the rows before, so a slice that was killed starts again.
    """

    name: ClassVar[str]
    once: ClassVar[bool] = False
    ordered: ClassVar[bool] = False
    in_flight: int = 1
    """Rows of one task that are processed at the same time."""
    imports: tuple[str, ...] = ()
    """Modules that a task imports when it needs them, and that may be there before it is forked: no threads."""

    @property
    def reads_rows(self) -> bool:
        """Whether its rows are those that the stage before wrote, one for one."""
        return type(self).inputs is Stage.inputs

    @abstractmethod
    def version(self) -> dict[str, Any]:
        """Everything that the outcome depends on beside the row: settings, prompts, versions."""

    def inputs(self, place: TaskPlace) -> Iterator[Row]:
        """The rows of this task, by default its share of those that the stage before wrote."""
        if place.previous is None:
            raise ValueError(f"The stage {self.name!r} is the first and has no rows to read.")
        if place.tasks == place.previous_tasks:
            return place.previous.rows(place.rank)
        if place.previous_tasks == 1:  # dealt out like cards
            return place.previous.rows(0, every=place.tasks, first=place.rank)
        if place.tasks == 1:
            return chain.from_iterable(place.previous.rows(rank) for rank in range(place.previous_tasks))
        raise ValueError(f"{place.previous_tasks} slices cannot be dealt out to {place.tasks}.")

    async def open(self, place: TaskPlace) -> None:  # noqa: B027
        """Called once in a task before its first row."""

    async def prepare(self, rows: Callable[[], Iterable[Row]]) -> None:  # noqa: B027
        """Called once in a task after `open`, with a function that gives the rows that are not done.

        For what is quicker or cheaper for many rows together; it changes no outcome.
        """

    @abstractmethod
    async def process(self, row: Row) -> Outcome | list[Outcome]:
        """The outcome of a row: the row with what was found, one that is left, or several of either.

        Any exception but [`BuildStopped`] leaves the row behind as an error with the exception's text.
        """

    async def close(self) -> None:  # noqa: B027
        """Called once in a task after its last row, also where it failed."""
