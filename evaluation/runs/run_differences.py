"""What two runs were asked, heard and measured on otherwise. Knows nothing of their scores."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from evaluation.outputs.benchmark import Verdict
from evaluation.outputs.score import Scored
from evaluation.runs.finished import FinishedRun


Answered = tuple[Mapping[str, Any], Verdict]
"""An item as a run holds it, and what was found of it."""
DIFFERENCES = {
    "choices": "Other choices, as in another release of the benchmark",
    "order": "The same choices in another order",
    "asked": "Asked in other words, as by another prompt",
    "heard": "Something else was heard",
    "entry": "Other fields of the benchmark's entry, as in another release of it",
    "same": "Asked and heard the same",
}
"""What two runs can ask otherwise of an item; the first that holds is counted."""
NOT_COMPARED = ("outputs_sha256", "date", "seconds", "log")
"""Fields of a manifest that differ between any two runs."""


def answered(run: FinishedRun, scored: Scored) -> dict[str, Answered]:
    """The items of a run that are scored, with their verdicts, by id."""
    items = {item["id"]: item for item in run.items}
    return {verdict.item.id: (items[verdict.item.id], verdict) for verdict in scored.verdicts}


def asked_otherwise(first: tuple[FinishedRun, Scored], second: tuple[FinishedRun, Scored]) -> list[str]:
    """What was asked otherwise, in sentences, of two runs whose questions have other hashes."""
    hashes = [run.manifest["data"]["questions_sha256"][:12] for run, _ in (first, second)]
    said = [f"The runs were not asked the same: their questions have the hashes {hashes[0]} and {hashes[1]}."]
    here, there = answered(*first), answered(*second)
    only = len(here.keys() - there.keys()), len(there.keys() - here.keys())
    if any(only):
        said.append(f"Asked in one run only, and not compared: {only[0]} items in the first, {only[1]} in the second.")
    counts = dict.fromkeys(DIFFERENCES, 0)
    shared = here.keys() & there.keys()
    for name in shared:
        counts[_otherwise(here[name], there[name])] += 1
    return said + [
        f"{text}: {counts[what]} of {len(shared)} items." for what, text in DIFFERENCES.items() if counts[what]
    ]


def _otherwise(one: Answered, other: Answered) -> str:
    """The name in `DIFFERENCES` of what an item was asked otherwise."""
    (item, verdict), (other_item, other_verdict) = one, other
    choices, other_choices = verdict.item.choices, other_verdict.item.choices
    if sorted(map(str, choices)) != sorted(map(str, other_choices)):
        return "choices"
    if choices != other_choices:
        return "order"
    if item["asked"] != other_item["asked"]:
        return "asked"
    if _heard(item) != _heard(other_item):
        return "heard"
    return "same" if item["entry"] == other_item["entry"] else "entry"


def _heard(item: Mapping[str, Any]) -> list[str]:
    return [sent["sent_sha256"] for sent in (item["heard"] or {}).get("sent", [])]


def other_settings(first: Mapping[str, Any], second: Mapping[str, Any]) -> list[list[str]]:
    """The fields of two manifests that differ: [dotted name, in the first, in the second]."""
    here, there = _flat(first), _flat(second)
    names = [*here, *(name for name in there if name not in here)]
    return [[name, here.get(name, "–"), there.get(name, "–")] for name in names if here.get(name) != there.get(name)]


def _flat(fields: Mapping[str, Any], before: str = "") -> dict[str, str]:
    found: dict[str, str] = {}
    for name, value in fields.items():
        if name in NOT_COMPARED:
            continue
        if isinstance(value, Mapping):
            found |= _flat(value, f"{before}{name}.")
        else:
            found[f"{before}{name}"] = "–" if value is None else str(value)
    return found
