"""Recordings as waveforms: loaded, trimmed and kept for a while, and measured before rows are planned."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from .audio_reference import AudioReference
from .clip import active_bounds
from .pool import Measured
from .recording import Recording
from .schema import SAMPLING_RATE


CACHED = 256
"""Trimmed recordings each worker keeps in memory; a recording of 3 s at 16 kHz is 0.2 MB."""


@lru_cache(maxsize=CACHED)
def trimmed(audio: AudioReference, rate: int) -> np.ndarray:
    """The recording as float32 mono (samples,) at `rate`, without the silence at its ends; do not write to it.

    Raises:
        ValueError: the file is no audio, holds no samples, or is silent.
    """
    from modeling_audio_reasoner.audio_loading import resample

    waveform = resample(*audio.waveform(), rate)
    first, last = active_bounds(waveform, rate)
    if last == first:
        raise ValueError(f"The recording {audio} is silent; remove it from the cache and fetch it again.")
    waveform = waveform[first:last]
    waveform.flags.writeable = False
    return waveform


def measure(recording: Recording) -> Measured | str:
    """The recording with its length, or the sentence that says why it cannot be used.

    The length of a sound event is that of what is not silence; for speech and music the file's header is enough.
    """
    import soundfile

    try:
        if recording.domain == "sound":
            return Measured(recording, len(trimmed(recording.audio, SAMPLING_RATE)) / SAMPLING_RATE)
        return Measured(recording, float(soundfile.info(str(recording.audio.path)).duration))
    except soundfile.LibsndfileError as error:
        return f"The recording {recording.audio} cannot be read ({error}); fetch it again."
    except (ValueError, OSError) as error:
        return str(error)
