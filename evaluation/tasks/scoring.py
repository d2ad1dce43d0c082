"""inspect's scorer of every benchmark: the official verdict and the strict one of a sample, and the figures of a run.

The figures are those of `evaluation.outputs`, computed from the same parts; inspect shows them in its log and viewer.
Where a judge gives the points, a sample has no verdict here: its answer is collected, and judged afterwards.
"""

from __future__ import annotations

import math
from typing import Any

from inspect_ai.scorer import Metric, SampleScore, Score, Scorer, Target, metric, scorer
from inspect_ai.solver import TaskState

from evaluation.outputs.items import has_answer, item_of
from evaluation.outputs.measures import measured, value_of
from evaluation.outputs.registry import BENCHMARKS
from evaluation.strict import prediction_of


SIDES = ("official", "strict")


@metric
def figure(benchmark: str, side: str) -> Metric:
    """The benchmark's figure over all samples of one side; accuracy and the like as shares, BLEU up to 100.

    Args:
        benchmark: a name of `evaluation.outputs.registry.BENCHMARKS`.
        side: "official" or "strict".
    """
    measure = BENCHMARKS[benchmark].measure

    def compute(scores: list[SampleScore]) -> float:
        parts = [(score.score.metadata or {}).get(side) for score in scores]
        counted = [(str(part[0]), tuple(part[1])) for part in parts if part is not None]
        value = measured(measure, counted, interval=False)["value"]
        return math.nan if value is None else value

    return compute


def sides(benchmark: str) -> dict[str, list[Metric]]:
    """The metrics of a task."""
    return {side: [figure(benchmark, side)] for side in SIDES}


@scorer(metrics=[])
def official_and_strict(benchmark: str) -> Scorer:
    """Both verdicts of a sample as values between 0 and 1 (points and BLEU as they are); none where it is left out.

    The sample's metadata hold the "entry" of the official layout.
    """
    known = BENCHMARKS[benchmark]

    async def score(state: TaskState, target: Target) -> Score:
        completion = state.output.completion
        why = None
        if known.layout.response_key is not None:
            why = "Its points are a judge's, who has not seen it yet."
        elif not has_answer(known.layout, state.metadata["entry"]):
            why = "Its right answer is not public."
        if why is not None:
            answer, parts = prediction_of(completion), dict.fromkeys(SIDES)
            return Score(value=dict.fromkeys(SIDES, math.nan), answer=answer, explanation=why, metadata=parts)
        entry: dict[str, Any] = {**state.metadata["entry"], known.layout.key: prediction_of(completion)}
        (verdict,) = known.judge([item_of(known.layout, entry, known.layout.key, str(state.sample_id))])
        parts = {"official": verdict.official, "strict": verdict.strict}
        values = {}
        for side, part in parts.items():
            value = value_of(known.measure, part)
            values[side] = math.nan if value is None else value
        return Score(
            value=values,
            answer=verdict.named,
            explanation=verdict.problem or f"It names {verdict.named!r}; right is {verdict.item.answer!r}.",
            metadata=parts,
        )

    return score
