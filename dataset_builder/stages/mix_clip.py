"""The clip of a plan: recordings cut, levelled and laid one after another, from random numbers of its own."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

import numpy as np

from ..clip import LEVEL_DB, LEVEL_SPREAD_DB, add_floor, crop, fade, level, place, resample
from ..recording import Recording
from ..recording_audio import trimmed
from ..row_plan import RowPlan
from ..schema import SAMPLING_RATE


def row_rng(seed: int, row_id: str) -> np.random.Generator:
    """Random numbers that depend on the seed and the row alone, so that the number of workers changes nothing."""
    digest = hashlib.sha256(f"{seed}/{row_id}".encode()).digest()
    return np.random.default_rng(np.frombuffer(digest, dtype=np.uint32))


def mix_clip(
    plan: RowPlan, recordings: Mapping[str, Recording], rng: np.random.Generator
) -> tuple[np.ndarray, list[dict[str, Any]]]:
    """The clip, float32 (samples,) at 16 kHz, and where each recording is heard in it.

    Segments with the same recording are the same cut of it: a repeated event is repeated exactly but for its level.

    Raises:
        ValueError: a recording cannot be read or is silent, or the segments do not fit in the clip.
    """
    rate = plan.bandwidth
    cuts: dict[str, np.ndarray] = {}
    contents, gains = [], []
    for segment in plan.draft.segments:
        if segment.recording not in cuts:
            start = 0.0 if segment.crop == "start" else float(rng.random())
            waveform = trimmed(recordings[segment.recording].audio, rate)
            cuts[segment.recording] = fade(crop(waveform, rate, segment.seconds, start), rate)
        gains.append(LEVEL_DB + float(rng.uniform(-LEVEL_SPREAD_DB, LEVEL_SPREAD_DB)))
        contents.append(level(cuts[segment.recording], rate, gains[-1]))
    clip, spans = place(contents, rate, plan.draft.seconds, rng, plan.draft.gap_seconds)
    clip = resample(add_floor(clip, rng), rate, SAMPLING_RATE)
    heard = [
        {
            "id": segment.recording,
            "group": recordings[segment.recording].group,
            "start": round(start, 3),
            "end": round(end, 3),
            "level_db": round(gain, 1),
            "facts": recordings[segment.recording].annotations,
        }
        for segment, (start, end), gain in zip(plan.draft.segments, spans, gains, strict=True)
    ]
    return clip, heard
