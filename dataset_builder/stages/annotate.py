"""Stage `annotate`: a teacher that hears each recording notes down what is in it."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, Field

from ..engine.stage import Outcome, Row, Stage, TaskPlace
from .asking import Asking, told_facts


class Event(BaseModel):
    """A sound that can be told apart; times in seconds from the beginning."""

    label: str
    start: float | None
    end: float | None


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


class Annotate(Stage):
    """Secondary labelling (paper, section on CoTA: the first of its three steps).

    Args:
        asking: the teacher.
    """

    name = "annotate"

    def __init__(self, asking: Asking) -> None:
        self.asking = asking
        self.in_flight = asking.settings.in_flight

    def version(self) -> dict[str, Any]:
        return self.asking.identity()

    async def open(self, place: TaskPlace) -> None:
        await self.asking.open(place)

    async def process(self, row: Row) -> Outcome:
        recording = row["recording"]
        told = {
            "duration": row["measured"]["duration"],
            "domain": recording["domain"],
            "annotations": told_facts(recording["annotations"]),
            "measured": told_facts(row["measured"]),
        }
        labels = await self.asking.ask(row, Labels, told, hears=True)
        return row | {
            "labels": labels.model_dump(exclude_none=True),
            "teachers": row.get("teachers", {}) | {self.name: self.asking.identity()},
        }

    async def close(self) -> None:
        await self.asking.close()
