"""Where nothing is to be heard. Knows nothing of what is heard elsewhere."""

from __future__ import annotations

import numpy as np

from ..clip import FRAME_SECONDS, TRIM_DB


FLOOR_DBFS = -70.0
"""What is below this is silence however quiet the rest is: the absolute gate of ITU-R BS.1770."""
SHORTEST = 0.2
"""Seconds; a shorter pause is part of what sounds around it, as the closure of a stop consonant is."""


def silences(waveform: np.ndarray, rate: int) -> list[tuple[float, float]]:
    """Start and end, in seconds, of each stretch of at least 0.2 s in which nothing is to be heard.

    A frame of 20 ms is silent where its RMS, without its offset from zero, lies more than 40 dB under that of the
    loudest frame or under -70 dBFS. A recording that is silent throughout is one stretch, however short.
    """
    levels = _levels(waveform, rate)
    threshold = max(levels.max() * 10 ** (TRIM_DB / 20), 10 ** (FLOOR_DBFS / 20))
    silent = levels < threshold
    duration = len(waveform) / rate
    if silent.all():
        return [(0.0, duration)]
    changes = np.flatnonzero(np.diff(np.concatenate(([0], silent.astype(np.int8), [0]))))
    size = max(1, int(rate * FRAME_SECONDS))
    bounds = np.minimum(changes * size, len(waveform)).reshape(-1, 2) / rate
    return [(float(start), float(end)) for start, end in bounds if end - start >= SHORTEST - 1e-9]


def _levels(waveform: np.ndarray, rate: int) -> np.ndarray:
    """RMS of consecutive frames of 20 ms about their own mean, (frames,); the last, shorter one counts too."""
    size = max(1, int(rate * FRAME_SECONDS))
    whole = len(waveform) // size * size
    levels = waveform[:whole].reshape(-1, size).std(axis=1, dtype=np.float64)
    rest = waveform[whole:]
    return np.append(levels, rest.std(dtype=np.float64)) if len(rest) else levels
