"""What is heard in each recording of a row of CoTA, as its annotations tell, and where there is silence.

Knows the layout of `annotations`, nothing of waveforms, questions or models.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any


SPAN_FACTS = ("events", "turns", "leads")
"""Facts that list one label for each recording of `annotations["recordings"]`, in the order in which they sound."""
PAUSE = "silence"
"""The label of silence before, between and after the recordings of a clip."""
SHORTEST_PAUSE = 0.2
ORDINAL = "ordinal"
"""The vocabulary of the places of recordings that are told apart or counted."""
ORDINALS = ("first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth")


@dataclass(frozen=True)
class HeardLabel:
    """A label and when it is heard.

    Args:
        vocabulary: labels of one vocabulary exclude each other: a task, or a task and the fact that names the label.
        label: the word or words.
        start, end: in seconds of the clip; None for the whole clip.
    """

    vocabulary: str
    label: str
    start: float | None = None
    end: float | None = None


def heard_labels(task: str, annotations: dict[str, Any] | str | None) -> list[HeardLabel]:
    """The labels of a row: its task's label at every recording, the event that is repeated likewise, then the label of
    each recording alone, in time order, and its place in that order where recordings are told apart or counted.

    Args:
        task: the row's task.
        annotations: the row's `annotations`, decoded or as JSON.
    """
    facts = _decoded(annotations)
    spans = _spans(facts)
    clip: list[tuple[float | None, float | None]] = [*spans] or [(None, None)]
    labels = []
    for fact, vocabulary in (("label", task), ("event", f"{task}/event")):
        if facts.get(fact) is not None:
            labels += [HeardLabel(vocabulary, str(facts[fact]), start, end) for start, end in clip]
    for fact in SPAN_FACTS:
        names = facts.get(fact)
        if isinstance(names, list) and len(names) == len(spans):
            labels += [
                HeardLabel(f"{task}/{fact}", str(name), start, end)
                for name, (start, end) in zip(names, spans, strict=True)
            ]
    places = heard_ordinals(facts)
    return labels + [
        HeardLabel(ORDINAL, place, start, end) for place, (start, end) in zip(places, spans, strict=True) if place
    ]


def heard_words(task: str, annotations: dict[str, Any] | str | None, answer: str) -> list[str]:
    """What is said of each recording of a row, in time order: its own label where the answer spells the labels of all
    recordings out, the event where it is counted, else the answer.
    """
    facts = _decoded(annotations)
    spans = _spans(facts)
    for fact in SPAN_FACTS:
        names = facts.get(fact)
        if isinstance(names, list) and len(names) == len(spans) and all(str(name) in answer for name in names):
            return [str(name) for name in names]
    return [str(facts.get("event", answer))] * max(1, len(spans))


def heard_ordinals(annotations: dict[str, Any] | str | None) -> list[str | None]:
    """The place of each recording of a row among all of them, None where a row neither tells its recordings apart nor
    counts them, and beyond the tenth.
    """
    facts = _decoded(annotations)
    spans = _spans(facts)
    told_apart = any(isinstance(facts.get(fact), list) and len(facts[fact]) == len(spans) for fact in SPAN_FACTS)
    if not told_apart and facts.get("event") is None:
        return [None] * len(spans)
    return [*ORDINALS[: len(spans)], *([None] * (len(spans) - len(ORDINALS)))]


def pauses(labels: Sequence[HeardLabel], seconds: float) -> list[HeardLabel]:
    """`PAUSE` wherever none of the labels is heard for `SHORTEST_PAUSE` seconds, in a clip that lasts `seconds`.

    Its vocabulary is that of the first label. Nothing where a label has no span.
    """
    spans = {(item.start, item.end) for item in labels if item.start is not None and item.end is not None}
    if any(item.start is None or item.end is None for item in labels):
        return []
    found, quiet = [], 0.0
    for start, end in [*sorted(spans), (seconds, seconds)]:
        if start - quiet >= SHORTEST_PAUSE:
            found.append(HeardLabel(labels[0].vocabulary, PAUSE, quiet, start))
        quiet = max(quiet, end)
    return found


def _decoded(annotations: dict[str, Any] | str | None) -> dict[str, Any]:
    return (json.loads(annotations) if isinstance(annotations, str) else annotations) or {}


def _spans(facts: dict[str, Any]) -> list[tuple[float, float]]:
    return [(float(span["start"]), float(span["end"])) for span in facts.get("recordings") or []]
