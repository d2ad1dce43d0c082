"""How large each row of a split will be in training, counted by the processor itself without computing log-mels.

The column `length` of CoTA orders rows by cost and is no count of tokens, so each row is read.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from app.labels.batch_rows import clips_of
from modeling_audio_reasoner.augmentation_audio_reasoner import Augmentation


@dataclass(frozen=True)
class RowSize:
    """A row, if it can be read: its tokens, how many of them are trained on, where its last recording ends, the
    seconds of each recording, how many of these training varies, and how many tokens stand for recordings; otherwise
    what is wrong with it."""

    name: str
    tokens: int = 0
    trained: int = 0
    recordings_end: int = 0
    seconds: tuple[float, ...] = ()
    error: str = ""
    varied: int = 0
    placeholders: int = 0

    @property
    def longest_recording(self) -> float:
        """Seconds; 0 where there is none."""
        return max(self.seconds, default=0.0)


class Counter:
    """A processor that computes no log-mels, takes recordings of any length, and leaves them as they are.

    `windows` holds the samples of each window of the recordings that were heard last, and `varied` says how many of
    them would be varied in training.
    """

    def __init__(self, processor: Any) -> None:
        extractor = copy.copy(processor.feature_extractor)
        extractor.max_duration = float("inf")
        extractor._log_mel = self._without_values
        self.processor = copy.copy(processor)
        self.processor.feature_extractor = extractor
        self.processor._vary = self._unvaried
        self.windows: list[int] = []
        self.varied = 0

    def _without_values(self, window: np.ndarray) -> np.ndarray:
        self.windows.append(len(window))
        return np.zeros((self.processor.feature_extractor.feature_size, 1), dtype=np.float32)

    def _unvaried(self, waveform: np.ndarray, augmentation: Any) -> np.ndarray:
        Augmentation.of(augmentation)  # raises what training would
        self.varied += 1
        return waveform

    def encode(self, messages: Sequence[dict], template: str | None) -> Any:
        """What TRL's collator would be given, of one conversation."""
        self.windows, self.varied = [], 0
        return self.processor.apply_chat_template(
            [messages],
            chat_template=template,
            tokenize=True,
            return_dict=True,
            return_tensors="np",
            return_assistant_tokens_mask=True,
            processor_kwargs={"add_special_tokens": False},
        )


def row_sizes(
    rows: Any,
    processor: Any,
    template: str | None = None,
    progress: Callable[[int, int], None] | None = None,
    places: Sequence[int] | None = None,
) -> list[RowSize]:
    """The size of each row.

    Args:
        rows: a split with a column `messages`, and with the clips in `images` where messages have parts of type image.
        processor: of the model.
        template: a chat template in place of the processor's.
        progress: called with the rows done and all rows.
        places: of the rows to look at, from 0 on; all when left out.
    """
    counter = Counter(processor)
    places = range(len(rows)) if places is None else places
    rows = rows.select(places)
    names = rows["id"] if "id" in rows.column_names else [f"row {place + 1}" for place in places]
    # Not the other columns: one of audio would be decoded for nothing.
    read = [name for name in ("messages", "images", "image") if name in rows.column_names]
    sizes = []
    for number, (name, row) in enumerate(zip(names, rows.select_columns(read), strict=True), 1):
        sizes.append(_size(str(name), row, counter, template))
        if progress is not None:
            progress(number, len(rows))
    return sizes


def _size(name: str, row: dict[str, Any], counter: Counter, template: str | None) -> RowSize:
    from trl.data_utils import prepare_multimodal_messages

    try:
        # As TRL's collator does.
        images = [row["image"]] if "image" in row else row.get("images")
        encoded = counter.encode(prepare_multimodal_messages(row["messages"], images=images), template)
    except (ValueError, OSError) as error:
        return RowSize(name, error=" ".join(str(error).split()))
    ids = encoded["input_ids"][0].tolist()
    masks = encoded.get("feature_attention_mask")
    extractor, placeholder = counter.processor.feature_extractor, counter.processor.audio_token_id
    frames = [] if masks is None else masks.sum(-1).tolist()
    samples = iter(counter.windows)
    # Not the seconds of whole frames: a recording just below the maximum is not over it.
    seconds = tuple(
        sum(next(samples) for _ in range(clip.windows)) / extractor.sampling_rate
        for clip in clips_of([ids], frames, placeholder, extractor.hop_length / extractor.sampling_rate)[0]
    )
    end = len(ids) - ids[::-1].index(placeholder) if seconds else 0
    trained = int(np.sum(encoded["assistant_masks"]))
    return RowSize(name, len(ids), trained, end, seconds, varied=counter.varied, placeholders=ids.count(placeholder))
