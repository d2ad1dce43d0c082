"""What a CoTA folder holds, in numbers: rows, hours, recordings, and chance beside the text-only baselines."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any


TEXT_COLUMNS = (
    "id",
    "duration",
    "domain",
    "task",
    "source",
    "license",
    "question",
    "choices",
    "answer",
    "annotations",
)
"""The columns that the statistics need: no audio."""


def summarize(rows_by_split: Mapping[str, Sequence[Mapping[str, Any]]]) -> dict[str, Any]:
    """Counts over rows that have `TEXT_COLUMNS` (annotations decoded). Hours are of clips, not of recordings."""
    composition: dict[str, dict[str, dict[str, int]]] = defaultdict(lambda: defaultdict(dict))
    recordings: dict[str, set[str]] = {split: set() for split in rows_by_split}
    sources: dict[tuple[str, str], set[str]] = defaultdict(set)
    seconds: Counter[str] = Counter()
    for split, rows in rows_by_split.items():
        for row in rows:
            tasks = composition[row["domain"]][row["task"]]
            tasks[split] = tasks.get(split, 0) + 1
            seconds[split] += row["duration"]
            licenses = row["license"].split(" AND ")
            for heard in row["annotations"]["recordings"]:
                recordings[split].add(heard["id"])
                source = heard["id"].split("/")[0]
                if len(licenses) == 1:
                    sources[source, licenses[0]].add(heard["id"])
    everything = [row for rows in rows_by_split.values() for row in rows]
    return {
        "rows": {split: len(rows) for split, rows in rows_by_split.items()},
        "composition": {domain: {task: dict(n) for task, n in tasks.items()} for domain, tasks in composition.items()},
        "hours": {split: round(seconds[split] / 3600, 3) for split in rows_by_split},
        "recordings": {split: len(found) for split, found in recordings.items()},
        "sources": [
            {"source": source, "license": name, "recordings": len(found)}
            for (source, name), found in sorted(sources.items())
        ],
        "chance": chance(rows_by_split.get("test", ())),
        "answer_positions": answer_positions(everything),
    }


def chance(rows: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """The accuracy of drawing a choice: overall, by domain, by task."""
    return grouped_mean(rows, lambda row: 1 / len(row["choices"]))


def grouped_mean(rows: Iterable[Mapping[str, Any]], value) -> dict[str, Any]:
    """`{"overall": mean, "by_domain": {…}, "by_task": {…}}` of `value(row)`."""
    found: dict[str, dict[str, list[float]]] = {"domain": defaultdict(list), "task": defaultdict(list)}
    values = []
    for row in rows:
        values.append(float(value(row)))
        for key, groups in found.items():
            groups[row[key]].append(values[-1])

    def mean(numbers: Sequence[float]) -> float:
        return round(sum(numbers) / len(numbers), 4) if numbers else 0.0

    return {
        "overall": mean(values),
        "by_domain": {name: mean(numbers) for name, numbers in sorted(found["domain"].items())},
        "by_task": {name: mean(numbers) for name, numbers in sorted(found["task"].items())},
    }


def answer_positions(rows: Iterable[Mapping[str, Any]]) -> dict[str, dict[str, Any]]:
    """By number of choices: how often the answer is at each place, and the p of a chi-square test of uniformity."""
    counts: dict[int, Counter[int]] = defaultdict(Counter)
    for row in rows:
        if row["answer"] in row["choices"]:
            counts[len(row["choices"])][list(row["choices"]).index(row["answer"])] += 1
    return {
        str(choices): {
            "counts": [found[place] for place in range(choices)],
            "p": round(chi_square_p([found[place] for place in range(choices)]), 4),
        }
        for choices, found in sorted(counts.items())
    }


def chi_square_p(counts: Sequence[int]) -> float:
    """The p value of the chi-square test that all counts have one expectation; 1 where there is nothing to test."""
    total = sum(counts)
    if len(counts) < 2 or total == 0:
        return 1.0
    from scipy.stats import chisquare

    return float(chisquare(counts).pvalue)
