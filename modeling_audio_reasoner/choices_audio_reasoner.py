"""Which of the choices a RESPONSE names: the strict scorer.

It decides nothing by likeness: either the response names exactly one choice in its own words, or it abstains
(and the row counts as wrong). It does not know the right answer.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence


_QUOTED = re.compile(r"“([^”]+)”|\"([^\"]+)\"|‘([^’]+)’|(?<!\w)'([^']+)'(?!\w)|`([^`]+)`|\*\*([^*]+)\*\*")
_EDGE = " \t\n\"'“”‘’`*.,;:!?()[]"
_ACCIDENTAL = "#♯♭+"  # 'C' is not named by 'C#'
_REJECTED = re.compile(
    r"(?:\b(?:not|nor|never|neither|isn't|wasn't|rather than|instead of|except|excluding)\s+)"
    r"(?:(?:a|an|the|that of|by)\s+)*[\"'“‘`*]*$"
)


def normalise(text: str) -> str:
    """`text` in compatibility form and lower case, single spaces, without quotes and stops at its ends.

    Accidentals stay, so that "C#" and "C" differ.
    """
    folded = unicodedata.normalize("NFKC", text).casefold().replace("’", "'")
    return re.sub(r"\s+", " ", folded).strip(_EDGE)


def resolve_choice(response: str | None, choices: Sequence[str]) -> int | None:
    """The index of the one choice that `response` names, or None.

    In this order: the whole response is a choice; its quoted (or bold) words are choices, and all the same one;
    exactly one choice occurs in it as whole words. An occurrence inside that of a longer choice ("dog" in "dog
    barking") or right after a rejection ("not a dog") does not count. Two that fit, or two choices that
    normalise to the same text, resolve to None. Option letters mean nothing here.
    """
    if response is None:
        return None
    names = [normalise(choice) for choice in choices]
    text = normalise(response)
    if not text:
        return None
    exact = [index for index, name in enumerate(names) if name == text]
    if exact:
        return exact[0] if len(exact) == 1 else None
    quoted = _named_in_quotes(response, names)
    if quoted:
        return quoted.pop() if len(quoted) == 1 else None
    named = _named_as_words(text, names)
    return named.pop() if len(named) == 1 else None


def _named_in_quotes(response: str, names: Sequence[str]) -> set[int]:
    """Indices of the choices that stand in quotes in `response` and are not rejected there."""
    response = unicodedata.normalize("NFKC", response)
    found: set[int] = set()
    for match in _QUOTED.finditer(response):
        words = normalise(next(group for group in match.groups() if group is not None))
        if not _REJECTED.search(response[: match.start()].casefold()):
            found |= {index for index, name in enumerate(names) if name and name == words}
    return found


def _named_as_words(text: str, names: Sequence[str]) -> set[int]:
    """Indices of the choices that occur in `text` as whole words, outside any longer choice, not rejected."""
    spans: list[tuple[int, int, int]] = []
    for index, name in enumerate(names):
        if name:
            pattern = rf"(?<![\w]){re.escape(name)}(?![\w{_ACCIDENTAL}])"
            spans += [(match.start(), match.end(), index) for match in re.finditer(pattern, text)]
    found: set[int] = set()
    for start, end, index in spans:
        inside_longer = any(s <= start and end <= e and e - s > end - start for s, e, _ in spans)
        if not inside_longer and not _REJECTED.search(text[:start]):
            found.add(index)
    return found
