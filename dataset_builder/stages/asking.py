"""What the stages that ask a teacher share: its settings, its prompt, the facts it is told, and its connection."""

from __future__ import annotations

import asyncio
import io
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ..audio_reference import AudioReference
from ..engine.stage import BuildStopped, Row, TaskPlace
from ..prompts import read_prompt
from ..schema import SAMPLING_RATE


if TYPE_CHECKING:
    from pydantic import BaseModel

    from ..teachers import Teacher, TeacherSettings

NEVER_TOLD = ("recordings", "label")
"""Annotations that are the build's own and say nothing to a teacher."""
LONGEST_FACT = 2_000


class Asking:
    """One teacher with one prompt, for a stage to ask.

    Args:
        purpose: what the answers are for; the name of the prompt.
        settings: of the teacher.
        prompt: a file of the user's instead of the package's prompt.
        max_cost: what the build may spend in all, None for no limit.
    """

    def __init__(
        self, purpose: str, settings: TeacherSettings, prompt: Path | None = None, max_cost: float | None = None
    ) -> None:
        self.purpose, self.settings, self.max_cost = purpose, settings, max_cost
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
        from ..teachers import open_teacher

        calls = place.folder.path.parent / "calls" / self.purpose
        calls.mkdir(parents=True, exist_ok=True)
        ledger = calls / f"{place.rank:05d}.sqlite"
        self._teacher = open_teacher(self.settings.share(place.workers), ledger, self.max_cost)

    async def ask(self, row: Row, answer: type[BaseModel], hears: bool, turn: int = 0, **values: Any) -> Any:
        """The teacher's answer about a row.

        Args:
            hears: whether the recording is sent.
            turn: tells several answers about one row apart.

        Raises:
            BuildStopped: the teacher cannot be used at all, or the money is spent.
            TeacherError: this question was not answered.
        """
        from ..teachers import BudgetExhausted, Prompt, TeacherUnusable

        if self._teacher is None:
            raise RuntimeError(f"The teacher for {self.purpose} was not opened.")
        system, text = self.prompt.render(**values)
        audio = await asyncio.to_thread(heard_bytes, row, self.settings.audio_format) if hears else None
        try:
            given = await self._teacher.ask(
                Prompt(system, text, self.prompt.version), answer, audio, f"{row['id']}/{turn}"
            )
        except (TeacherUnusable, BudgetExhausted) as error:
            raise BuildStopped(str(error)) from error
        return given.value

    async def close(self) -> None:
        if self._teacher is not None:
            await self._teacher.close()


def heard_bytes(row: Row, audio_format: str) -> bytes:
    """A row's clip as a teacher hears it: 16 kHz, mono, whole, encoded as "wav", "flac" or "mp3".

    Raises:
        ValueError: the clip cannot be decoded.
    """
    import soundfile

    from modeling_audio_reasoner.audio_loading import resample

    reference = AudioReference.from_json(row["clip"] if "clip" in row else row["recording"]["audio"])
    buffer = io.BytesIO()
    waveform = np.clip(resample(*reference.waveform(), SAMPLING_RATE), -1.0, 1.0)
    soundfile.write(buffer, waveform, SAMPLING_RATE, format=audio_format.upper())
    return buffer.getvalue()


def told_facts(facts: Mapping[str, Any]) -> dict[str, Any]:
    """The annotations or measured facts of a recording as a prompt lists them."""
    told = {}
    for name, value in facts.items():
        if name in NEVER_TOLD or value is None or value == [] or value == "":
            continue
        text = str(value)
        told[name.replace("_", " ")] = text if len(text) <= LONGEST_FACT else text[:LONGEST_FACT] + " …"
    return told
