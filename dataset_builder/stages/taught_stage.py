"""A stage that asks teachers: opens them, sends its rows ahead in batches where that is wanted, closes them."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any

from ..engine.stage import Row, Stage, TaskPlace
from .asking import Asking, Request


if TYPE_CHECKING:
    from pydantic import BaseModel


ROWS_PER_CALL = 2
"""Rows under way for each call in flight, so that a clip is read and a prompt made while others are answered."""


class TaughtStage(Stage):
    """A stage with one teacher or several."""

    imports = ("aiohttp", "jinja2.sandbox", "openai.resources.chat.completions", "soundfile", "soxr")

    @abstractmethod
    def askings(self) -> list[Asking]:
        """Its teachers, in the order in which they are asked about a row."""

    @abstractmethod
    def requests(self, row: Row, asking: Asking) -> list[Request]:
        """What one of its teachers is asked about a row; none where the row does not get that far."""

    @abstractmethod
    def forms(self) -> Sequence[type[BaseModel]]:
        """What answers may have to fit."""

    async def open(self, place: TaskPlace) -> None:
        for asking in self.askings():
            await asking.open(place)

    async def prepare(self, rows: Callable[[], Iterable[Row]]) -> None:
        for asking in self.askings():
            if asking.batch:
                wanted = (request for row in rows() for request in self.requests(row, asking))
                await asking.prepare(wanted, self.forms())

    async def close(self) -> None:
        for asking in self.askings():
            await asking.close()


class TaughtByOne(TaughtStage):
    """A stage with one teacher, which is asked once about each row.

    Args:
        asking: the teacher.
    """

    def __init__(self, asking: Asking) -> None:
        self.asking = asking
        self.in_flight = most_in_flight([asking])

    def version(self) -> dict[str, Any]:
        return self.asking.identity()

    def askings(self) -> list[Asking]:
        return [self.asking]

    async def answer(self, row: Row) -> Any:
        """What the teacher says of a row."""
        return await self.asking.ask(self.requests(row, self.asking)[0])

    def taught(self, row: Row) -> dict[str, Any]:
        """The teachers of a row, with this one."""
        return row.get("teachers", {}) | {self.name: self.asking.identity()}


def most_in_flight(askings: Sequence[Asking]) -> int:
    """Rows that a stage may process at the same time."""
    return ROWS_PER_CALL * max((asking.settings.in_flight for asking in askings), default=1)
