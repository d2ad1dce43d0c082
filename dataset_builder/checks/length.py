"""Whether the sections are of a fit length, say a thing once, and are not copies of one another.

Counts words, of which a Chinese or Japanese character is one; knows nothing of tokens of a model.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import combinations

from modeling_audio_reasoner import SECTIONS

from .row_text import Row, sections, words


@dataclass(frozen=True)
class LengthLimits:
    """The words that each section may have, least and most, and the most of all sections together.

    The defaults hold what fits in the paper's 2,048 new tokens (about 1,400 English words), and let a caption of one
    short sentence through.

    Raises:
        ValueError: a section is unknown, or its least is more than its most.
    """

    by_section: Mapping[str, tuple[int, int]] = field(
        default_factory=lambda: {
            "planning": (6, 250),
            "caption": (3, 400),
            "reasoning": (8, 900),
            "summary": (3, 250),
            "response": (1, 300),
        }
    )
    total: int = 1400

    def __post_init__(self) -> None:
        for name, (least, most) in self.by_section.items():
            if name not in SECTIONS:
                raise ValueError(f"There is no section {name!r} to limit; there are {', '.join(SECTIONS)}.")
            if not 0 <= least <= most:
                raise ValueError(f"The section {name!r} cannot have from {least} to {most} words.")


DEFAULT_LIMITS = LengthLimits()
NGRAM = 4
"""Words of the n-grams in which repetition is counted."""
MAX_REPEATED = 0.25
"""Share of a section's 4-grams that may have been there before: less in ordinary text, past one half in a loop."""
MIN_REPETITION_WORDS = 40
"""Shorter sections are only held to immediate repetition."""
MAX_RUN = 4
"""Times that up to 8 words may follow upon themselves."""
COPIED = 0.8
"""Share of the shorter section's 4-grams in the longer one that makes it a copy."""
MIN_COPY_WORDS = 12
"""Shorter sections are copies only where they are wholly the same, and have 4 words."""


def check_length(row: Row, limits: LengthLimits = DEFAULT_LIMITS) -> str | None:
    """Every section has words within its limits, and all together no more than `limits.total`."""
    counts = {name: len(words(text)) for name, text in sections(row)}
    for name, (least, most) in limits.by_section.items():
        if not least <= counts[name] <= most:
            return f"The section '{name}' has {counts[name]} words; from {least} to {most} are allowed."
    total = sum(counts.values())
    return None if total <= limits.total else f"The sections have {total} words together; {limits.total} are allowed."


def check_repetition(row: Row) -> str | None:
    """No section runs in a loop: up to 8 words again and again, or a quarter of its 4-grams there before."""
    for name, text in sections(row):
        tokens = words(text)
        if looped := repeated_run(tokens):
            return f"The section '{name}' says {' '.join(looped)!r} more than {MAX_RUN} times on end."
        share = repeated_share(tokens)
        if len(tokens) >= MIN_REPETITION_WORDS and share > MAX_REPEATED:
            return f"The section '{name}' repeats itself: {share:.0%} of its {NGRAM}-grams were there before."
    return None


def check_copies(row: Row) -> str | None:
    """No section is a copy of another, or holds nearly all of another that has at least 12 words.

    A short response may be a short summary: both name the answer.
    """
    tokens = {name: words(text) for name, text in sections(row)}
    for one, other in combinations(SECTIONS, 2):
        short, long = sorted((one, other), key=lambda name: len(tokens[name]))
        size = len(tokens[short])
        if size < MIN_COPY_WORDS:
            if size >= NGRAM and tokens[short] == tokens[long] and "response" not in (one, other):
                return f"The sections '{one}' and '{other}' are the same."
            continue
        grams, there = _grams(tokens[short]), set(_grams(tokens[long]))
        share = sum(gram in there for gram in grams) / len(grams)
        if share >= COPIED:
            return f"The section '{long}' holds {share:.0%} of the section '{short}'."
    return None


def repeated_share(tokens: list[str]) -> float:
    """Share of the 4-grams of `tokens` that occurred earlier in it; 0 for fewer than 4 words."""
    grams = _grams(tokens)
    return 1 - len(set(grams)) / len(grams) if grams else 0.0


def repeated_run(tokens: list[str]) -> list[str] | None:
    """The words, up to 8, that stand more than 4 times on end in `tokens`; None where none do."""
    for size in range(1, 9):
        run = 0
        for at in range(size, len(tokens)):
            run = run + 1 if tokens[at] == tokens[at - size] else 0
            if run >= size * MAX_RUN:
                return tokens[at - size + 1 : at + 1]
    return None


def _grams(tokens: list[str]) -> list[tuple[str, ...]]:
    return [tuple(tokens[at : at + NGRAM]) for at in range(len(tokens) - NGRAM + 1)]
