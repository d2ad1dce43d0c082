"""Stage `review`: every row is held to named checks; a row that fails one is left behind with what was found."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

from pydantic import BaseModel

from ..checks.check import CHECKS, PASS, Check, run_checks
from ..checks.hearing import OPEN_CHANCE, answers_needed, blind_agrees, chance, needs_audio
from ..checks.language import check_language
from ..checks.length import DEFAULT_LIMITS, LengthLimits, check_length
from ..engine.stage import Left, Outcome, Row
from ..option_kinds import check_kinds
from .asking import Asking, Request
from .question import shuffled
from .taught_stage import TaughtStage, most_in_flight


CHECKING = "2"
"""Raised where the verdict of a check on the same row changes."""


class Answer(BaseModel):
    """What a second teacher answers."""

    answer: str


class Review(TaughtStage):
    """Checks of the text and, with teachers, of what can be heard.

    Args:
        checks: names from `CHECKS`; None for all of them.
        limits: other limits, by check: `length: {total: 900, by_section: {caption: [3, 200]}}` in words, and
            `language: {wanted: de}`.
        blind: a second teacher that hears the recording and is not told the answer; its answers must agree.
        text_only: a teacher that hears nothing; where it is right too often, the row does not need its recording.
        answers: how often each of the two is asked about a row.
        drop_without_audio: whether to leave behind rows that do not need their recording, instead of marking them.
        seed: of the order of the choices, which is another one each time.

    Raises:
        ValueError: an unknown check, or a second teacher that does not hear.
    """

    name = "review"

    def __init__(
        self,
        checks: Sequence[str] | None = None,
        limits: Mapping[str, Mapping[str, Any]] | None = None,
        blind: Asking | None = None,
        text_only: Asking | None = None,
        answers: Mapping[str, int] | None = None,
        drop_without_audio: bool = False,
        seed: int = 0,
    ) -> None:
        names = list(CHECKS) if checks is None else list(checks)
        if unknown := [name for name in names if name not in CHECKS]:
            raise ValueError(f"There is no check {unknown[0]!r}; there are {', '.join(CHECKS)}.")
        if unknown := [name for name in limits or {} if name not in names]:
            raise ValueError(f"limits are set for {unknown[0]!r}, which is none of the checks that are run.")
        if blind is not None:
            blind.require_hearing()
        self.checks, self.limits = names, {name: dict(found) for name, found in (limits or {}).items()}
        self._limited = {**CHECKS, **{name: _limited(name, found) for name, found in self.limits.items()}}
        self.blind, self.text_only = blind, text_only
        self.answers = {"blind": 1, "text_only": 3} | dict(answers or {})
        for name, count in self.answers.items():
            if not isinstance(count, int) or isinstance(count, bool) or count < 1:
                raise ValueError(f"`{name}: answers:` is {count!r}; give a whole number from 1 on.")
        self.drop_without_audio, self.seed = drop_without_audio, seed
        self.in_flight = most_in_flight(self.askings())

    def require_enough_answers(self, choices: int) -> None:
        """Raises ValueError where so many answers of `text_only` tell nothing of a question.

        Args:
            choices: of the questions that have the fewest; 0 where all are open.
        """
        answers = self.answers["text_only"]
        needed = answers_needed(1 / choices if choices else OPEN_CHANCE)
        if self.text_only is not None and answers < needed:
            kind = f"a question with {choices} choices" if choices else "an open question"
            raise ValueError(
                f"`text_only: answers:` is {answers}: all right could still be chance at {kind}, so that no such row "
                f"could be judged; give {needed} or more, or leave out `text_only:`."
            )

    def askings(self) -> list[Asking]:
        return [asking for asking in (self.blind, self.text_only) if asking is not None]

    def forms(self) -> list[type[BaseModel]]:
        return [Answer]

    def requests(self, row: Row, asking: Asking) -> list[Request]:
        passes = set(run_checks(row, self.checks, self._limited).values()) <= {PASS}
        return self.questions(row, asking) if passes else []

    def questions(self, row: Row, asking: Asking) -> list[Request]:
        """For each answer of a teacher the same question, with the choices in another order each time.

        None where so many answers of a teacher that hears nothing could not tell: they would be paid for in vain.
        """
        if asking is self.text_only and self.answers["text_only"] < answers_needed(chance(row)):
            return []
        found = []
        for turn in range(self.answers[asking.purpose]):
            choices = shuffled(row["choices"], f"{row['id']}/{asking.purpose}/{turn}", self.seed)
            told = {"question": row["question"], "choices": choices}
            found.append(Request(asking, row, Answer, told, asking is self.blind, turn))
        return found

    def version(self) -> dict[str, Any]:
        return {
            "checks": self.checks,
            "limits": self.limits,
            "version": CHECKING,
            "seed": self.seed,
            "blind": self.blind.identity() if self.blind else None,
            "text_only": self.text_only.identity() if self.text_only else None,
            "answers": self.answers,
            "drop_without_audio": self.drop_without_audio,
        }

    async def process(self, row: Row) -> Outcome:
        verdicts = {**row.get("passed", {}), **run_checks(row, self.checks, self._limited)}
        review: dict[str, Any] = {}
        teachers = dict(row.get("teachers", {}))
        # Teachers are asked about what the free checks let through, and not about the rest.
        if self.blind is not None and set(verdicts.values()) <= {PASS}:
            verdicts["blind"] = blind_agrees(row, await self._ask(self.blind, row)) or PASS
            teachers["blind"] = self.blind.identity()
        if self.text_only is not None and set(verdicts.values()) <= {PASS}:
            answers = await self._ask(self.text_only, row)
            # None, a verdict of its own, where as many answers as are set could not tell.
            needs = review["needs_audio"] = needs_audio(row, answers) if answers else None
            if answers:
                teachers["text_only"] = self.text_only.identity()
            if self.drop_without_audio and needs is not None:
                verdicts["needs_audio"] = PASS if needs else "The question was answered without its recording."
        failed = [name for name, found in verdicts.items() if found != PASS]
        review |= {"verdict": "fail" if failed else PASS, "checks": verdicts}
        found = row | {"review": review, "teachers": teachers}
        return Left(found, "rejected", failed[0], verdicts[failed[0]]) if failed else found

    async def _ask(self, asking: Asking, row: Row) -> list[str]:
        return [(await asking.ask(request)).answer for request in self.questions(row, asking)]


def _limited(name: str, settings: Mapping[str, Any]) -> Check:
    """A check with other limits than its own.

    Raises:
        ValueError: it has no such settings, or one is of another kind.
    """
    if name == "length":
        given = dict(settings)
        if isinstance(given.get("by_section"), Mapping):
            pairs = {
                part: tuple(pair) if isinstance(pair, list) else pair for part, pair in given["by_section"].items()
            }
            given["by_section"] = {**DEFAULT_LIMITS.by_section, **pairs}
        check_kinds(LengthLimits, given)
        try:
            limits = LengthLimits(**given)
        except TypeError:
            raise ValueError(f"`limits: length:` has {', '.join(settings)}; it takes by_section and total.") from None
        return partial(check_length, limits=limits)
    if name == "language" and set(settings) == {"wanted"}:
        check_kinds(check_language, settings)
        return partial(check_language, **settings)
    known = "wanted, a language code" if name == "language" else "no settings; length and language do"
    raise ValueError(f"`limits: {name}:` has {', '.join(settings)}; it takes {known}.")
