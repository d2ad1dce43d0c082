"""Stage `reason`: the structured chain of thought, section by section, and the response."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel

from modeling_audio_reasoner import SECTIONS

from ..engine.stage import Left, Outcome, Row, Stage
from ..teacher_annotations import TEACHER
from ..teacher_annotations import reason as reason_by_template
from .asking import Asking, Request, told_facts
from .taught_stage import TaughtByOne


class Sections(BaseModel):
    """The answer, section by section; rendered by the one grammar of `modeling_audio_reasoner`."""

    planning: str
    caption: str
    reasoning: str
    summary: str
    response: str


class Reason(TaughtByOne):
    """Chains of thought by a teacher (paper, section on CoTA: the third of its three steps).

    Args:
        asking: the teacher; it hears the recording if its settings say that it can.
    """

    name = "reason"

    def forms(self) -> list[type[BaseModel]]:
        return [Sections]

    def requests(self, row: Row, asking: Asking) -> list[Request]:
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
        return [Request(asking, row, Sections, told, hears=asking.settings.hears)]

    async def process(self, row: Row) -> Outcome:
        sections = await self.answer(row)
        return with_sections(row, sections.model_dump(), self.asking.identity())


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
