"""What is heard in a row of CoTA, as its annotations tell: over the whole clip, and span by span.

Knows the layout of `annotations`, nothing of waveforms, questions or models.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any


SPAN_FACTS = ("events", "turns")
"""Facts that list one label for each recording of `annotations["recordings"]`, in the order in which they sound."""


@dataclass(frozen=True)
class HeardLabel:
    """A label and when it is heard.

    Args:
        vocabulary: labels of one vocabulary exclude each other: a task, or a task and the fact that lists its spans.
        label: the word or words.
        start, end: in seconds of the clip; None for the whole clip.
    """

    vocabulary: str
    label: str
    start: float | None = None
    end: float | None = None


def heard_labels(task: str, annotations: dict[str, Any] | str | None) -> list[HeardLabel]:
    """The labels of a row: its task's label where the vocabulary is closed, then those of its spans, in time order.

    Args:
        task: the row's task.
        annotations: the row's `annotations`, decoded or as JSON.
    """
    facts: dict[str, Any] = (json.loads(annotations) if isinstance(annotations, str) else annotations) or {}
    labels = []
    if facts.get("label") is not None:
        labels.append(HeardLabel(task, str(facts["label"])))
    if facts.get("event") is not None:
        labels.append(HeardLabel(f"{task}/event", str(facts["event"])))
    spans = facts.get("recordings") or []
    for fact in SPAN_FACTS:
        names = facts.get(fact)
        if isinstance(names, list) and len(names) == len(spans):
            labels += [
                HeardLabel(f"{task}/{fact}", str(name), float(span["start"]), float(span["end"]))
                for name, span in zip(names, spans, strict=True)
            ]
    return labels
