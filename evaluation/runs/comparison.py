"""Two runs of one benchmark: how they differ as a whole and in each group, and which items changed.

Differences are those of the first run minus the second, on the items that are in both.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from evaluation.outputs.benchmark import Verdict
from evaluation.outputs.compare import compare
from evaluation.outputs.measures import Measure, difference, value_of
from evaluation.outputs.score import Scored, summary
from evaluation.runs.finished import FinishedRun, finished_run, scored_again
from evaluation.runs.run_differences import answered, asked_otherwise, other_settings


SIDES = ("official", "strict")
Pair = tuple[Verdict, Verdict]


def compare_runs(first: Path, second: Path) -> dict[str, Any]:
    """What two runs have in common and not.

    Args:
        first, second: folders of finished runs of one benchmark.

    Returns:
        {"benchmark", "measure", "first", "second", "comparison", "groups", "changed", "questions", "settings"}.
        "first" and "second" hold "folder", "model", "date", and of `score_outputs` "n", "official", "strict",
        "skipped", "unresolved", "intervals" and, of choices, "named". "comparison" is what
        `evaluation.outputs.compare.compare` returns, with an "interval" of each difference. "groups" has the same for
        each group, in a list, with "grouping" and "group". "changed" lists the items whose official or strict value
        is another one. "questions" says in sentences what was asked otherwise in one run, and is empty where all was
        the same; "settings" lists what else differs: [name, in the first, in the second].

    Raises:
        ValueError: a folder holds no finished run, the benchmarks differ, no item is in both, or an item has another
            right answer in the other run.
    """
    runs = finished_run(first), finished_run(second)
    names = [run.settings["benchmark"] for run in runs]
    if names[0] != names[1]:
        raise ValueError(
            f"{first} is a run of {names[0]}, {second} one of {names[1]}: compare two runs of one benchmark."
        )
    ours, theirs = (scored_again(run) for run in runs)
    asked_alike = runs[0].manifest["data"]["questions_sha256"] == runs[1].manifest["data"]["questions_sha256"]
    comparison = compare(ours, theirs, choices=asked_alike)
    others = {verdict.item.id: verdict for verdict in theirs.verdicts}
    pairs = [(verdict, others[verdict.item.id]) for verdict in ours.verdicts if verdict.item.id in others]
    for side in SIDES:
        comparison[side]["interval"] = _interval(ours.benchmark.measure, comparison[side], pairs, side)
    return {
        "benchmark": names[0],
        "measure": ours.benchmark.measure.name,
        **{
            name: _figures(run, scored)
            for name, run, scored in zip(("first", "second"), runs, (ours, theirs), strict=True)
        },
        "comparison": comparison,
        "groups": _groups(ours, theirs, pairs),
        "changed": _changed(runs, ours, theirs),
        "questions": [] if asked_alike else asked_otherwise(*zip(runs, (ours, theirs), strict=True)),
        "settings": other_settings(*(run.manifest for run in runs)),
    }


def _figures(run: FinishedRun, scored: Scored) -> dict[str, Any]:
    return {
        "folder": str(run.folder),
        "model": run.manifest["model"]["name"],
        "date": run.manifest["date"],
        **summary(scored.figures),
    }


def _groups(ours: Scored, theirs: Scored, pairs: Sequence[Pair]) -> list[dict[str, Any]]:
    """The differences in each group of the first run's items."""
    members: dict[tuple[str, str], list[Pair]] = {}
    for grouping in ours.benchmark.layout.groups:
        named = [(pair[0].item.groups[grouping], pair) for pair in pairs if grouping in pair[0].item.groups]
        for group, pair in sorted(named, key=lambda entry: entry[0]):
            members.setdefault((grouping, group), []).append(pair)
    lines = []
    for (grouping, group), within in members.items():
        found = compare(
            replace(ours, verdicts=[verdict for verdict, _ in within]),
            replace(theirs, verdicts=[verdict for _, verdict in within]),
            choices=False,
        )
        line: dict[str, Any] = {"grouping": grouping, "group": group, "n": found["n"]}
        for side in SIDES:
            line[side] = {name: value for name, value in found[side].items() if name != "changed"}
            line[side]["interval"] = _interval(ours.benchmark.measure, found[side], within, side)
        lines.append(line)
    return lines


def _interval(measure: Measure, found: Mapping[str, Any], pairs: Sequence[Pair], side: str) -> list[float] | None:
    """The 95% interval of a difference, by a bootstrap that draws the same items for both runs.

    None where nothing changed, and of one item: all resamples are alike, which says nothing of how sure that is.
    """
    if not found["n"]:
        return None
    parts = [tuple(getattr(verdict, side) for verdict in pair) for pair in pairs]
    counted = [(one, other) for one, other in parts if one is not None and other is not None]
    if len(counted) == 1 or all(one == other for one, other in counted):
        return None
    if "interval" in found:
        return list(found["interval"])
    bounds = difference(measure, [one for one, _ in counted], [other for _, other in counted])
    return [bounds["low"], bounds["high"]]


def _changed(runs: tuple[FinishedRun, FinishedRun], ours: Scored, theirs: Scored) -> list[dict[str, Any]]:
    """The items with another official or strict value, with what was asked, both answers and the right one."""
    there = answered(runs[1], theirs)
    measure = ours.benchmark.measure
    lines = []
    for name, one in answered(runs[0], ours).items():
        if name not in there:
            continue
        other = there[name]
        answers = {"first": _answer(*one, measure), "second": _answer(*other, measure)}
        if all(answers["first"][side] == answers["second"][side] for side in SIDES):
            continue
        asked = [item["asked"] for item, _ in (one, other)]
        lines.append(
            {
                "id": name,
                "groups": dict(one[1].item.groups),
                "asked": asked[0],
                "asked_second": None if asked[0] == asked[1] else asked[1],
                # Where a judge gives points, the reference answer that it is shown.
                "right": one[1].item.answer or str(one[0]["entry"].get("answer_gt", "")),
                **answers,
            }
        )
    return lines


def _answer(item: Mapping[str, Any], verdict: Verdict, measure: Measure) -> dict[str, Any]:
    """What a run answered to an item: {"prediction", "output", "error", "named", "official", "strict"}."""
    return {
        **{name: item[name] for name in ("prediction", "output", "error")},
        "named": verdict.named,
        **{side: value_of(measure, getattr(verdict, side)) for side in SIDES},
    }
