"""Stage `reason`: the structured chain of thought, section by section, and the response."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel

from modeling_audio_reasoner import SECTIONS

from ..engine.stage import Left, Outcome, Row, Stage, TaskPlace
from ..teacher_annotations import TEACHER
from ..teacher_annotations import reason as reason_by_template
from .asking import Asking, told_facts


class Sections(BaseModel):
    """The answer, section by section; rendered by the one grammar of `modeling_audio_reasoner`."""

    planning: str
    caption: str
    reasoning: str
    summary: str
    response: str


class Reason(Stage):
    """Chains of thought by a teacher (paper, section on CoTA: the third of its three steps).

    Args:
        asking: the teacher; it hears the recording if its settings say that it can.
    """

    name = "reason"

    def __init__(self, asking: Asking) -> None:
        self.asking = asking
        self.in_flight = asking.settings.in_flight

    def version(self) -> dict[str, Any]:
        return self.asking.identity()

    async def open(self, place: TaskPlace) -> None:
        await self.asking.open(place)

    async def process(self, row: Row) -> Outcome:
        told = {
            "duration": row["duration"],
            "question": row["question"],
            "choices": row["choices"],
            "answer": row["answer"],
            "evidence": row.get("evidence"),
            "annotations": told_facts(row["annotations"]),
            "labels": row.get("labels"),
            "measured": told_facts(row["measured"]),
        }
        sections = await self.asking.ask(row, Sections, told, hears=self.asking.settings.hears)
        return with_sections(row, sections.model_dump(), self.asking.identity())

    async def close(self) -> None:
        await self.asking.close()


class ReasonByTemplate(Stage):
    """Chains of thought by the teacher `annotations`: templates in code, no model."""

    name = "reason"

    def version(self) -> dict[str, Any]:
        return TEACHER

    async def process(self, row: Row) -> Outcome:
        written = reason_by_template(row["task"], row["question"], row["choices"], row["answer"])
        return with_sections(row, {name: getattr(written, name) for name in SECTIONS}, TEACHER)


def with_sections(row: Row, sections: dict[str, str], teacher: dict[str, Any]) -> Outcome:
    """The row with its sections, each without space around it."""
    found = row | {name: sections[name].strip() for name in SECTIONS}
    found["teachers"] = row.get("teachers", {}) | {"reason": teacher}
    if empty := [name for name in SECTIONS if not found[name]]:
        return Left(found, "rejected", "structure", f"The teacher left {empty[0]!r} empty.")
    return found
