"""Puts the choices of a question into another order, or other choices in their place, in question and answer alike.

The teacher lists the choices, or those it rules out, as `a, b and c` or `a, b or c`, in the order of the question.
Knows nothing else of how sections are written.
"""

from __future__ import annotations

import re
from collections.abc import Sequence


CONJUNCTIONS = ("and", "or")


def listed(items: Sequence[str], conjunction: str) -> str:
    """`a, b or c`."""
    return items[0] if len(items) == 1 else f"{', '.join(items[:-1])} {conjunction} {items[-1]}"


def permute_choices(text: str, choices: Sequence[str], answer: str, permuted: Sequence[str]) -> str:
    """`text` as it would have been written had the choices stood in the order `permuted`.

    Args:
        text: a question's text or a section of its answer, which lists `choices`, those but `answer`, or neither.
        choices: in the order of `text`.
        answer: one of them.
        permuted: the same choices in another order.

    Raises:
        ValueError: `permuted` holds other choices.
    """
    if sorted(choices) != sorted(permuted):
        raise ValueError(f"{list(permuted)} is no order of the choices {list(choices)}.")
    all_of = (list(choices), list(permuted))
    others = tuple([choice for choice in order if choice != answer] for order in all_of)
    for before, after in (all_of, others):
        if len(before) > 1:
            for conjunction in CONJUNCTIONS:
                text = text.replace(listed(before, conjunction), listed(after, conjunction))
            text = text.replace("; ".join(before), "; ".join(after))
    return text


def exchange_choices(text: str, choices: Sequence[str], exchanged: Sequence[str]) -> str:
    """`text` with each of `choices`, wherever it stands word for word, replaced by its counterpart in `exchanged`.

    Raises:
        ValueError: the two differ in number.
    """
    if len(choices) != len(exchanged):
        raise ValueError(f"{len(exchanged)} choices cannot stand in place of {len(choices)}.")
    place = dict(zip(choices, exchanged, strict=True))
    longest_first = "|".join(re.escape(choice) for choice in sorted(place, key=len, reverse=True))
    return re.sub(rf"(?<!\w)(?:{longest_first})(?!\w)", lambda found: place[found.group()], text)
