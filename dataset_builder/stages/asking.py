"""What the stages that ask a teacher share: its settings, its prompt, the facts it is told, and its connection."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..audio_reference import AudioReference
from ..engine.stage import BuildStopped, Row, TaskPlace
from ..prompts import read_prompt
from ..stored_row import clip_flac
from ..teachers.settings import TeacherSettings
from .spending import Spending


if TYPE_CHECKING:
    from pydantic import BaseModel

    from ..teachers.teacher import Teacher

NEVER_TOLD = ("recordings", "label")
"""Annotations that are the build's own and say nothing to a teacher."""
LONGEST_FACT = 2_000
CALLS = "calls"
"""The folder of what teachers answered, beside the stages' folders."""


class Asking:
    """One teacher with one prompt, for a stage to ask.

    Args:
        purpose: what the answers are for; the name of the prompt.
        settings: of the teacher.
        prompt: a file of the user's instead of the package's prompt.
        spending: what the build may spend and has spent; None for no limit.
    """

    def __init__(
        self, purpose: str, settings: TeacherSettings, prompt: Path | None = None, spending: Spending | None = None
    ) -> None:
        self.purpose, self.settings, self.spending = purpose, settings, spending
        self.prompt = read_prompt(purpose, prompt)
        self._teacher: Teacher | None = None

    def identity(self) -> dict[str, Any]:
        """Who answers, and in what words it is asked."""
        return {**self.settings.identity(), "prompt": self.prompt.name, "prompt_version": self.prompt.version}

    async def open(self, place: TaskPlace) -> None:
        """Connect; the limits are shared by the tasks that run at the same time.

        What was answered is kept beside the stages' folders, so that a stage that starts anew, for other checks or
        another row, pays for no call a second time.
        """
        from ..teachers.call_ledger import CallLedger
        from ..teachers.teacher import Teacher

        calls = place.folder.path.parent / CALLS
        self._ledger = CallLedger(calls / self.purpose / f"{place.rank:05d}.sqlite")
        budget = self.spending.budget(calls, place.workers) if self.spending else None
        self._teacher = Teacher(self.settings.share(place.workers), self._ledger, budget=budget)

    async def ask(self, row: Row, form: type[BaseModel], told: Mapping[str, Any], hears: bool, turn: int = 0) -> Any:
        """The teacher's answer about a row.

        Args:
            form: what the answer has to fit.
            told: the values for the places in the prompt.
            hears: whether the recording is sent.
            turn: tells several answers about one row apart.

        Raises:
            BuildStopped: the teacher cannot be used at all, or the money is spent.
            TeacherError: this question was not answered.
        """
        from ..teachers.call import Prompt
        from ..teachers.faults import TeacherUnusable
        from ..teachers.prices import BudgetExhausted

        if self._teacher is None:
            raise RuntimeError(f"The teacher for {self.purpose} was not opened.")
        system, text = self.prompt.render(**told)
        audio = await asyncio.to_thread(heard_bytes, row) if hears else None
        try:
            given = await self._teacher.ask(
                Prompt(system, text, self.prompt.version), form, audio, f"{row['id']}/{turn}"
            )
        except (TeacherUnusable, BudgetExhausted) as error:
            raise BuildStopped(str(error)) from error
        return given.value

    async def close(self) -> None:
        if self._teacher is not None:
            await self._teacher.close()
            self._ledger.close()


def heard_bytes(row: Row) -> bytes:
    """A row's clip as teachers hear it, which is as it will be stored: whole, 16 kHz mono FLAC.

    Raises:
        ValueError: the clip cannot be decoded.
        OSError: it is not there.
    """
    return clip_flac(AudioReference.from_json(row["clip"] if "clip" in row else row["recording"]["audio"]))


def told_facts(facts: Mapping[str, Any]) -> dict[str, Any]:
    """The annotations or measured facts of a recording as a prompt lists them."""
    told = {}
    for name, value in facts.items():
        if name in NEVER_TOLD or value is None or value == [] or value == "":
            continue
        text = str(value)
        told[name.replace("_", " ")] = text if len(text) <= LONGEST_FACT else text[:LONGEST_FACT] + " …"
    return told
