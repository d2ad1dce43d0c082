"""A collated batch -> its rows as spans of text with their labels, and recordings beside their placeholders.

Knows the tensors of a batch and a tokenizer; knows nothing of TRL, files or how a row is shown.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from modeling_audio_reasoner.configuration_audio_reasoner import count_audio_tokens
from modeling_audio_reasoner.training_audio_reasoner import NO_LABEL


@dataclass(frozen=True)
class Clip:
    """A recording of a row: what stands for it in the text, and what the encoder will give for it."""

    seconds: float
    windows: int
    placeholders: int
    embeddings: int


@dataclass(frozen=True)
class Span:
    """Tokens of one kind that follow each other: "text", "audio" or "padding"."""

    kind: str
    trained: bool
    tokens: int
    text: str
    """Of a span of text, as it is; of the others, one of its tokens."""


@dataclass(frozen=True)
class BatchRow:
    """A row of a batch."""

    name: str
    spans: list[Span]
    clips: list[Clip]

    @property
    def tokens(self) -> int:
        return sum(span.tokens for span in self.spans if span.kind != "padding")

    @property
    def trained(self) -> int:
        return sum(span.tokens for span in self.spans if span.trained)

    @property
    def padding(self) -> int:
        return sum(span.tokens for span in self.spans if span.kind == "padding")


def clips_of(
    ids: Sequence[Sequence[int]], frames: Sequence[int], placeholder: int, frame_seconds: float
) -> list[list[Clip]]:
    """The recordings of each row. Windows are taken in order, until they give an embedding for each placeholder.

    Args:
        ids: tokens of each row; placeholders that follow each other stand for one recording.
        frames: recorded frames of each window of the batch.
        placeholder: the token for an embedding.
        frame_seconds: from one frame to the next.

    Returns:
        for each row its clips; windows that no placeholder stands for are one more clip of the last row.
    """
    left = list(frames)

    def take(placeholders: int) -> Clip:
        taken: list[int] = []
        while left and (not placeholders or sum(map(count_audio_tokens, taken)) < placeholders):
            taken.append(left.pop(0))
        embeddings = sum(map(count_audio_tokens, taken))
        return Clip(round(sum(taken) * frame_seconds, 3), len(taken), placeholders, embeddings)

    found = []
    for row in ids:
        runs = groupby(row, lambda token: token == placeholder)
        found.append([take(len(list(run))) for stands_for_audio, run in runs if stands_for_audio])
    if left and found:
        found[-1].append(take(0))
    return found


def rows_of(batch: Any, rows: Sequence[dict[str, Any]], processor: Any) -> list[BatchRow]:
    """The rows of a batch that a trainer's collator made.

    Args:
        batch: `input_ids`, `attention_mask`, `labels`, each (rows, length), and, where there are recordings,
            `feature_attention_mask` (windows, frames).
        rows: the rows of the data set that it was made of.
        processor: that made it.
    """
    placeholder, extractor = processor.audio_token_id, processor.feature_extractor
    masks = batch.get("feature_attention_mask")
    frames = [] if masks is None else masks.sum(-1).tolist()
    ids, attended, labels = (batch[name].tolist() for name in ("input_ids", "attention_mask", "labels"))
    clips = clips_of(ids, frames, placeholder, extractor.hop_length / extractor.sampling_rate)

    def kind(position: tuple[int, int, int]) -> tuple[str, bool]:
        token, heeded, label = position
        return "padding" if not heeded else "audio" if token == placeholder else "text", label != NO_LABEL

    found = []
    for number, positions in enumerate(zip(ids, attended, labels, strict=True)):
        spans = []
        for (which, trained), group in groupby(zip(*positions, strict=True), kind):
            tokens = [token for token, _, _ in group]
            shown = processor.tokenizer.decode(tokens if which == "text" else tokens[:1])
            spans.append(Span(which, trained, len(tokens), shown))
        found.append(BatchRow(str(rows[number].get("id", f"row {number + 1}")), spans, clips[number]))
    return found


def mismatches(rows: Sequence[BatchRow]) -> list[str]:
    """A sentence for each recording of a batch whose placeholders are not as many as its embeddings."""
    return [
        f"Recording {number} of row {row.name} has {clip.placeholders} placeholders and {clip.embeddings} embeddings: "
        "the model would refuse it."
        for row in rows
        for number, clip in enumerate(row.clips, 1)
        if clip.placeholders != clip.embeddings
    ]
