"""How loud a recording is: integrated loudness, peak, clipping, range of levels. Knows nothing of what it holds."""

from __future__ import annotations

import math

import numpy as np


BLOCK = 0.4
"""Seconds of a gating block of ITU-R BS.1770, and of a block of `dynamic_range`."""
FILTERS = "DeMan"
"""Of pyloudnorm's: the one that has the standard's coefficients at 48 kHz, and at other rates agrees with FFmpeg's
ebur128 within 0.1 LU on speech, music and effects; its default reads up to 0.25 LU less at 8 kHz."""
FULL_SCALE = 0.9999
"""Of which a sample counts as at full scale: the outermost codes of 16 bits (32767 / 32768), and what lies beyond."""
CLIPPED_RUN = 3
"""Samples at full scale in a row that make clipping; one or two may be a peak that touches it."""
ABSOLUTE_GATE = -70.0
"""LUFS, and dBFS in `dynamic_range`: a quieter block is silence."""
RELATIVE_GATE = -40.0
"""dB under the loudest block, in `dynamic_range`."""


def integrated_loudness(waveform: np.ndarray, rate: int) -> float | None:
    """Integrated loudness in LUFS by ITU-R BS.1770-4, K-weighted and gated, of (samples,); by pyloudnorm.

    The recommendation defines nothing for less than one gating block of 0.4 s: such a recording is measured as one
    block as long as itself. None where every block is under the absolute gate of -70 LUFS, as in silence.
    """
    import pyloudnorm

    block = min(BLOCK, len(waveform) / rate)
    while int(block * rate) > len(waveform) or len(waveform) < block * rate:
        block = math.nextafter(block, 0.0)  # so that rounding does not make the block longer than the recording
    meter = pyloudnorm.Meter(rate, FILTERS, block_size=block)
    with np.errstate(divide="ignore", invalid="ignore"):
        loudness = float(meter.integrated_loudness(waveform))
    return loudness if math.isfinite(loudness) and loudness >= ABSOLUTE_GATE else None


def peak(waveform: np.ndarray) -> float | None:
    """The largest sample in dBFS (not the true peak between samples); None where all samples are 0."""
    largest = float(np.abs(waveform).max())
    return 20 * math.log10(largest) if largest else None


def clipped_share(waveform: np.ndarray) -> float:
    """Share of the samples, 0..1, that lie in runs of at least three at full scale of one sign."""
    clipped = 0
    for sign in (1, -1):
        full = np.concatenate(([0], (sign * waveform >= FULL_SCALE).astype(np.int8), [0]))
        runs = np.flatnonzero(np.diff(full)).reshape(-1, 2)
        lengths = runs[:, 1] - runs[:, 0]
        clipped += int(lengths[lengths >= CLIPPED_RUN].sum())
    return clipped / len(waveform)


def dynamic_range(waveform: np.ndarray, rate: int) -> float | None:
    """How far the loud passages lie above the soft ones, in dB.

    The 95th less the 10th percentile of the RMS levels of blocks of 0.4 s every 0.1 s that are not silent (under
    -70 dBFS, or 40 dB under the loudest block). None for less than 1 s, where there are too few blocks, and for
    silence. EBU's loudness range is not used: its blocks of 3 s are as long as many clips.
    """
    if len(waveform) < rate:
        return None
    hop = round(BLOCK / 4 * rate)
    hops = len(waveform) // hop
    squares = np.square(waveform[: hops * hop]).reshape(hops, hop).mean(axis=1, dtype=np.float64)
    blocks = np.lib.stride_tricks.sliding_window_view(squares, 4).mean(axis=1)
    levels = 10 * np.log10(np.maximum(blocks, 1e-20))
    heard = levels[levels >= max(ABSOLUTE_GATE, levels.max() + RELATIVE_GATE)]
    if not len(heard):
        return None
    low, high = np.percentile(heard, (10, 95))
    return float(high - low)
