"""What a row will be, before any audio is read: drawn from a seed, cheap, and sent to the workers."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

from .clip import GAP_SECONDS


@dataclass(frozen=True)
class Segment:
    """A piece of a recording that is heard in a clip.

    Args:
        recording: the recording's id.
        seconds: at most this much of it, after silence at its ends is trimmed.
        crop: `"start"` keeps the onset, `"random"` takes any part.
    """

    recording: str
    seconds: float
    crop: Literal["start", "random"] = "random"


@dataclass(frozen=True)
class Draft:
    """A question about a clip to be made, with the choices in no order yet.

    Args:
        domain: `"sound"`, `"speech"` or `"music"`.
        choices: the candidate answers, in any order.
        answer: one of `choices`.
        label: the closed-vocabulary label, None where the vocabulary is open.
        segments: what is heard, in this order.
        seconds: length of the clip.
        gap_seconds: the least silence between two segments.
        fields: values for the places in the question's wording.
        facts: further facts for the row's `annotations`.
    """

    domain: str
    choices: tuple[str, ...]
    answer: str
    label: str | None
    segments: tuple[Segment, ...]
    seconds: float
    gap_seconds: float = GAP_SECONDS
    fields: dict[str, str] = field(default_factory=dict)
    facts: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class RowPlan:
    """A draft with its wording, its order of choices and its place in the dataset.

    `bandwidth` is the sampling rate in Hz at which the clip is mixed: 8000 takes away what is above 4 kHz.
    """

    id: str
    task: str
    split: str
    question: str
    choices: tuple[str, ...]
    bandwidth: int
    draft: Draft

    @property
    def answer(self) -> str:
        return self.draft.answer

    @property
    def shard(self) -> tuple[str, str, str]:
        """Domain, task and split: the rows of one Parquet file."""
        return self.draft.domain, self.task, self.split
