"""Score a file of outputs: the official figure and the strict one, side by side, for the whole and every group."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from evaluation.outputs.benchmark import Benchmark, Verdict
from evaluation.outputs.items import Item, Reading, read_items
from evaluation.outputs.measures import Measure, measured
from evaluation.strict import named_counts


@dataclass(frozen=True)
class Scored:
    """A file of outputs, judged: its verdicts, its figures as `score_outputs` describes them, and what it was."""

    benchmark: Benchmark
    path: Path
    verdicts: list[Verdict]
    figures: dict[str, Any]


def score_outputs(benchmark: Benchmark, path: Path, key: str | None = None, swapped: Path | None = None) -> Scored:
    """Judge the outputs in `path`, a file in the benchmark's layout or, for `cota`, a folder of `evaluate`.

    Args:
        benchmark: whose layout and scorers.
        path: JSON list, JSONL, CSV or TSV.
        key: field of the prediction; the benchmark's own unless given.
        swapped: for `air_bench_chat`, the judgements with the two answers swapped.

    Returns:
        figures {"benchmark", "outputs", "key", "measure", "n", "official", "strict", "skipped", "unresolved",
        "intervals", "left_out_moved", "wording_moved", "wording", "named", "by_group", "release", "statements",
        "problems"}. Shares are between 0 and 1, BLEU is between 0 and 100. `official` is over the items that the
        official script counts, `strict` over all `n`; `skipped` counts those that the script leaves out, `unresolved`
        those in which nothing could be read, each of which `problems` lists. `named` counts, of choices, the answers
        that name the right one, a wrong one, none, several, or have nothing to read. `official` minus `strict` is
        `left_out_moved`, what the skipped items alone made of it, plus `wording_moved`. `release` is there where the
        benchmark's releases are told apart: the one that the items are of, or None.

    Raises:
        FileNotFoundError, ValueError: as `read_items` does.
    """
    reading = _read(benchmark, path, key, swapped)
    verdicts = benchmark.judge(reading.items)
    figures: dict[str, Any] = {"benchmark": benchmark.name, "outputs": str(path), "key": reading.key}
    figures |= {"measure": benchmark.measure.name} | group_figures(benchmark, verdicts)
    groups: dict[str, dict[str, list[Verdict]]] = {name: {} for name in benchmark.layout.groups}
    for verdict in verdicts:
        for grouping, group in verdict.item.groups.items():
            groups[grouping].setdefault(group, []).append(verdict)
    figures["by_group"] = {
        grouping: {group: group_figures(benchmark, members) for group, members in sorted(found.items())}
        for grouping, found in groups.items()
        if found
    }
    if benchmark.release is not None:
        figures["release"] = benchmark.release(verdicts)
    figures["statements"] = [*reading.statements, *benchmark.remarks(verdicts)]
    figures["problems"] = [
        {"id": verdict.item.id, "problem": verdict.problem, "prediction": verdict.item.prediction}
        for verdict in verdicts
        if verdict.problem
    ]
    figures["problem_counts"] = dict(Counter(verdict.problem for verdict in verdicts if verdict.problem))
    return Scored(benchmark, path, verdicts, figures)


def figures_without(scored: Scored, ids: Collection[str]) -> dict[str, Any]:
    """The figures of all items but some, as `group_figures` gives them; of no item they are None.

    Args:
        scored: outputs that were judged.
        ids: what the scorer calls the items that are left out, as in `Item.id`.

    Raises:
        ValueError: an id is none of an item.
    """
    unknown = sorted(set(ids) - {verdict.item.id for verdict in scored.verdicts})
    if unknown:
        raise ValueError(f"{scored.path} has no item {unknown[0]!r}, so it cannot be scored without it.")
    return group_figures(scored.benchmark, [verdict for verdict in scored.verdicts if verdict.item.id not in ids])


SUMMARY = ("n", "official", "strict", "intervals", "skipped", "unresolved", "named")
"""The figures that stand for a run, or a part of it, where it is set beside another; "named" of choices alone."""
NO_JUDGE = "No judge has given points yet."
NOT_PUBLIC = "The right answers of this split are not public: the benchmark's own server scores these outputs."


def without_figures(benchmark: Benchmark, path: Path, count: int, why: str) -> Scored:
    """So many answers that cannot be scored here, as `NO_JUDGE` or `NOT_PUBLIC` say: figures without values."""
    figures: dict[str, Any] = {"benchmark": benchmark.name, "outputs": str(path), "key": benchmark.layout.asked_key}
    figures |= {"measure": benchmark.measure.name} | group_figures(benchmark, []) | {"n": count, "by_group": {}}
    figures |= {"statements": [why], "problems": [], "problem_counts": {}}
    return Scored(benchmark, path, [], figures)


def group_figures(benchmark: Benchmark, verdicts: Sequence[Verdict]) -> dict[str, Any]:
    """The figures of some items, without groups: "n" to "wording" of what `score_outputs` returns."""
    measure = benchmark.measure
    counted = [verdict for verdict in verdicts if verdict.official is not None]
    official = measured(measure, [verdict.official for verdict in counted if verdict.official is not None])
    strict = measured(measure, [verdict.strict for verdict in verdicts])
    # The strict figure of the items that the official script counts: what is between them is the wording alone.
    alike = measured(measure, [verdict.strict for verdict in counted], interval=False)
    figures: dict[str, Any] = {
        "n": len(verdicts),
        "official": official["value"],
        "strict": strict["value"],
        "skipped": len(verdicts) - len(counted),
        "unresolved": sum(verdict.problem is not None for verdict in verdicts),
        "intervals": {
            name: None if found["value"] is None else [found["low"], found["high"]]
            for name, found in (("official", official), ("strict", strict))
        },
        "left_out_moved": _minus(alike["value"], strict["value"]),
        "wording_moved": _minus(official["value"], alike["value"]),
    }
    if measure.share:
        figures["wording"] = {
            "official_wrong_strict_right": sum(_rights(verdict) == (False, True) for verdict in counted),
            "official_right_strict_wrong": sum(_rights(verdict) == (True, False) for verdict in counted),
        }
        figures["named"] = named_counts((strict_right(verdict), verdict.problem) for verdict in verdicts)
    for further in benchmark.further:
        figures[further.name] = _further_figures(further, verdicts)
    return figures


def summary(figures: Mapping[str, Any]) -> dict[str, Any]:
    """Those of `SUMMARY` that the measure has."""
    return {name: figures[name] for name in SUMMARY if name in figures}


def official_right(verdict: Verdict) -> bool | None:
    """Whether an item of a share is officially right; None where it is left out."""
    return None if verdict.official is None else verdict.official[1][0] == 1


def strict_right(verdict: Verdict) -> bool:
    """Whether an item of a share is strictly right."""
    return verdict.strict[1][0] == 1


def _rights(verdict: Verdict) -> tuple[bool | None, bool]:
    return official_right(verdict), strict_right(verdict)


def _minus(first: float | None, second: float | None) -> float | None:
    return None if first is None or second is None else first - second


def _further_figures(measure: Measure, verdicts: Sequence[Verdict]) -> dict[str, Any]:
    parts = [verdict.more[measure.name] for verdict in verdicts]
    official = measured(measure, [part for part, _ in parts if part is not None])
    strict = measured(measure, [part for _, part in parts])
    sides = (("official", official), ("strict", strict))
    return {name: found["value"] for name, found in sides} | {
        "intervals": {name: [found["low"], found["high"]] for name, found in sides}
    }


def _read(benchmark: Benchmark, path: Path, key: str | None, swapped: Path | None) -> Reading:
    if path.is_dir():
        path = _answers_of(benchmark, path)
    reading = read_items(benchmark.layout, path, key)
    if swapped is None:
        return reading
    if benchmark.name != "air_bench_chat":
        raise ValueError(f"--swapped is for air_bench_chat, whose judge is asked twice, not for {benchmark.name}.")
    return _both_orders(reading, read_items(benchmark.layout, swapped, key), path, swapped)


def _answers_of(benchmark: Benchmark, folder: Path) -> Path:
    """The outputs in a folder that `audio-reasoner evaluate` wrote."""
    path = folder / "outputs.json"
    if not path.is_file():
        raise ValueError(f"{folder} is no folder of a run of {benchmark.name}: it has no outputs.json; name a file.")
    return path


def _both_orders(first: Reading, second: Reading, path: Path, swapped: Path) -> Reading:
    """The items of both files; an order in which an item was not judged has no prediction, or an empty one."""
    replies = {item.id: item for item in second.items}
    ids = {item.id for item in first.items}
    if not ids & set(replies):
        raise ValueError(f"{swapped} has no item of {path}: pass the judgements of the same items.")
    only = [item for item in second.items if item.id not in ids]
    items = [replace(item, swapped=_reply(replies.get(item.id))) for item in first.items]
    items += [replace(item, prediction=None, swapped=_reply(item)) for item in only]
    lacking = sum(item.id not in replies for item in first.items)
    said = [
        f"Items judged in {there} and not in {elsewhere}: {count}."
        for count, there, elsewhere in ((lacking, path, swapped), (len(only), swapped, path))
        if count
    ]
    return Reading(items, first.key, [*first.statements, *(f"{swapped}: {text}" for text in second.statements), *said])


def _reply(item: Item | None) -> str:
    return "" if item is None or item.prediction is None else item.prediction
