"""The matcher of MMAU (Sakshi and others, arXiv 2410.19168), as in the benchmark's `evaluation.py`.

It compares sets of words and is lenient and strict in odd places: an option letter alone is wrong, and so is
a right answer beside a word that only a wrong choice has. The figure it gives stands beside the strict one of
`modeling_audio_reasoner.choices_audio_reasoner`, never in its place.
"""

from __future__ import annotations

import re
from collections.abc import Sequence


_WORD = re.compile(r"\b\w+\b")


def mmau_tokens(text: str) -> frozenset[str]:
    """The set of words of `text`, in lower case."""
    return frozenset(_WORD.findall(text.lower()))


def mmau_match(answer: str, prediction: str, choices: Sequence[str]) -> bool:
    """Whether MMAU's evaluation counts `prediction` as `answer`.

    True when every word of the answer is in the prediction and the prediction has no word that is in another
    choice and not in the answer. A prediction without words is wrong. Choices whose words are the answer's
    words are no other choices.
    """
    predicted = mmau_tokens(prediction)
    expected = mmau_tokens(answer)
    if not predicted:
        return False
    foreign: set[str] = set()
    for choice in choices:
        words = mmau_tokens(choice)
        if words != expected:
            foreign |= words - expected
    return expected <= predicted and not (predicted & foreign)
