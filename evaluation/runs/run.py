"""One run from its settings to its folder: answers, scores, manifest, figures.

OUTPUT/log/            inspect's log: `inspect view --log-dir OUTPUT/log`
OUTPUT/outputs.json    the official layout with the predictions: `audio-reasoner score BENCHMARK OUTPUT/outputs.json`
OUTPUT/items.jsonl     all that is known of each item
OUTPUT/scores.json     the figures of `audio-reasoner score --json`, and what else was counted
OUTPUT/manifest.json   what it was measured on
OUTPUT/judging.json    where a judge read the answers: who judged, and what was not; its log is in OUTPUT/judge_log/
OUTPUT/contamination.json   the items that occur in training data, where some was named
OUTPUT/figures/        pictures, and OUTPUT/report.html with the same and a table
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from inspect_ai.log import EvalLog

from evaluation.cota import read_json
from evaluation.error_words import error_words
from evaluation.local.process import ModelStopped
from evaluation.manifest import write_json
from evaluation.outputs.registry import BENCHMARKS
from evaluation.outputs.score import Scored
from evaluation.runs.answering import RunFailed, answered
from evaluation.runs.collect import CUT, ITEMS, collect, read_lines, write_lines
from evaluation.runs.contamination import FIELD, read_contamination, without_contaminated
from evaluation.runs.judging import (
    JudgeSettings,
    check_judge,
    judge_items,
    judged_by,
    judged_items,
    judging_of,
    scored_run,
)
from evaluation.runs.manifest import MANIFEST, manifest_of, read_manifest
from evaluation.runs.reasoning_quality import reasoning_quality
from evaluation.runs.refusals import check_folder
from evaluation.runs.settings import RunSettings


SCORES = "scores.json"
PROCESS = "process"
"""The field of an answer's metadata in which a local model's process says what it is."""


def run(settings: RunSettings, output: Path, judge: JudgeSettings | None = None, **options: Any) -> dict[str, Any]:
    """Answer, score and record; what is done already is not done again.

    Args:
        settings: what decides the answers.
        output: the run's folder.
        judge: who reads the answers, where the benchmark has a use for that. Without one, judgements that the folder
            holds of these answers are scored; where there are none and points are a judge's, nothing is scored yet.
        options: as `answering.answered` takes them.

    Returns:
        What `scores.json` holds, and "answered_now".

    Raises:
        RunFailed: inspect could not go on to the end, or a local model was deaf or ended.
        ValueError: nothing was answered at all: names the first failure; or as `check_folder`, `check_judge` and
            `judge_items`.
    """
    check_folder(settings, output)
    check_judge(settings.benchmark, judge)
    log, answered_now = answered(settings, output, **options)
    check_model_held(log, output)
    items = collect(log, settings.benchmark, output)
    failures = [item for item in items if item["error"] is not None]
    if len(failures) == len(items):
        raise ValueError(f"{output}: no question was answered; the first, {failures[0]['id']}: {failures[0]['error']}")
    # Written before the judge is asked: where that fails, `judge_run` goes on from here.
    write_json(output / MANIFEST, manifest_of(settings, log, items, process_facts(log)))
    scores = recorded_scores(output) if judge is None else judge_run(output, judge)
    return scores | {"answered_now": answered_now}


def check_model_held(log: EvalLog, output: Path) -> None:
    """Refuse a run whose local model stopped, as one that was handed audio and did not hear it: nothing of it counts.

    Raises:
        RunFailed: with the model's own reason.
    """
    for sample in log.samples or []:
        if sample.error is not None and ModelStopped.__name__ in sample.error.traceback:
            raise RunFailed(f"{output}: {error_words(sample.error.message)} Nothing of this run is scored.")


def judge_run(output: Path, judge: JudgeSettings) -> dict[str, Any]:
    """Let a judge read the answers of a run that is done, and score it by what it says.

    Returns:
        What `scores.json` holds then.

    Raises:
        ValueError: the folder holds no run; or as `check_judge` and `judge_items`.
    """
    benchmark = read_manifest(output)["settings"]["benchmark"]
    check_judge(benchmark, judge)
    judge_items(benchmark, output, judge)
    return recorded_scores(output)


def recorded_scores(output: Path) -> dict[str, Any]:
    """Score what is in a run's folder, and write it there.

    Beside `scores.json`, the manifest says who judged and what training data was searched, and `items.jsonl` the
    points of each item.

    Returns:
        What `scores.json` holds: the figures, what is counted beside them, and under "judging" what the judge did.
    """
    manifest, items = read_manifest(output), read_lines(output / ITEMS)
    benchmark = manifest["settings"]["benchmark"]
    scored = scored_run(benchmark, output)
    judging = judging_of(benchmark, output)
    scores = scored.figures | counted(items, scored) | {"judging": judging}
    contamination = read_contamination(output, manifest["settings"])
    if contamination is not None and scored.verdicts:
        scores[FIELD] = without_contaminated(contamination, scored, items)
    write_json(output / SCORES, scores)
    train_data = [] if contamination is None else contamination["train_data"]
    write_json(output / MANIFEST, manifest | {"judge": judged_by(judging), "train_data": train_data})
    if BENCHMARKS[benchmark].needs_judge:
        write_lines(output / ITEMS, judged_items(items, scored))
    return scores


def counted(items: Sequence[Mapping[str, Any]], scored: Scored) -> dict[str, Any]:
    """What is counted beside the scores: failed requests by their reason, answers cut at the limit, structure.

    Returns:
        {"failed", "failures", "cut", "reasoning"}.
    """
    failures = [{"id": item["id"], "error": item["error"]} for item in items if item["error"] is not None]
    reasons = Counter(failure["error"].strip().splitlines()[-1] for failure in failures)
    return {
        "failed": len(failures),
        "failures": failures,
        "failure_counts": dict(reasons.most_common()),
        "cut": sum(item["stop"] == CUT for item in items),
        "reasoning": reasoning_quality(items, scored.verdicts),
    }


def process_facts(log: EvalLog) -> dict[str, Any]:
    """What a local model's process said of itself."""
    for sample in log.samples or []:
        if sample.output.metadata and PROCESS in sample.output.metadata:
            return dict(sample.output.metadata[PROCESS])
    return {}


def read_run(output: Path) -> tuple[dict[str, Any], dict[str, Any], list[dict[str, Any]]]:
    """Scores, manifest and items of a run that is done.

    Raises:
        ValueError: the folder holds none, or not to its end.
    """
    found = [read_json(output / name) for name in (SCORES, MANIFEST)]
    if None in found or not (output / ITEMS).is_file():
        raise ValueError(f"{output}: no finished run is in this folder; run `audio-reasoner evaluate` first.")
    return found[0], found[1], read_lines(output / ITEMS)
