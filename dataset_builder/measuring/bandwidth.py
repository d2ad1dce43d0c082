"""How far up a recording's spectrum reaches. Knows nothing of what it holds."""

from __future__ import annotations

import numpy as np


RANGE_DB = -75.0
"""Energy further than this under the strongest part of the spectrum does not count: soft consonants and cymbals lie
60 dB under it, what a resampler leaves above its cut 90 dB."""
FLOOR_DB = -132.0
"""dB of full scale squared a hertz: what is under this is the rounding of 16-bit samples (-139 dB at 44.1 kHz and
-132 dB at 8 kHz)."""
WINDOW_SECONDS = 0.05
PART_SECONDS = 60
"""Long recordings are transformed in parts, so that memory does not grow with them."""


def bandwidth(waveform: np.ndarray, rate: int) -> float | None:
    """The highest frequency in Hz with energy; half the rate where the spectrum reaches its end, None for silence.

    Taken from the mean power density of windows of 50 ms (Blackman-Harris, half overlapping, by scipy). A file of
    44.1 kHz that was made from 8 kHz has about 4000 Hz.
    """
    from scipy.signal import welch

    size = min(2 ** round(np.log2(max(rate * WINDOW_SECONDS, 16))), len(waveform))
    part = max(PART_SECONDS * rate, size)
    total = np.zeros(size // 2 + 1)
    for start in range(0, len(waveform), part):
        samples = waveform[start : start + part]
        if len(samples) < size:
            continue  # the rest of a long recording, shorter than one window
        _, density = welch(samples, rate, window="blackmanharris", nperseg=size, detrend="constant")
        total += len(samples) * density
    density = total / len(waveform)
    threshold = max(density.max() * 10 ** (RANGE_DB / 10), 10 ** (FLOOR_DB / 10))
    reached = np.flatnonzero(density > threshold)
    return float(reached[-1] * rate / size) if len(reached) else None
