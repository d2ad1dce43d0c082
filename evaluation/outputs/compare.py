"""Two runs on the same items: which of them changed, and whether more than chance would change."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from evaluation.outputs.benchmark import Part, Verdict
from evaluation.outputs.measures import Measure, difference
from evaluation.outputs.score import Scored, official_right, strict_right


def mcnemar(gained: int, lost: int) -> float:
    """McNemar's exact test (two-sided): the p-value of so many items changing one way and so many the other.

    Items that are right in both runs, or wrong in both, say nothing. Of the others each is as likely to have gone
    either way if the runs are equally good: the p-value is twice the smaller tail of the binomial distribution, at
    most 1.

    Raises:
        ValueError: a count is negative.
    """
    if min(gained, lost) < 0:
        raise ValueError(f"gained and lost are counts of items, found {gained} and {lost}.")
    changed = gained + lost
    tail = sum(math.comb(changed, count) for count in range(min(gained, lost) + 1))
    # Whole numbers until the last step: 2 ** changed overflows a float.
    return 1.0 if 2 * tail >= 2**changed else (2 * tail) / 2**changed


def compare(run: Scored, other: Scored, choices: bool = True) -> dict[str, Any]:
    """How `run` differs from `other` on the items that are in both.

    Args:
        run, other: two runs on one release of a benchmark.
        choices: whether an item whose choices are others, or in another order, is an error.

    Returns:
        {"outputs", "n", "only_here", "only_there", "official", "strict"}. The last two are {"difference", "n"} and,
        for a share, {"gained", "lost", "p", "changed"}: counts of items that are right here and wrong there, and the
        reverse, McNemar's p-value, and those items; for another figure "interval" of the difference. `official` is
        over the items that the official script counts in both runs.

    Raises:
        ValueError: no item is in both, or an item has another answer in the other run.
    """
    others = {verdict.item.id: verdict for verdict in other.verdicts}
    pairs = [(verdict, others[verdict.item.id]) for verdict in run.verdicts if verdict.item.id in others]
    if not pairs:
        raise ValueError(f"{other.path} has no item of {run.path}: compare runs on the same items.")
    for ours, theirs in pairs:
        others_choices = choices and ours.item.choices != theirs.item.choices
        if ours.item.answer != theirs.item.answer or others_choices:
            raise ValueError(
                f"item {ours.item.id!r} has another answer or other choices in {other.path} than in {run.path}: "
                "compare runs on one release of the benchmark."
            )
    counted = [(ours, theirs) for ours, theirs in pairs if ours.official is not None and theirs.official is not None]
    measure = run.benchmark.measure
    return {
        "outputs": str(other.path),
        "n": len(pairs),
        "only_here": len(run.verdicts) - len(pairs),
        "only_there": len(others) - len(pairs),
        "official": _side(measure, counted, strict=False),
        "strict": _side(measure, pairs, strict=True),
    }


def _side(measure: Measure, pairs: Sequence[tuple[Verdict, Verdict]], strict: bool) -> dict[str, Any]:
    if not pairs:
        return {"difference": None, "n": 0}
    if not measure.share:
        found = difference(measure, *([_part(pair[run], strict) for pair in pairs] for run in (0, 1)))
        return {"difference": found["value"], "n": len(pairs), "interval": [found["low"], found["high"]]}
    right = strict_right if strict else official_right
    changed = [(ours, theirs) for ours, theirs in pairs if right(ours) != right(theirs)]
    gained = sum(bool(right(ours)) for ours, _ in changed)
    lost = len(changed) - gained
    return {
        "difference": (gained - lost) / len(pairs),
        "n": len(pairs),
        "gained": gained,
        "lost": lost,
        "p": mcnemar(gained, lost),
        "changed": [
            {
                "id": ours.item.id,
                "now": "right" if right(ours) else "wrong",
                "prediction": ours.item.prediction,
                "other_prediction": theirs.item.prediction,
                "answer": ours.item.answer,
            }
            for ours, theirs in changed
        ],
    }


def _part(verdict: Verdict, strict: bool) -> Part:
    """A verdict's part; officially of one that is counted."""
    part = verdict.strict if strict else verdict.official
    assert part is not None
    return part
