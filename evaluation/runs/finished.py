"""A run that is done, read from its folder and held against its manifest. Knows nothing of models or pages."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from evaluation.outputs.registry import benchmark_of
from evaluation.outputs.score import Scored
from evaluation.runs.collect import ITEMS, OUTPUTS, outputs_hash
from evaluation.runs.judging import scored_run
from evaluation.runs.manifest import MANIFEST, read_manifest
from evaluation.runs.run import read_run


@dataclass(frozen=True)
class FinishedRun:
    """A run's folder and what `scores.json`, `manifest.json` and `items.jsonl` in it hold."""

    folder: Path
    scores: Mapping[str, Any]
    manifest: Mapping[str, Any]
    items: Sequence[Mapping[str, Any]]

    @property
    def settings(self) -> Mapping[str, Any]:
        """What decided the answers, as `RunSettings.to_json` gives it."""
        return self.manifest["settings"]


def finished_run(folder: Path) -> FinishedRun:
    """The run in a folder.

    Raises:
        ValueError: there is none, it was written by another version, or its items are not those of its manifest.
    """
    scores, _, items = read_run(folder)
    manifest = read_manifest(folder)
    if outputs_hash(items) != manifest["outputs_sha256"]:
        raise ValueError(
            f"{folder / ITEMS} does not hold the outputs of {folder / MANIFEST}: one of them was changed or is of "
            "another run. Run `audio-reasoner evaluate` into this folder again."
        )
    return FinishedRun(folder, scores, manifest, items)


def scored_again(run: FinishedRun) -> Scored:
    """The outputs of a run, judged by the scorers of this version.

    Each verdict's item has the id that the run gives it, so that two runs meet item by item whatever names the
    benchmark's layout has for them.

    Raises:
        ValueError: the outputs are not in the benchmark's layout or not as many as the items, or cannot be scored:
            their points are a judge's and no judge has read them, or the right answers are not public.
        FileNotFoundError: there are none.
    """
    benchmark = benchmark_of(run.settings["benchmark"])
    scored = scored_run(benchmark.name, run.folder)
    check_scored(run.folder, scored.figures)
    if benchmark.needs_judge:
        return scored  # a judge's replies have the ids of the items
    if len(scored.verdicts) != len(run.items):
        raise ValueError(
            f"{run.folder / OUTPUTS} has {len(scored.verdicts)} items and {run.folder / ITEMS} {len(run.items)}: they "
            "are not of one run. Run `audio-reasoner evaluate` into this folder again."
        )
    verdicts = [
        replace(verdict, item=replace(verdict.item, id=item["id"]))
        for verdict, item in zip(scored.verdicts, run.items, strict=True)
    ]
    return replace(scored, verdicts=verdicts)


def check_scored(folder: Path, figures: Mapping[str, Any]) -> None:
    """Raise ValueError for a run without figures, as before a judge has read it; says why it has none.

    Args:
        folder: of the run.
        figures: as its `scores.json` holds them.
    """
    if figures["strict"] is None:
        raise ValueError(f"{folder} has no score. {' '.join(figures['statements'])}")
