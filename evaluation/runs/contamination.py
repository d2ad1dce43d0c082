"""A run scored without the items that occur in training data, as `contamination.json` in its folder lists them.

Knows nothing of how they were found: `audio-reasoner evaluate --train-data` writes the list before anything is asked.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from evaluation.cota import read_json
from evaluation.outputs.items import identities
from evaluation.outputs.score import Scored, figures_without, summary
from evaluation.runs.table import number


CONTAMINATION = "contamination.json"
FIELD = "without_contaminated"
"""Of `scores.json`."""
WAYS = {"source_id": "source id", "audio": "sound", "question": "question"}
OF_RECORDINGS = ("source_id", "audio")
"""The ways that say that the recording itself was trained on, and not only a question of the same words."""


def subject(settings: Mapping[str, Any]) -> dict[str, Any]:
    """What a list of contaminated items is about, of the settings of a run: its questions, whoever answers them."""
    return {name: settings[name] for name in ("benchmark", "data", "split")}


def read_contamination(output: Path, settings: Mapping[str, Any]) -> dict[str, Any] | None:
    """The list of contaminated items in a run's folder; None where there is none, or one about other questions.

    Args:
        output: the run's folder.
        settings: of the run, as `RunSettings.to_json` gives them.

    Returns:
        {"of", "train_data", "items", "compared", "statements"}: each of "items" is {"id", "by", "detail", "row"}, one
        line for each way in which an item was found; "statements" say what was compared and what could not be.

    Raises:
        ValueError: the file is not JSON, or lacks a field.
    """
    found = read_json(output / CONTAMINATION)
    if found is None:
        return None
    missing = [name for name in ("of", "train_data", "items", "compared", "statements") if name not in found]
    if missing:
        raise ValueError(f"{output / CONTAMINATION} has no {missing[0]!r}: remove it, and search with --train-data.")
    return found if found["of"] == subject(settings) else None


def without_contaminated(
    report: Mapping[str, Any], scored: Scored, items: Sequence[Mapping[str, Any]]
) -> dict[str, Any]:
    """The figures of a run without the items that occur in the training data.

    Args:
        report: as `read_contamination` gives it; of its items only those count that the run asked.
        scored: the run's outputs.
        items: the run's items in the order of its outputs, as `collect` gives them.

    Returns:
        {"n", "official", "strict", "intervals", "skipped", "unresolved", "removed", "by", "recordings", "statements"},
        "named" of choices, and further figures of the benchmark. "removed" counts the items that are left out, "by"
        those that were found in each way; an item may be found in several. "recordings" has the figures, and
        "removed", where only those items are left out whose recording was found: a question that is asked of many
        recordings occurs without them.

    Raises:
        ValueError: an item of the run was not scored.
    """
    benchmark = scored.benchmark
    names, _ = identities(benchmark.layout, [item["entry"] for item in items], scored.path)
    name_of = {str(item["id"]): name for item, name in zip(items, names, strict=True)}
    found = {(name_of[line["id"]], line["by"]) for line in report["items"] if line["id"] in name_of}
    counts = Counter(by for _, by in found)

    def without(removed: set[str]) -> dict[str, Any]:
        figures = figures_without(scored, removed)
        further = {measure.name: figures[measure.name] for measure in benchmark.further}
        return summary(figures) | further | {"removed": len(removed)}

    return without({name for name, _ in found}) | {
        "by": {way: counts[way] for way in WAYS},
        "recordings": without({name for name, by in found if by in OF_RECORDINGS}),
        "statements": list(report["statements"]),
    }


def contamination_sentences(scores: Mapping[str, Any]) -> list[str]:
    """What the training data took from the score; nothing where none was searched.

    Args:
        scores: as `scores.json` holds them.
    """
    found = scores.get(FIELD)
    if found is None:
        return []
    return [_score_sentence(scores, found), *_ways(found, scores["measure"]), *found["statements"]]


def _score_sentence(scores: Mapping[str, Any], found: Mapping[str, Any]) -> str:
    removed, whole = found["removed"], scores["n"]
    if not removed:
        return f"In the training data: none of the {whole} items, as far as they could be compared."
    if not found["n"]:
        return f"In the training data: all of the {whole} items, so that there is no score without them."
    strict, official = (_figure(found, side, scores["measure"]) for side in ("strict", "official"))
    before = ", ".join(f"{side} {number(scores[side], scores['measure'])}" for side in ("strict", "official"))
    return (
        f"In the training data: {removed} of the {whole} items. Without them strict {strict}, official {official}, on "
        f"{found['n']} items; with them {before}."
    )


def _figure(found: Mapping[str, Any], side: str, measure: str) -> str:
    interval = found["intervals"][side]
    ends = "" if interval is None else f" ({'–'.join(number(end, measure) for end in interval)}, 95%)"
    return f"{number(found[side], measure)}{ends}"


def _ways(found: Mapping[str, Any], measure: str) -> list[str]:
    if not found["removed"]:
        return []
    ways = ", ".join(f"{count} by {WAYS[way]}" for way, count in found["by"].items() if count)
    said = [f"Found: {ways}; {CONTAMINATION} names the rows."]
    others = found["recordings"]
    if not others["removed"]:
        said.append("Of all of them only the question was found, asked of other recordings.")
    elif others["removed"] < found["removed"]:
        strict, official = (_figure(others, side, measure) for side in ("strict", "official"))
        said.append(
            f"Of {found['removed'] - others['removed']} of them only the question was found, asked of another "
            f"recording; without the other {others['removed']} alone strict {strict}, official {official}."
        )
    return said
