"""The Hub's `model-index` of a run, from its manifest and scores. Computes nothing anew."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from evaluation.benchmarks.registry import READERS
from evaluation.outputs.registry import benchmark_of
from evaluation.runs.finished import FinishedRun


NAMES = {
    "mmau": "MMAU",
    "mmar": "MMAR",
    "air_bench_foundation": "AIR-Bench foundation",
    "air_bench_chat": "AIR-Bench chat",
    "meld": "MELD",
    "covost2": "CoVoST 2",
    "auditorybench_pp": "AuditoryBench++",
    "cota": "CoTA",
}
"""Of benchmarks, as people write them."""
TASK_TYPE = "audio-text-to-text"
TASKS = {
    "air_bench_chat": (TASK_TYPE, "Audio chat"),
    "meld": (TASK_TYPE, "Emotion recognition in conversations"),
    "covost2": (TASK_TYPE, "Speech translation"),
    "auditorybench_pp": ("question-answering", "Questions about sounds, by text alone"),
}
"""The Hub's task of a benchmark and its name, where it is no choice among answers about a recording."""
CHOICE = (TASK_TYPE, "Audio question answering")
CONFIGS = {"cota": "domain"}
"""The grouping whose groups are configurations of the data set on the Hub."""
METRICS = {
    "accuracy": ("accuracy", "accuracy, percent", 100),
    "BLEU": ("bleu", "BLEU", 1),
    "weighted_f1": ("f1", "weighted F1, percent", 100),
}
"""The Hub's metric of a measure, what it is called, and its scale; others have their own name for both."""
UNKNOWN = "items of no known release"
"""In the place of a split that a file only calls itself."""
SIDES = ("strict", "official")
SOURCE = ("source_name", "source_url")


def split_of(run: FinishedRun) -> str:
    """The split of a run: the one it was given, or the default one of its benchmark."""
    return run.settings["split"] or READERS[run.settings["benchmark"]].splits[0]


def is_of_split(run: FinishedRun) -> bool:
    """Whether a run's items are shown to be those of the split: of the Hub's copy, or of a release that is known.

    Of a benchmark whose releases are not told apart, they are taken to be.
    """
    told = benchmark_of(run.settings["benchmark"]).release is not None
    return not told or run.scores.get("release") is not None or bool(run.manifest["data"].get("revision"))


def data_set_of(run: FinishedRun) -> str:
    """The Hub's repository of a run's benchmark, where it holds the split; else the benchmark's name."""
    benchmark = run.settings["benchmark"]
    source = READERS[benchmark].source
    held = is_of_split(run) and (not source.hub_splits or split_of(run) in source.hub_splits)
    return source.hub if source.hub is not None and held else benchmark


def run_title(run: FinishedRun) -> str:
    """Benchmark and split, or that the items are of no known release; how many where it was not all of them."""
    benchmark = run.settings["benchmark"]
    parts = [NAMES.get(benchmark, benchmark), split_of(run) if is_of_split(run) else UNKNOWN]
    if run.settings["limit"] is not None:
        parts.append(f"{run.scores['n']} items, evenly chosen")
    return ", ".join(parts)


def model_index(run: FinishedRun, source: Mapping[str, str | None] | None = None) -> list[dict[str, Any]]:
    """Strict and official figures of the whole, and of groups that are configurations of the data set.

    Args:
        run: of a benchmark.
        source: "source_name" and "source_url" of the results; left out unless given.

    Returns:
        Fields of huggingface_hub's `EvalResult`, a list. Shares are in percent. "verified" is the Hub's to set.
    """
    benchmark = run.settings["benchmark"]
    task_type, task_name = TASKS.get(benchmark, CHOICE)
    args = {"prompt": run.manifest["prompt"], "questions_sha256": run.manifest["data"]["questions_sha256"]}
    if run.settings["limit"] is not None:
        args["limit"] = run.settings["limit"]
    about = {
        "task_type": task_type,
        "task_name": task_name,
        "dataset_type": data_set_of(run),
        "dataset_split": split_of(run) if is_of_split(run) else None,
        "dataset_revision": run.manifest["data"].get("revision"),
        "dataset_args": args,
        **{name: (source or {})[name] for name in SOURCE if (source or {}).get(name)},
    }
    grouping = CONFIGS.get(benchmark)
    parts: list[tuple[str | None, str, Mapping[str, Any]]] = [
        (None if grouping is None else "default", run_title(run), run.scores)
    ]
    if grouping is not None:
        groups = run.scores["by_group"].get(grouping, {})
        parts += [(group, f"{run_title(run)}, {group}", line) for group, line in groups.items()]
    measures = [run.scores["measure"], *(further.name for further in benchmark_of(benchmark).further)]
    return [
        {**about, "dataset_config": config, "dataset_name": name, **metric}
        for config, name, line in parts
        for measure in measures
        for metric in _metrics(measure, line if measure == measures[0] else line[measure])
    ]


def _metrics(measure: str, line: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The metric of each side that has a figure: type, name with the interval, and value; shares in percent."""
    kind, words, scale = METRICS.get(measure, (measure, measure, 1))
    digits = 2 if measure == "points" else 1
    found = []
    for side in SIDES:
        if line[side] is None:
            continue
        interval = line["intervals"][side]
        ends = None if interval is None else " to ".join(f"{scale * end:.{digits}f}" for end in interval)
        name = f"{side.capitalize()} {words}"
        found.append(
            {
                "metric_type": kind,
                "metric_name": name if ends is None else f"{name} (95% {ends})",
                "metric_value": round(scale * line[side], 2),
            }
        )
    return found
