"""Stage `annotate`: a teacher that hears each recording notes down what is in it."""

from __future__ import annotations

from pydantic import BaseModel, Field, FiniteFloat

from ..engine.stage import Outcome, Row
from .asking import Asking, Request, told_of_recording
from .taught_stage import TaughtByOne


class Event(BaseModel):
    """A sound that can be told apart; times in seconds from the beginning."""

    label: str
    start: FiniteFloat | None
    end: FiniteFloat | None


class Speech(BaseModel):
    """What is said and by whom, as far as it is heard."""

    language: str | None
    transcript: str | None
    voices: int | None
    emotion: str | None
    manner: str | None


class Music(BaseModel):
    """What is played."""

    genre: str | None
    instruments: list[str]
    tempo: str | None
    key: str | None
    mood: str | None
    structure: str | None
    vocals: bool | None


class Labels(BaseModel):
    """What a teacher noted down about a recording."""

    description: str = Field(min_length=1)
    events: list[Event]
    speech: Speech | None
    music: Music | None
    setting: str | None
    uncertain: list[str]


class Annotate(TaughtByOne):
    """Secondary labelling (paper, section on CoTA: the first of its three steps).

    Args:
        asking: the teacher.

    Raises:
        ValueError: the teacher does not hear.
    """

    name = "annotate"

    def __init__(self, asking: Asking) -> None:
        asking.require_hearing()
        super().__init__(asking)

    def forms(self) -> list[type[BaseModel]]:
        return [Labels]

    def requests(self, row: Row, asking: Asking) -> list[Request]:
        return [Request(asking, row, Labels, told_of_recording(row), hears=True)]

    async def process(self, row: Row) -> Outcome:
        labels = await self.answer(row)
        return row | {"labels": labels.model_dump(exclude_none=True), "teachers": self.taught(row)}
