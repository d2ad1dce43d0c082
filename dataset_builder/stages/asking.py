"""Asking a teacher about rows: its settings, its prompt, its ledger of calls, one call at a time or in batches."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from ..audio_reference import AudioReference
from ..engine.stage import BuildStopped, Row, TaskPlace
from ..prompts import read_prompt
from ..stored_row import clip_flac
from ..teachers.call import Prompt
from ..teachers.faults import Fault, TeacherError, TeacherUnusable
from ..teachers.prices import BudgetExhausted
from ..teachers.settings import TeacherSettings
from .spending import Spending


if TYPE_CHECKING:
    from pydantic import BaseModel

    from ..teachers.batch import BatchRequest
    from ..teachers.teacher import Teacher

NEVER_TOLD = ("recordings", "label")
"""Annotations that are the build's own and say nothing to a teacher."""
UNREACHED = (Fault.CONNECTION, Fault.TIMEOUT)
"""Faults by which a server that is not there, or is stuck, is known."""
LONGEST_FACT = 2_000
CALLS = "calls"
"""The folder of what teachers answered, beside the stages' folders."""


@dataclass(frozen=True)
class Request:
    """A question to a teacher about a row.

    Args:
        asking: the teacher.
        row: whose clip is sent, if the teacher is to hear it.
        form: what the answer has to fit.
        told: the values for the places in the prompt.
        hears: whether the clip is sent.
        turn: tells several answers about one row apart.
    """

    asking: Asking
    row: Row
    form: type[BaseModel]
    told: Mapping[str, Any]
    hears: bool
    turn: int = 0

    @property
    def key(self) -> str:
        """What the ledger knows the call by."""
        return f"{self.row['id']}/{self.turn}"

    def prompt(self) -> Prompt:
        """The words that are sent."""
        system, text = self.asking.prompt.render(**self.told)
        return Prompt(system, text, self.asking.prompt.version)

    def audio(self) -> bytes | None:
        """The clip as it will be stored, whole, or None.

        Raises:
            ValueError: it cannot be decoded.
            OSError: it is not there.
        """
        return heard_bytes(self.row) if self.hears else None


