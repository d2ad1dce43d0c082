"""What answers name: the right choice, a wrong one, none, or several. Knows nothing of how a choice is read.

A model that chooses wrongly is another one than one that never chooses, and both have the same score.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping

from evaluation.strict.choice import NONE, SEVERAL


KINDS = ("right", "wrong", "none", "several", "nothing")
"""Of answers: they name the right choice, a wrong one, none of the choices, more than one; or there is nothing to
read."""
NEVER = "No answer names one choice: the figure says how the model answers, and not what it would choose."


def named_counts(answers: Iterable[tuple[bool, str | None]]) -> dict[str, int]:
    """How many answers are of each of `KINDS`.

    Args:
        answers: of each, whether it names the right choice, and why no choice was read of it (`named_choice`'s
            problem) or None.
    """
    kinds = Counter(_kind(right, problem) for right, problem in answers)
    return {kind: kinds[kind] for kind in KINDS}


def _kind(right: bool, problem: str | None) -> str:
    if problem is None:
        return "right" if right else "wrong"
    return {NONE: "none", SEVERAL: "several"}.get(problem, "nothing")


def without_choice(named: Mapping[str, int]) -> int:
    """How many answers choose nothing, which counts as wrong."""
    return named["none"] + named["several"] + named["nothing"]


def naming_sentences(named: Mapping[str, int]) -> list[str]:
    """The counts in sentences, wrong choices and answers without a choice apart; none where nothing was counted."""
    whole, lacking = sum(named.values()), without_choice(named)
    if not whole:
        return []
    said = (
        f"Named in {whole} answers: the right choice in {named['right']}, a wrong one in {named['wrong']}, none of "
        f"the choices in {named['none']}, more than one in {named['several']}"
    )
    said += f"; nothing to read in {named['nothing']}" if named["nothing"] else ""
    said += f". Without a choice, and so wrong: {lacking}." if lacking else "."
    return [said, NEVER] if lacking == whole else [said]
