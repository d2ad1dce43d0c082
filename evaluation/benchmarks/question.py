"""A question of a benchmark, before any model was asked. Knows no benchmark by name."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from evaluation.benchmarks.recording import Recording


@dataclass(frozen=True)
class Question:
    """What is asked about which recordings.

    Attributes:
        id: unique in its benchmark.
        entry: the fields of the official layout, to which the prediction is added; JSON can hold it.
        text: the question itself, without its choices.
        answer: the right one; empty where the benchmark has none.
        choices: in the order in which they are shown, an empty one for a letter that has none; none for an open
            question.
        recordings: what is heard; empty for a benchmark of text alone.
        kind: questions of one kind may swap their recordings in the control that does so.
        origin: name of the recording in its corpus, where it is known.
        system: the system prompt, where the benchmark gives one.
        asked: the whole text as it is asked, where the benchmark gives one; else the prompt makes it.
    """

    id: str
    entry: Mapping[str, Any]
    text: str
    answer: str = ""
    choices: tuple[str, ...] = ()
    recordings: tuple[Recording, ...] = ()
    kind: str = ""
    origin: str | None = None
    system: str | None = None
    asked: str | None = None
    choice_fields: tuple[str, ...] = field(default=("choices",))
    """The fields of `entry` that hold the choices: one with the list, one for each, or none."""


def reordered(question: Question, permutation: int) -> Question:
    """The question with its choices in another order, drawn from its id and the number; 0 is the benchmark's own.

    The entry's choices are in that order too, so that a letter means what was shown.

    Raises:
        ValueError: the text that is asked holds the choices in their own order.
    """
    if permutation == 0 or len(question.choices) < 2:
        return question
    if question.asked is not None:
        raise ValueError(
            f"question {question.id} is asked as the benchmark words it, so its choices cannot be put in another "
            "order: leave permutation out."
        )
    places = [place for place, choice in enumerate(question.choices) if choice]
    order = list(places)
    random.Random(f"{permutation}:{question.id}").shuffle(order)
    choices = list(question.choices)
    for place, taken in zip(places, order, strict=True):
        choices[place] = question.choices[taken]
    changed: dict[str, Any] = {}
    if len(question.choice_fields) == 1:
        changed = {question.choice_fields[0]: choices}
    elif question.choice_fields:
        # The last fields may be those of choices that the question does not have.
        changed = dict(zip(question.choice_fields, choices, strict=False))
    return replace(question, choices=tuple(choices), entry={**question.entry, **changed})


def check_unique(questions: Sequence[Question], place: str) -> None:
    """Raise ValueError for two questions of one id."""
    seen: set[str] = set()
    for question in questions:
        if question.id in seen:
            raise ValueError(f"{place}: the id {question.id!r} is there twice; download the benchmark again.")
        seen.add(question.id)
