"""One run from its settings to its folder: answers, scores, manifest, figures.

OUTPUT/log/            inspect's log: `inspect view --log-dir OUTPUT/log`
OUTPUT/outputs.json    the official layout with the predictions: `audio-reasoner score BENCHMARK OUTPUT/outputs.json`
OUTPUT/items.jsonl     all that is known of each item
OUTPUT/scores.json     the figures of `audio-reasoner score --json`, and what else was counted
OUTPUT/manifest.json   what it was measured on
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
from evaluation.manifest import write_json
from evaluation.outputs.registry import BENCHMARKS
from evaluation.outputs.score import Scored, score_outputs
from evaluation.runs.answering import answered
from evaluation.runs.collect import ITEMS, OUTPUTS, collect, read_lines
from evaluation.runs.contamination import FIELD, read_contamination, without_contaminated
from evaluation.runs.manifest import MANIFEST, manifest_of
from evaluation.runs.reasoning_quality import reasoning_quality
from evaluation.runs.settings import RunSettings


SCORES = "scores.json"
PROCESS = "process"
"""The field of an answer's metadata in which a local model's process says what it is."""


class Deafness(RuntimeError):
    """A local model did not hear what it was asked about, so that the run says nothing."""


def run(settings: RunSettings, output: Path, **options: Any) -> dict[str, Any]:
    """Answer, score and record; what is done already is not done again.

    Args:
        settings: what decides the answers.
        output: the run's folder.
        options: as `answering.answered` takes them.

    Returns:
        What `scores.json` holds, and "answered_now".

    Raises:
        RunFailed: inspect could not go on to the end.
        ValueError: nothing was answered at all: names the first failure.
    """
    log, answered_now = answered(settings, output, **options)
    items = collect(log, settings.benchmark, output)
    failures = [item for item in items if item["error"] is not None]
    if len(failures) == len(items):
        raise ValueError(f"{output}: no question was answered; the first, {failures[0]['id']}: {failures[0]['error']}")
    scored = score_outputs(BENCHMARKS[settings.benchmark], output / OUTPUTS)
    scores = scored.figures | counted(items, scored)
    contamination = read_contamination(output, settings.to_json())
    if contamination is not None:
        scores[FIELD] = without_contaminated(contamination, scored, items)
    write_json(output / SCORES, scores)
    train_data = contamination["train_data"] if contamination is not None else []
    write_json(output / MANIFEST, manifest_of(settings, log, items, process_facts(log), train_data))
    return scores | {"answered_now": answered_now}


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
        "cut": sum(item["stop"] == "max_tokens" for item in items),
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
