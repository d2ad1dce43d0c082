"""One answer as far as it has come: its parts, event by event, and what is said of it at the end.

Knows the events of a ReasoningStreamer and a finished `Reasoning`; knows nothing of models or HTML.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from time import monotonic
from typing import Any, Literal


TITLES = {
    "planning": "Planning",
    "caption": "Caption",
    "reasoning": "Reasoning",
    "summary": "Summary",
    "response": "Response",
}
"""The sections of an answer in their order, as people read them."""
PAUSE = 0.1  # seconds between two looks at text that arrives


@dataclass(frozen=True)
class Part:
    """What the model wrote in one go into a section, or outside every section (`section` is None)."""

    section: str | None
    text: str = ""
    closed: bool = False


@dataclass(frozen=True)
class Votes:
    """What sampled answers gave.

    Args:
        counts: by response how many gave it, most first.
        silent: answers whose response names none of the choices, or more than one.
        unfinished: answers that were not waited for, or cut.
    """

    counts: Mapping[str, int]
    silent: int = 0
    unfinished: int = 0


@dataclass(frozen=True)
class Answer:
    """An answer as it is shown.

    Args:
        state: `empty` before a question, `waiting` before its first token, `writing`, and then `complete`,
            `incomplete` or `stopped`; `refused` where there is no answer.
        parts: what was written, in order.
        note: a sentence beside the state: what is waited for, or why there is no answer, or why it is incomplete.
        problems: what the structure lacks, one sentence each.
        votes: where several answers were sampled.
    """

    state: Literal["empty", "waiting", "writing", "complete", "incomplete", "stopped", "refused"] = "empty"
    parts: tuple[Part, ...] = ()
    note: str = ""
    problems: tuple[str, ...] = ()
    votes: Votes | None = field(default=None)

    def after(self, event: Any) -> Answer:
        """The answer with one more event."""
        last = self.parts[-1] if self.parts else None
        if event.kind == "opened":
            parts = (*self.parts, Part(event.section))
        elif event.kind == "closed":
            # A section may be closed that is not open: the end says so.
            closes = last is not None and last.section == event.section
            parts = (*self.parts[:-1], replace(last, closed=True)) if last and closes else self.parts
        elif last is not None and last.section == event.section and not last.closed:
            parts = (*self.parts[:-1], replace(last, text=last.text + event.text))
        else:
            parts = (*self.parts, Part(event.section, event.text))
        return replace(self, state="writing", parts=parts, note="")

    def ended(self, reasoning: Any, note: str = "") -> Answer:
        """The answer once it has ended, with what its structure lacks and why.

        Args:
            reasoning: the `Reasoning` that all of it makes.
            note: why it is incomplete, where that is known.
        """
        state: Literal["complete", "incomplete"] = "complete" if reasoning.complete else "incomplete"
        return replace(self, state=state, problems=tuple(reasoning.problems), note="" if reasoning.complete else note)

    def stopped(self) -> Answer:
        """The answer as it stands when its reader stops it; one that has ended stays as it is."""
        if self.state not in ("waiting", "writing"):
            return self
        return replace(self, state="stopped", note="You stopped the answer before its end.")

    @property
    def missing(self) -> tuple[str, ...]:
        """The sections that the answer has not opened."""
        opened = {part.section for part in self.parts}
        return tuple(section for section in TITLES if section not in opened)


def moments(events: Iterable[Any], clock: Any = monotonic) -> Iterator[Answer]:
    """The answer after each section that opens or closes, and now and then while text arrives; the last one always.

    Args:
        events: of a ReasoningStreamer.
        clock: seconds that pass.
    """
    answer, shown = Answer("waiting"), None
    told = clock()
    for event in events:
        answer = answer.after(event)
        if event.kind != "text" or clock() - told >= PAUSE:
            shown, told = answer, clock()
            yield answer
    if shown is not answer:
        yield answer
