"""The text of a question as the model reads it: the question, and the choices where there are any; and back."""

from __future__ import annotations

from collections.abc import Sequence


CHOICE_SEPARATOR = "; "
LISTED = "Choose one: "


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
    return f"{question}\n{LISTED}{CHOICE_SEPARATOR.join(choices)}."


def split_question(text: str) -> tuple[str, tuple[str, ...]]:
    """The question and the choices of a text that `question_text` made; of any other, the text and no choices."""
    question, _, last = text.rstrip().rpartition("\n")
    if not question.strip() or not last.startswith(LISTED) or not last.endswith("."):
        return text, ()
    return question, tuple(last.removeprefix(LISTED).removesuffix(".").split(CHOICE_SEPARATOR))
