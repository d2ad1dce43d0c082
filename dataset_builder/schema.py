"""The columns of CoTA, as `datasets` features.

A clip is in a row twice, because two readers need it in two places: `audio` is what people, the Hub's viewer and
`datasets` look for, and `messages` is all that TRL's collator sees of a row. In both it is the same FLAC bytes.

The part in `messages` is `Audio(decode=False)`, so that reading it returns `{"bytes", "path"}` and our processor
decodes it, once, where the features are computed. Measured over 400 clips of 5 s: reading `messages` takes 0.07 ms a
row this way and 0.73 ms as a decoding `Audio`; the top-level `audio` costs 0.65 ms when (and only when) it is read.
A plain `{"bytes", "path"}` struct reads at the same speed but loses the type: `cast_column`, `push_to_hub` and the
viewer would no longer know that it is audio.

Parquet does not fold the second copy: 43.1 MB of FLAC became 86.3 MB as two columns and 43.1 MB as one. Bytes that
FLAC has compressed do not compress again, and a column chunk is compressed alone. The card states it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING


if TYPE_CHECKING:
    from datasets import Features


SAMPLING_RATE = 16_000
"""Samples per second of every clip."""

SPLITS = ("train", "validation", "test")
AUDIO_TOKENS_PER_SECOND = 25
"""Of the released encoder (10 ms hop, stride 2, pooled by 2); `length` only has to order the rows by cost."""


def features() -> Features:
    """The Arrow features of a row.

    `duration` is in seconds; `length` is a positive integer that grows with the tokens of the row (audio tokens and
    words), for `group_by_length`; `images` is always empty and is what makes TRL take its multimodal path.
    """
    from datasets import Audio, Features, Json, List, Value

    text = Value("string")
    part = {"type": text, "text": text, "audio": Audio(decode=False)}
    return Features(
        {
            "id": text,
            "audio": Audio(sampling_rate=SAMPLING_RATE),
            "duration": Value("float64"),
            "domain": text,
            "task": text,
            "language": text,
            "source": text,
            "source_id": text,
            "license": text,
            "annotations": Json(),
            "question": text,
            "choices": List(text),
            "answer": text,
            "planning": text,
            "caption": text,
            "reasoning": text,
            "summary": text,
            "response": text,
            "messages": List({"role": text, "content": List(part)}),
            "images": List(text),
            "length": Value("int32"),
            "teacher": Json(),
            "review": Json(),
        }
    )


def row_length(duration: float, texts: list[str]) -> int:
    """A proxy, never below 1, of a row's tokens: its audio tokens and the words of `texts`."""
    return max(1, round(duration * AUDIO_TOKENS_PER_SECOND) + sum(len(text.split()) for text in texts))
