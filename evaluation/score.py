"""Score answers: one row at a time, then shares with intervals for the whole, each domain and each task."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from evaluation.intervals import wilson_interval
from evaluation.official.mmau import mmau_match
from evaluation.strict import named_choice, named_counts


Row = Mapping[str, Any]


def judge(row: Row) -> dict[str, Any]:
    """`row` with what was found of it.

    Returns:
        The row with `choice` (the text its response names, or None), `unread` (why there is none, or None), `correct`
        (strict) and `mmau` (official matcher).
    """
    named = named_choice(row["response"], row["choices"])
    official = mmau_match(row["answer"], row["response"] or "", row["choices"])
    found = {"choice": named.choice, "unread": named.problem, "correct": named.choice == row["answer"]}
    return dict(row) | found | {"mmau": official}


def share(right: int, total: int) -> dict[str, Any]:
    """{"right", "total", "accuracy", "low", "high"}: a share with its 95% Wilson interval."""
    low, high = wilson_interval(right, total)
    accuracy = right / total if total else None
    return {"right": right, "total": total, "accuracy": accuracy, "low": low, "high": high}


def score_rows(rows: Sequence[Row]) -> dict[str, Any]:
    """The figures of judged rows of one condition: strict accuracy first, then what else is counted."""
    total = len(rows)
    return share(sum(row["correct"] for row in rows), total) | {
        "mmau_accuracy": sum(row["mmau"] for row in rows) / total,
        "complete": sum(row["complete"] for row in rows) / total,
        "abstained": sum(row["choice"] is None for row in rows),
        "named": named_counts((row["correct"], row["unread"]) for row in rows),
        "truncated": sum(row["truncated"] for row in rows),
    }


def score_table(
    conditions: Mapping[str, Sequence[Row]], text_baselines: Mapping[str, Any] | None = None
) -> list[dict[str, Any]]:
    """One line for the whole, each domain, and each task in each domain.

    Args:
        conditions: judged rows by condition; `real` is there, over the same ids as the others.
        text_baselines: `baselines` of the CoTA folder's statistics.json.

    Returns:
        Lines {"scope": "all" | "domain" | "task", "domain", "task", "real": figures, "silence"…, "chance",
        "text_only", "baseline": {"name", "accuracy"}, "margin", "above_baseline"}. `baseline` is the largest of
        chance, text-only, silence and shuffled; `margin` is accuracy minus it; `above_baseline` says whether the
        interval's lower end is above it.
    """
    lines = []
    for scope, domain, task in _scopes(conditions["real"]):
        chosen = {name: [row for row in rows if _within(row, domain, task)] for name, rows in conditions.items()}
        real = chosen["real"]
        line: dict[str, Any] = {"scope": scope, "domain": domain, "task": task}
        line |= {name: score_rows(rows) for name, rows in chosen.items()}
        line["chance"] = sum(1 / len(row["choices"]) for row in real) / len(real)
        line["text_only"] = text_only(text_baselines or {}, domain, task)
        baselines = {"chance": line["chance"], "text-only": line["text_only"]}
        baselines |= {name: line[name]["accuracy"] for name in chosen if name != "real"}
        name, value = max(((n, v) for n, v in baselines.items() if v is not None), key=lambda pair: pair[1])
        line["baseline"] = {"name": name, "accuracy": value}
        line["margin"] = line["real"]["accuracy"] - value
        line["above_baseline"] = line["real"]["low"] > value
        lines.append(line)
    return lines


def _scopes(rows: Iterable[Row]) -> list[tuple[str, str | None, str | None]]:
    """The whole; then each domain followed by its tasks, in alphabetical order."""
    pairs = sorted({(row["domain"], row["task"]) for row in rows})
    scopes: list[tuple[str, str | None, str | None]] = [("all", None, None)]
    for domain in sorted({domain for domain, _ in pairs}, key=_domain_order):
        scopes.append(("domain", domain, None))
        scopes += [("task", domain, task) for other, task in pairs if other == domain]
    return scopes


def _domain_order(domain: str) -> tuple[int, str]:
    known = ("sound", "speech", "music")
    return (known.index(domain) if domain in known else len(known), domain)


def _within(row: Row, domain: str | None, task: str | None) -> bool:
    return (domain is None or row["domain"] == domain) and (task is None or row["task"] == task)


def text_only(baselines: Mapping[str, Any], domain: str | None, task: str | None) -> float | None:
    """The larger of the text-only baselines for the whole, a domain or a task; None where it was not measured.

    `baselines` is {"majority": …, "bag_of_words": …}, each {"overall": share, "by_domain": {…}, "by_task": {…}}.
    """
    found = []
    for baseline in baselines.values():
        if task is not None:
            value = baseline.get("by_task", {}).get(task)
        elif domain is not None:
            value = baseline.get("by_domain", {}).get(domain)
        else:
            value = baseline.get("overall")
        if value is not None:
            found.append(float(value))
    return max(found, default=None)
