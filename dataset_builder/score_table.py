"""Means of a score over rows: overall, by domain and by task."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any


def grouped_mean(rows: Iterable[Mapping[str, Any]], value: Callable[[Mapping[str, Any]], float]) -> dict[str, Any]:
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
