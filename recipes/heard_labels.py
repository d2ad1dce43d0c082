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
        vocabulary: labels of one vocabulary exclude each other: a task, a task and the fact that names the label, or
            `ORDINAL`.
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
    spans_or_clip: list[tuple[float | None, float | None]] = [*spans] or [(None, None)]
    labels = []
    for fact, vocabulary in (("label", task), ("event", f"{task}/event")):
        if facts.get(fact) is not None:
            labels += [HeardLabel(vocabulary, str(facts[fact]), start, end) for start, end in spans_or_clip]
    named: list[tuple[str, Sequence[str | None]]] = [
        (f"{task}/{fact}", names) for fact, names in _told_apart(facts, spans)
    ]
    for vocabulary, names in [*named, (ORDINAL, _ordinals(facts, spans))]:
        labels += [
            HeardLabel(vocabulary, name, start, end)
            for name, (start, end) in zip(names, spans, strict=True)
            if name is not None
        ]
    return labels


def heard_names(task: str, annotations: dict[str, Any] | str | None, answer: str) -> list[tuple[str, str | None]]:
    """What is said of each recording of a row, in time order, and with it the recording's place or None.

    Said is its own label where the answer spells the labels of all recordings out, the event where it is counted, else
    the answer. Recordings have a place where a row tells them apart or counts them, as far as the tenth.
    """
    facts = _decoded(annotations)
    spans = _spans(facts)
    spelt = [names for _, names in _told_apart(facts, spans) if all(name in answer for name in names)]
    one = answer if facts.get("event") is None else str(facts["event"])
    names = spelt[0] if spelt else [one] * max(1, len(spans))
    return list(zip(names, _ordinals(facts, spans) or [None], strict=True))


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


def _told_apart(facts: dict[str, Any], spans: Sequence[Any]) -> list[tuple[str, list[str]]]:
    """The facts that list one label for each recording, with the labels."""
    lists = [(fact, facts[fact]) for fact in SPAN_FACTS if isinstance(facts.get(fact), list)]
    return [(fact, list(map(str, names))) for fact, names in lists if names and len(names) == len(spans)]


def _ordinals(facts: dict[str, Any], spans: Sequence[Any]) -> list[str | None]:
    if not _told_apart(facts, spans) and facts.get("event") is None:
        return [None] * len(spans)
    return [*ORDINALS[: len(spans)], *([None] * (len(spans) - len(ORDINALS)))]
