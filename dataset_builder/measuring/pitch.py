"""The range of a voice's pitch. Knows nothing of where the speech is or whose it is."""

from __future__ import annotations

import numpy as np


LOWEST, HIGHEST = 60.0, 500.0
"""Hz; from a low male voice to a child's."""
WINDOW_SECONDS = 0.064
HOP_SECONDS = 0.02
VOICED = 0.6
"""Correlation of a frame with itself a period later, from which on it is voiced."""
QUIET_DB = -30.0
"""A frame this far under the loudest one has no pitch that is heard."""
LONGEST = 60.0
"""Seconds that are looked at; of more speech, as many pieces of a second, evenly spread."""
FEWEST_FRAMES = 5


def pitch(speech: np.ndarray, rate: int) -> tuple[tuple[float, float, float] | None, float]:
    """The 10th, 50th and 90th percentile of the pitch in Hz over voiced frames, and the share of voiced frames.

    Args:
        speech: (samples,) in which somebody speaks, pauses taken out.
        rate: Hz.

    YIN by librosa every 20 ms, between 60 and 500 Hz; a frame is voiced where it agrees with itself one period later
    (correlation of at least 0.6) and lies within 30 dB of the loudest. No range (None) for less than 0.1 s of voice.
    """
    import librosa

    speech = _spread(speech, rate)
    size, hop = round(WINDOW_SECONDS * rate), round(HOP_SECONDS * rate)
    if len(speech) < size + hop:
        return None, 0.0
    frequencies = librosa.yin(
        speech, fmin=LOWEST, fmax=HIGHEST, sr=rate, frame_length=size, hop_length=hop, center=False
    )
    frames = np.lib.stride_tricks.sliding_window_view(speech, size)[::hop]
    voiced = _is_voiced(frames, np.rint(rate / frequencies).astype(np.int64))
    share = float(voiced.mean())
    if voiced.sum() < FEWEST_FRAMES:
        return None, share
    low, middle, high = np.percentile(frequencies[voiced], (10, 50, 90))
    return (float(low), float(middle), float(high)), share


def _spread(speech: np.ndarray, rate: int) -> np.ndarray:
    pieces = int(LONGEST)
    if len(speech) <= pieces * rate:
        return speech
    starts = np.linspace(0, len(speech) - rate, pieces).astype(np.int64)
    return np.concatenate([speech[start : start + rate] for start in starts])


def _is_voiced(frames: np.ndarray, periods: np.ndarray) -> np.ndarray:
    """(frames,) of booleans for frames (frames, samples) with a period in samples each."""
    width = frames.shape[1] // 2
    places = periods[:, None] + np.arange(width)
    now, later = frames[:, :width], np.take_along_axis(frames, places, axis=1)
    energy, energy_later = np.square(now).sum(1), np.square(later).sum(1)
    agreement = (now * later).sum(1) / np.sqrt(np.maximum(energy * energy_later, 1e-20))
    return (agreement >= VOICED) & (energy > 1e-8) & (energy >= energy.max() * 10 ** (QUIET_DB / 10))
