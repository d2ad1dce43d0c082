"""Batches of augmented clips of about one length, with their features and what is to be named in them.

Knows nothing of the encoder or of the loss.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from clip_augmentation import augment_clip
from encoder_recipe import EncoderRecipe
from heard_labels import HeardLabel
from label_heads import LabelVocabularies, Targets
from labelled_clips import LabelledClip


STRETCH = 50
"""Batches that are sorted by length together: enough for little padding, few enough to keep batches varied."""


@dataclass
class ClipBatch:
    """Features as the feature extractor returns them, and the labels of each clip with their targets."""

    features: Any
    labels: list[list[HeardLabel]]
    targets: Targets


def training_batches(
    clips: list[LabelledClip], vocabularies: LabelVocabularies, extractor: Any, recipe: EncoderRecipe
) -> Iterator[ClipBatch]:
    """Batches without end, a new variant of a clip each time."""
    generator = np.random.default_rng(recipe.seed)
    size = recipe.per_device_train_batch_size
    while True:
        order = generator.permutation(len(clips))
        for start in range(0, len(order), STRETCH * size):
            stretch = sorted(order[start : start + STRETCH * size], key=lambda index: len(clips[index].waveform))
            groups = [stretch[begin : begin + size] for begin in range(0, len(stretch), size)]
            for position in generator.permutation(len(groups)):
                variants = [_variant(clips[i], extractor.sampling_rate, recipe, generator) for i in groups[position]]
                labels = [found for _, found in variants]
                features = extractor([waveform for waveform, _ in variants], return_tensors="pt")
                yield ClipBatch(features, labels, Targets.of(labels, vocabularies))


def held_out_batches(
    clips: list[LabelledClip], vocabularies: LabelVocabularies, extractor: Any, size: int
) -> Iterator[ClipBatch]:
    """Each clip once, as it is, with those of its labels that training knows; clips without any are left out."""
    ordered = sorted(clips, key=lambda clip: len(clip.waveform))
    known = [(clip, [item for item in clip.labels if vocabularies.knows(item)]) for clip in ordered]
    known = [(clip, labels) for clip, labels in known if labels]
    for start in range(0, len(known), size):
        batch = known[start : start + size]
        labels = [found for _, found in batch]
        features = extractor([_floats(clip) for clip, _ in batch], return_tensors="pt")
        yield ClipBatch(features, labels, Targets.of(labels, vocabularies))


def _variant(
    clip: LabelledClip, rate: int, recipe: EncoderRecipe, generator: np.random.Generator
) -> tuple[np.ndarray, list[HeardLabel]]:
    """An augmented clip, and its labels at the times at which they are heard now."""
    waveform, factor, offset = augment_clip(
        _floats(clip),
        generator,
        speed=0.0 if clip.task in recipe.fixed_speed_tasks else recipe.speed,
        shift=round(recipe.shift_seconds * rate),
        gain_db=recipe.gain_db,
        noise_probability=recipe.noise_probability,
        noise_snr_db=(recipe.noise_snr_db[0], recipe.noise_snr_db[1]),
    )

    def moved(seconds: float | None) -> float | None:
        return None if seconds is None else max(0.0, seconds / factor + offset / rate)

    labels = [replace(item, start=moved(item.start), end=moved(item.end)) for item in clip.labels]
    return waveform, [item for item in labels if item.end is None or item.end > 0]


def _floats(clip: LabelledClip) -> np.ndarray:
    return clip.waveform.astype(np.float32) / np.float32(32768)
