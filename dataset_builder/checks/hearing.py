"""What the answers of two other teachers say of a row: one that heard it blind, one that read the question alone.

The calls are made elsewhere; here their answers are read and counted. Neither is a check of one row alone, so they are
not among `CHECKS`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from itertools import count
from math import comb

from modeling_audio_reasoner import normalise, resolve_choice

from .open_answer import open_agreement
from .row_text import Row, counted_words


SURE = 0.05
"""Right guesses that chance brings about less often than this show that the audio is not needed."""
OPEN_CHANCE = 0.05
"""How often an open question is guessed by chance; a question of yes or no has 0.5."""


def is_right(row: Row, answer: str) -> bool:
    """Whether a teacher's answer names the row's: of choices that one alone, else by `open_agreement`."""
    choices = list(row["choices"])
    if not choices:
        return open_agreement(row["answer"], answer)
    named = resolve_choice(answer, choices)
    return named is not None and choices[named] == row["answer"]


def blind_agrees(row: Row, answers: Sequence[str]) -> str | None:
    """None where more than half of the blind teacher's answers are the row's answer; else what it said instead.

    Args:
        answers: what a teacher answered that heard the clip and read the question and choices, and saw no reference.

    Raises:
        ValueError: there are no answers.
    """
    _need(row, answers)
    right = sum(is_right(row, answer) for answer in answers)
    if 2 * right > len(answers):
        return None
    others = Counter(_said(row, answer) for answer in answers if not is_right(row, answer))
    most = others.most_common(1)[0][0]
    tries = f"{right} of {len(answers)} tries"
    return f"The blind teacher gave the answer {row['answer']!r} in {tries}, and else mostly {most}."


def needs_audio(row: Row, answers: Sequence[str]) -> bool | None:
    """Whether a teacher that could not hear the clip fails to know the answer; None where these answers cannot tell.

    False only where at least `right_guesses_needed` of its k answers are right: so many that guessing blindly among
    the n choices would bring them about in fewer than 5% of questions. Of four choices these are 3 of 3, 4 of 5 or 6
    of 10; of two choices 5 of 5. Fewer answers than `answers_needed` (1 or 2 of four choices) cannot tell.

    Args:
        answers: k answers of a teacher that read the question and the choices alone. They have to be independent for
            the count to mean anything: shuffle the choices anew for each, and sample at a temperature above 0.

    Raises:
        ValueError: there are no answers.
    """
    _need(row, answers)
    needed = right_guesses_needed(chance(row), len(answers))
    return None if needed is None else sum(is_right(row, answer) for answer in answers) < needed


def chance(row: Row) -> float:
    """The probability that a blind guess is right: 1/n of n choices, 1/2 of yes and no, 0.05 of other questions."""
    if row["choices"]:
        return 1 / len(row["choices"])
    return 0.5 if counted_words(row["answer"])[:1] in (["yes"], ["no"]) else OPEN_CHANCE


def right_guesses_needed(probability: float, guesses: int, sure: float = SURE) -> int | None:
    """The least r with P(X >= r) < `sure` for X of a binomial distribution; None where even all right would not do.

    >>> [right_guesses_needed(1 / 4, guesses) for guesses in (1, 2, 3, 5, 10)]
    [None, None, 3, 4, 6]
    """
    tail = 0.0
    needed = None
    for right in range(guesses, -1, -1):
        tail += comb(guesses, right) * probability**right * (1 - probability) ** (guesses - right)
        if tail >= sure:
            return needed
        needed = right
    return needed


def answers_needed(probability: float, sure: float = SURE) -> int:
    """The least number of answers of which all right would not be chance.

    >>> [answers_needed(chance) for chance in (1 / 2, 1 / 3, 1 / 4, 0.05)]
    [5, 3, 3, 2]
    """
    return next(guesses for guesses in count(1) if right_guesses_needed(probability, guesses, sure) is not None)


def _said(row: Row, answer: str) -> str:
    """The choice that an answer names, or its beginning, in quotes."""
    choices = list(row["choices"])
    named = resolve_choice(answer, choices) if choices else None
    return repr(choices[named]) if named is not None else repr(normalise(answer)[:60])


def _need(row: Row, answers: Sequence[str]) -> None:
    if not answers:
        raise ValueError(f"There are no answers to the question {row['question']!r} to count; ask the teacher first.")
