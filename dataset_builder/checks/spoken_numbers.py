"""Numbers in English text, as digits and as words: a pattern to build others from, and the value of what it finds."""

from __future__ import annotations

import re

from .row_text import NUMBER_WORDS


_ONES = {word: value for value, word in enumerate(NUMBER_WORDS)}
_TEENS = ("thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen")
_TENS = ("twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")
_VALUES: dict[str, float] = {
    **_ONES,
    **{word: 13 + place for place, word in enumerate(_TEENS)},
    **{word: 20 + 10 * place for place, word in enumerate(_TENS)},
    "hundred": 100,
    "half": 0.5,
    "quarter": 0.25,
    "a": 1,
    "an": 1,
    "single": 1,
}
_COUNTING = "|".join(sorted({*_ONES, *_TEENS, *_TENS, "hundred"}, key=len, reverse=True))
NUMBER = (
    rf"(?:\d+(?:[.,]\d+)?(?:\s+and\s+a\s+half)?|half\s+an?|a\s+quarter\s+of\s+an?"
    rf"|(?:a\s+)?(?:{_COUNTING})(?:(?:[\s-]+and[\s-]+|[\s-]+)(?:{_COUNTING}))*(?:\s+and\s+a\s+half)?|an?|a\s+single)"
)
"""Matches "45", "2.5", "forty-five", "a hundred and twenty", "two and a half", "half a", and "a" before a unit."""


def number_value(text: str) -> float:
    """The value of a text that `NUMBER` matches.

    Raises:
        ValueError: the text holds a word that is no part of a number.
    """
    total = 0.0
    parts = re.findall(r"\d+(?:[.,]\d+)?|[a-z]+", text.casefold())
    if parts[:1] in (["half"], ["quarter"]) or parts[:2] == ["a", "quarter"]:
        return _VALUES["half" if "half" in parts else "quarter"]
    halved = parts[-3:] == ["and", "a", "half"]
    for part in parts[:-3] if halved else parts:
        if part[0].isdigit():
            total += float(part.replace(",", "."))
        elif part == "hundred":
            total = max(total, 1.0) * 100
        elif part == "a" and len(parts) > 1:
            continue
        elif part in _VALUES:
            total += _VALUES[part]
        elif part != "and":
            raise ValueError(f"{text!r} is no number: {part!r} is no part of one.")
    return total + (0.5 if halved else 0.0)
