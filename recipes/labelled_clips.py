"""Clips of CoTA with the labels that a listener could name: what the encoder's warm-up hears.

Reads the data set from disk or the Hub; knows nothing of questions, sections or of the model.
"""

from __future__ import annotations

import io
from dataclasses import dataclass, replace

import numpy as np

from heard_labels import HeardLabel, heard_labels, pauses


@dataclass(frozen=True)
class LabelledClip:
    """A clip with what is heard in it.

    Args:
        waveform: (samples,) int16, mono. Whole numbers halve the memory of a split.
        task: the CoTA task of the row.
        labels: what is heard and when, pauses included.
    """

    waveform: np.ndarray
    task: str
    labels: tuple[HeardLabel, ...]


def read_labelled_clips(
    dataset_name: str, split: str, sampling_rate: int, vocabulary_of: dict[str, str | None]
) -> list[LabelledClip]:
    """Read the rows of a split that have labels.

    Args:
        dataset_name: what `datasets.load_dataset` takes: a folder or a name on the Hub.
        split: name of the split.
        sampling_rate: the rate in Hz that the clips must have.
        vocabulary_of: other names for some vocabularies, so that they become one; None leaves their labels out.

    Raises:
        ValueError: the split or its columns are missing, a clip has another rate, or no row has a label.
    """
    from datasets import Audio, load_dataset
    from tqdm import tqdm

    rows = load_dataset(dataset_name, split=split)
    lacking = [name for name in ("audio", "task", "annotations") if name not in rows.column_names]
    if lacking:
        raise ValueError(f"{dataset_name} lacks the column {lacking[0]}: build it with audio-reasoner build.")
    rows = rows.select_columns(["audio", "task", "annotations"]).cast_column("audio", Audio(decode=False))
    clips = []
    for row in tqdm(rows, desc=f"reading {split}", unit="clip"):
        found = [
            replace(item, vocabulary=vocabulary)
            for item in heard_labels(row["task"], row["annotations"])
            if (vocabulary := vocabulary_of.get(item.vocabulary, item.vocabulary)) is not None
        ]
        if found:
            waveform = _decode(row["audio"], sampling_rate)
            found += pauses(found, len(waveform) / sampling_rate)
            clips.append(LabelledClip(waveform, row["task"], tuple(found)))
    if not clips:
        raise ValueError(f"No row of the split {split} of {dataset_name} has labels: there is nothing to learn.")
    return clips


def _decode(audio: dict, sampling_rate: int) -> np.ndarray:
    import soundfile

    source = io.BytesIO(audio["bytes"]) if audio["bytes"] is not None else audio["path"]
    waveform, rate = soundfile.read(source, dtype="int16", always_2d=True)
    if rate != sampling_rate:
        raise ValueError(
            f"The clip {audio['path']} is sampled at {rate} Hz and the recipe's feature extractor hears "
            f"{sampling_rate} Hz: build the data set at that rate."
        )
    return waveform[:, 0]
