"""Recordings as waveforms: loaded, trimmed, and kept for a while by the process that mixes clips of them."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from .audio_reference import AudioReference
from .clip import active_bounds


CACHED = 256
"""Trimmed recordings each worker keeps in memory; a recording of 3 s at 16 kHz is 0.2 MB."""


@lru_cache(maxsize=CACHED)
def trimmed(audio: AudioReference, rate: int) -> np.ndarray:
    """The recording as float32 mono (samples,) at `rate`, without the silence at its ends; do not write to it.

    Raises:
        ValueError: the file is no audio, holds no samples, or is silent.
    """
    from modeling_audio_reasoner.audio_resampling import resample

    waveform = resample(*audio.waveform(), rate)
    first, last = active_bounds(waveform, rate)
    if last == first:
        raise ValueError(f"The recording {audio} is silent; remove it from the cache and fetch it again.")
    waveform = waveform[first:last]
    waveform.flags.writeable = False
    return waveform
