"""The text of a question as the model reads it: the question, and the choices where there are any."""

from __future__ import annotations

from collections.abc import Sequence


CHOICE_SEPARATOR = "; "


def question_text(question: str, choices: Sequence[str] = ()) -> str:
    """Return `question` alone, or followed by a line that lists `choices`, without option letters.

    Raises:
        ValueError: the question is empty, or a choice is empty, repeated, or holds the separator `"; "`.
    """
    if not question.strip():
        raise ValueError("The question is empty; write one.")
    if not choices:
        return question
    for choice in choices:
        if not choice.strip() or CHOICE_SEPARATOR.strip() in choice or "\n" in choice:
            raise ValueError(
                f"The choice {choice!r} is empty or holds a ';' or a line break, which separate choices; reword it."
            )
    if len(set(choices)) != len(choices):
        raise ValueError(f"The choices {list(choices)} hold one text twice; make them different.")
    return f"{question}\nChoose one: {CHOICE_SEPARATOR.join(choices)}."
