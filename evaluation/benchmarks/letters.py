"""Choices that come with their letters in the text, as "(A) Man", without them."""

from __future__ import annotations

import string
from collections.abc import Sequence


def unlettered(choices: Sequence[str], answer: str) -> tuple[list[str], str]:
    """The choices and the answer without "(A) ", "(B) " and so on before them, where each choice has its own letter.

    Else both as they are: a text that begins with a letter in brackets may be meant so.

    Args:
        choices: in their order.
        answer: as it stands among the choices; what is none of them is left as it is.
    """
    letters = [f"({letter}) " for letter in string.ascii_uppercase[: len(choices)]]
    if len(letters) < len(choices) or not all(
        choice.startswith(letter) for choice, letter in zip(choices, letters, strict=True)
    ):
        return list(choices), answer
    plain = [choice.removeprefix(letter).strip() for choice, letter in zip(choices, letters, strict=True)]
    return plain, plain[choices.index(answer)] if answer in choices else answer