class Asking:
    """One teacher with one prompt, for a stage to ask.

    Args:
        purpose: what the answers are for; the name of the prompt.
        settings: of the teacher.
        prompt: a file of the user's instead of the package's prompt.
        spending: what the build may spend and has spent; None for no limit.
        batch: whether the provider's batch API is used, where the teacher has one.
    """

    def __init__(
        self,
        purpose: str,
        settings: TeacherSettings,
        prompt: Path | None = None,
        spending: Spending | None = None,
        batch: bool = False,
    ) -> None:
        self.purpose, self.settings, self.spending = purpose, settings, spending
        self.batch = batch and settings.batch
        self.prompt = read_prompt(purpose, prompt)
        self._teacher: Teacher | None = None
        self._unreached, self._reached = 0, False

    def identity(self) -> dict[str, Any]:
        """Who answers, and in what words it is asked."""
        return {**self.settings.identity(), "prompt": self.prompt.name, "prompt_version": self.prompt.version}

    def require_key(self) -> None:
        """Look for the key in the environment, before anything is read or measured.

        Raises:
            BuildStopped: it is not there.
        """
        from ..teachers.openai_endpoint import read_key

        try:
            read_key(self.settings)
        except TeacherUnusable as error:
            raise BuildStopped(f"{self.settings.model} ({self.purpose}): {error.sentence}") from None

    def require_server(self) -> None:
        """Knock at a server of this machine, which may not have been started; others are found out by asking.

        Raises:
            BuildStopped: nothing listens there.
        """
        found = urlsplit(self.settings.base_url)
        if found.hostname not in ("localhost", "127.0.0.1", "::1"):
            return
        try:
            socket.create_connection((found.hostname, found.port or 80), timeout=5).close()
        except OSError as error:
            raise BuildStopped(
                f"{self.settings.model} ({self.purpose}): nothing answers at {self.settings.base_url} "
                f"({error.strerror or error}). Start the server or mend `base_url:`."
            ) from None

    def require_share(self, workers: int) -> None:
        """Hold the teacher's limits against the tasks that share them.

        Raises:
            ValueError: there are too many; says how many there may be.
        """
        try:
            self.settings.share(workers, self.batch)
        except ValueError as error:
            raise ValueError(f"The teacher {self.settings.model} ({self.purpose}): {error}") from None

    def require_hearing(self) -> None:
        """Refuse a teacher that does not hear, for a task that is about what is heard.

        Raises:
            ValueError: it does not.
        """
        if not self.settings.hears:
            raise ValueError(
                f"The teacher {self.settings.model} does not hear, which {self.purpose!r} asks of it: choose one that "
                "does, or write `hears: true` if this one does."
            )

    async def open(self, place: TaskPlace) -> None:
        """Connect; the limits are shared by the tasks that run at the same time.

        What was answered is kept beside the stages' folders, so that a stage that starts anew, for other checks or
        another row, pays for no call a second time.
        """
        from ..teachers.call_ledger import CallLedger
        from ..teachers.teacher import Teacher

        calls = place.folder.path.parent / CALLS
        self._place = place
        self._settings = self.settings.share(place.workers, self.batch)
        self._ledger = CallLedger(calls / self.purpose / f"{place.rank:05d}.sqlite", place.shared)
        self._budget = self.spending.budget(calls, self._ledger) if self.spending else None
        try:
            self._teacher = Teacher(self._settings, self._ledger, budget=self._budget)
        except TeacherUnusable as error:
            raise BuildStopped(str(error)) from error

    async def prepare(self, requests: Iterable[Request], forms: Sequence[type[BaseModel]]) -> None:
        """Ask all of them through the batch API, so that `ask` finds the answers; what it does not answer is left.

        Raises:
            BuildStopped: no batch can be run, or the money is spent; batches under way are taken up later.
        """
        from ..teachers.batch import BatchMode

        folder = self._place.folder.path / "batches" / f"{self._place.rank:05d}"
        mode = BatchMode(self._settings, self._ledger, folder, forms, budget=self._budget)
        try:
            await mode.run(_batch_requests(requests))
        except (TeacherError, BudgetExhausted) as error:
            raise BuildStopped(str(error)) from error
        finally:
            await mode.close()

    async def ask(self, request: Request) -> Any:
        """The teacher's answer, of the request's form.

        Raises:
            BuildStopped: the teacher cannot be used at all, the money is spent, or the ledger or the file by which
                slices share the money cannot be read or written.
            TeacherError: this question was not answered.
        """
        from ..teachers.call_ledger import LedgerDamaged

        if self._teacher is None:
            raise RuntimeError(f"The teacher for {self.purpose} was not opened.")
        audio = await asyncio.to_thread(request.audio)
        try:
            given = await self._teacher.ask(request.prompt(), request.form, audio, request.key)
        except (TeacherUnusable, BudgetExhausted, OSError, LedgerDamaged) as error:
            # Files that it reads or writes are those of the money and of the answers, which all rows need.
            raise BuildStopped(str(error)) from error
        except TeacherError as error:
            self._unreached = self._unreached + 1 if error.kind in UNREACHED else 0
            # Not one answer, or nothing for as long as all that is in flight has failed: no row is to blame.
            if self._unreached and (not self._reached or self._unreached >= 2 * self._settings.in_flight):
                raise BuildStopped(
                    f"{self.settings.model} ({self.purpose}) does not answer at {self.settings.base_url}: "
                    f"{error.sentence} Start the server or mend `base_url:`."
                ) from error
            raise
        self._unreached, self._reached = 0, True
        return given.value

    async def close(self) -> None:
        """Close the connections and the ledger."""
        if self._teacher is not None:
            await self._teacher.close()
            if self._budget is not None:
                self._budget.close()
            self._ledger.close()


def _batch_requests(requests: Iterable[Request]) -> Iterator[BatchRequest]:
    """As the batch API takes them; a row whose clip cannot be read is left for `ask` to name."""
    from ..teachers.batch import BatchRequest

    for request in requests:
        try:
            audio = request.audio()
        except (ValueError, OSError):
            continue
        yield BatchRequest(request.prompt(), request.form, audio, request.key)


def heard_bytes(row: Row) -> bytes:
    """A row's clip as teachers hear it, which is as it will be stored: whole, 16 kHz mono FLAC.

    Raises:
        ValueError: the clip cannot be decoded.
        OSError: it is not there.
    """
    return clip_flac(AudioReference.from_json(row["clip"] if "clip" in row else row["recording"]["audio"]))


def told_of_recording(row: Row) -> dict[str, Any]:
    """What a prompt about a recording says of it: its length and domain, its annotations and measured facts."""
    return {
        "duration": row["measured"]["duration"],
        "domain": row["recording"]["domain"],
        "annotations": told_facts(row["recording"]["annotations"]),
        "measured": told_facts(row["measured"]),
    }


def told_facts(facts: Mapping[str, Any]) -> dict[str, Any]:
    """The annotations or measured facts of a recording as a prompt lists them; one that is cut says so."""
    told = {}
    for name, value in facts.items():
        if name in NEVER_TOLD or value is None or value == [] or value == "":
            continue
        listed = isinstance(value, list) and all(isinstance(item, str) for item in value)
        text = "; ".join(value) if listed else str(value)
        if len(text) > LONGEST_FACT:
            text = f"{text[:LONGEST_FACT]} … (cut here: the first {LONGEST_FACT:,} of {len(text):,} characters)"
        told[name.replace("_", " ")] = text
    return told
