"""The judge of a run: who it is, which benchmarks have a use for it, and what the scores are with and without one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from evaluation.cota import read_json
from evaluation.judging.air_bench_chat import JUDGEMENTS, SEED, SWAPPED, judge_chat
from evaluation.judging.answers import answers_hash, read_answers
from evaluation.judging.asking import JUDGING, Judge, check_set_up
from evaluation.judging.mmar_rubric import rate_reasoning
from evaluation.outputs.entries import read_entries
from evaluation.outputs.items import has_answer
from evaluation.outputs.measures import value_of
from evaluation.outputs.registry import BENCHMARKS, benchmark_of
from evaluation.outputs.score import NO_JUDGE, NOT_PUBLIC, Scored, score_outputs, without_figures
from evaluation.runs.collect import ITEMS, OUTPUTS


CHAT, RUBRIC = "air_bench_chat", "mmar"
"""The benchmarks that a judge reads: the one for its points, the other for the reasoning beside its score."""


@dataclass(frozen=True)
class JudgeSettings:
    """Who judges, and how.

    Args:
        judge, base_url, max_connections, max_retries, display: as `evaluation.judging.asking.Judge` takes them.
        official_randomness, seed: as `judge_chat` takes them.

    Raises:
        ValueError: it is no model of inspect's.
    """

    judge: str
    base_url: str | None = None
    official_randomness: bool = False
    seed: int = SEED
    max_connections: int | None = None
    max_retries: int = 5
    display: str = "none"

    def __post_init__(self) -> None:
        self.reached()

    def reached(self) -> Judge:
        """The judge itself."""
        return Judge(self.judge, self.base_url, self.max_connections, self.max_retries, self.display)


def check_judge(benchmark: str, judge: JudgeSettings | None, controls: bool = False) -> None:
    """Say what is wrong with a judge before anything is asked.

    Args:
        benchmark: of the run.
        judge: None for a run without.
        controls: whether controls are run, too.

    Raises:
        ValueError: the benchmark has no use for it, it cannot be asked, or controls need one.
    """
    if judge is None:
        if controls and benchmark_of(benchmark).needs_judge:
            raise ValueError(f"the controls of {benchmark} are compared by a judge's points: name one by --judge.")
        return
    if benchmark not in (CHAT, RUBRIC):
        raise ValueError(f"{benchmark} is scored without a judge, who is for {CHAT} and {RUBRIC}: leave it out.")
    if judge.official_randomness and benchmark != CHAT:
        raise ValueError(f"{benchmark} is officially judged at temperature 0: leave --official-randomness out.")
    check_set_up(judge.reached())


def judge_items(benchmark: str, output: Path, judge: JudgeSettings) -> dict[str, Any]:
    """Let the judge read the answers in a run's folder.

    Args:
        benchmark: one that `check_judge` has let by.
        output: the run's folder.
        judge: who is asked.

    Returns:
        As `judge_chat` or `rate_reasoning`.

    Raises:
        FileNotFoundError, ValueError, JudgingFailed: as these.
    """
    names = ("base_url", "max_connections", "max_retries", "display")
    reached = {name: getattr(judge, name) for name in names}
    if benchmark == CHAT:
        drawn: dict[str, Any] = {"official_randomness": judge.official_randomness, "seed": judge.seed}
        return judge_chat(output / ITEMS, output, judge.judge, **drawn, **reached)
    return rate_reasoning(output / ITEMS, output, judge.judge, **reached)


def judging_of(benchmark: str, output: Path) -> dict[str, Any] | None:
    """What the folder's `judging.json` holds, but for the single draws; None without one of these very answers."""
    found = read_json(output / JUDGING)
    if not found or found["benchmark"] != benchmark:
        return None
    answers = read_answers(BENCHMARKS[benchmark].layout, output / ITEMS)
    if found["answers_sha256"] != answers_hash(answers):
        return None
    return {name: value for name, value in found.items() if name != "drawn"}


def judged_by(judging: Mapping[str, Any] | None) -> dict[str, Any] | None:
    """What of `judging.json` a manifest holds: who judged, and how."""
    names = ("judge", "base_url", "temperature", "official_randomness", "seed", "raters")
    return None if judging is None else {name: judging[name] for name in names if name in judging}


def scored_run(benchmark: str, output: Path) -> Scored:
    """What is in a run's folder, scored.

    Without figures where its points are a judge's and no judge has read it, or where no right answer is public.
    """
    known = BENCHMARKS[benchmark]
    if not known.needs_judge:
        entries = read_entries(output / OUTPUTS)
        if not any(has_answer(known.layout, entry) for entry in entries):
            return without_figures(known, output / OUTPUTS, len(entries), NOT_PUBLIC)
        return score_outputs(known, output / OUTPUTS)
    if judging_of(benchmark, output) is not None:
        return score_outputs(known, output / JUDGEMENTS, swapped=output / SWAPPED)
    count = len(read_answers(known.layout, output / ITEMS))
    scored = without_figures(known, output / OUTPUTS, count, NO_JUDGE)
    scored.figures["statements"].append(f"Name a model that judges: audio-reasoner judge {output} --judge MODEL")
    return scored


def judged_items(items: Sequence[Mapping[str, Any]], scored: Scored) -> list[dict[str, Any]]:
    """The items with the judge's points under "official" and "strict", and what was read of it under "named"."""
    verdicts = {verdict.item.id: verdict for verdict in scored.verdicts}
    measure = scored.benchmark.measure
    points = []
    for item in items:
        verdict = verdicts.get(item["id"])
        parts = {} if verdict is None else {"official": verdict.official, "strict": verdict.strict}
        values = {side: value_of(measure, parts.get(side)) for side in ("official", "strict")}
        points.append({**item, **values, "named": verdict.named if verdict else item["named"]})
    return points
