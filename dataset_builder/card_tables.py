"""The tables of the dataset's card, in Markdown. Knows statistics and no files."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

from .schema import SPLITS


SHARDS_LISTED = 100
LISTED = 30
"""Lines of a table that grows with the data; what goes beyond is counted."""


def length_text(hours: float) -> str:
    """As many hours, minutes or seconds as read well."""
    if hours >= 1:
        return f"{hours:,.1f} hours"
    return f"{60 * hours:.1f} minutes" if 60 * hours >= 1 else f"{3600 * hours:.0f} seconds"


def manifest_table(shards: Sequence[Mapping[str, Any]]) -> str:
    """The shards, where they are few enough to be read."""
    if len(shards) > SHARDS_LISTED:
        return ""
    lines = [[f"`{shard['path']}`", f"{shard['rows']:,}", f"`{shard['sha256'][:16]}…`"] for shard in shards]
    return f"\n{table(['shard', 'rows', 'SHA-256'], lines)}\n"


def _listed(lines: list[list[object]]) -> list[list[object]]:
    """The first lines, and one that says how many more there are."""
    if len(lines) <= LISTED:
        return lines
    return [*lines[:LISTED], [f"… and {len(lines) - LISTED:,} more", *[""] * (len(lines[0]) - 1)]]


def reasons_table(stages: Mapping[str, Any]) -> str:
    """What was left out, the most frequent reason first."""
    lines = [[name, check, count] for name, found in stages.items() for check, count in found["checks"].items()]
    lines.sort(key=lambda line: -line[2])
    found: list[list[object]] = [[stage, check, f"{count:,}"] for stage, check, count in lines]
    return table(["stage", "check or error", "left out"], _listed(found)) if found else "Nothing was left out."


def decontamination_text(compared: Sequence[Mapping[str, Any]]) -> str:
    """Of which benchmarks test items were left out, and by what rows were compared with them."""
    if not compared:
        return "Rows were compared with the test items of no benchmark."
    columns = ("items", "source_id", "audio", "question")
    lines: list[list[object]] = [[line["benchmark"], *(f"{line[name]:,}" for name in columns)] for line in compared]
    missing = [line["benchmark"] for line in compared if line["audio"] < line["items"]]
    warning = (
        f" Of {', '.join(missing)} not all items were compared by audio: such a recording under another name, with "
        "another question, would not have been found."
    )
    unasked = (
        " A question that is asked of any recording, as a short open one or one of many items, was compared with none."
    )
    fewer = any(line["question"] < line["items"] for line in compared)
    header = ["benchmark", "test items", "by source id", "by audio", "by question"]
    return (
        f"Rows that are test items of these benchmarks were left out.{warning if missing else ''}"
        f"{unasked if fewer else ''} How many of the items rows were compared with:\n\n{table(header, lines)}"
    )


def hours_table(hours_by: Mapping[str, Mapping[str, float]]) -> str:
    """How long the clips are, by domain, source and language."""
    lines: list[list[object]] = []
    for name, found in hours_by.items():
        if set(found) == {"none"}:  # as the language of recordings in which nobody speaks
            continue
        of_name: list[list[object]] = [
            [name, key.replace("+", " + "), length_text(hours)]
            for key, hours in sorted(found.items(), key=lambda item: -item[1])
        ]
        lines += _listed(of_name)
    return table(["by", "", "length of the clips"], lines)


def lengths_table(lengths: Mapping[str, Any]) -> str:
    """Rows by length of their clips."""
    edges = lengths["edges"]
    names = [f"up to {edges[0]}", *(f"{low} to {high}" for low, high in pairwise(edges)), f"over {edges[-1]}"]
    kept = [(name, rows) for name, rows in zip(names, lengths["rows"], strict=True) if rows]
    return table(["", *(name for name, _ in kept)], [["rows", *(f"{rows:,}" for _, rows in kept)]])


def composition_table(statistics: Mapping[str, Any]) -> str:
    """Rows by domain, task and split, and what they amount to."""
    lines = [
        [domain, task, *(f"{counts.get(split, 0):,}" for split in SPLITS)]
        for domain, tasks in statistics["composition"].items()
        for task, counts in tasks.items()
    ]
    lines.append(["all", "rows", *(f"{statistics['rows'][split]:,}" for split in SPLITS)])
    lines.append(["all", "clips", *(length_text(statistics["hours"][split]) for split in SPLITS)])
    lines.append(["all", "recordings", *(f"{statistics['recordings'][split]:,}" for split in SPLITS)])
    return table(["domain", "task", *SPLITS], lines)


def baselines_text(statistics: Mapping[str, Any]) -> str:
    """Chance beside what the text alone answers."""
    if not statistics["chance"]["by_task"]:
        return "There are no multiple-choice questions in test, on which to say what the text alone would answer."
    scores = {"chance": statistics["chance"], **statistics["baselines"]}
    asked = statistics["test_questions"]
    lines = [["overall", f"{asked['overall']:,}", *(f"{score['overall']:.1%}" for score in scores.values())]]
    for group in ("by_domain", "by_task"):
        for name in statistics["chance"][group]:
            shares = (f"{score[group][name]:.1%}" for score in scores.values())
            lines.append([name, f"{asked[group][name]:,}", *shares])
    header = ["test rows", "questions", *(name.replace("_", " ") for name in scores)]
    return (
        "Chance and two baselines that read the text of multiple-choice questions and hear nothing, trained on train "
        f"and scored on test:\n\n{table(header, lines)}"
    )


def table(header: Sequence[object], lines: Sequence[Sequence[object]]) -> str:
    """A Markdown table; columns of figures are flushed right."""
    columns = list(zip(*lines, strict=True)) if lines else [()] * len(header)
    rules = ["---:" if _are_figures(column) else "---" for column in columns]
    rows = [header, rules, *lines]
    return "\n".join(f"| {' | '.join(map(str, row))} |" for row in rows)


def _are_figures(column: Sequence[object]) -> bool:
    filled = [str(cell) for cell in column if str(cell).strip()]
    return bool(filled) and all(cell[0].isdigit() or cell[0] == "-" for cell in filled)
