"""Waveforms of a clip: trim, crop, fade, level, placement, floor and FLAC.

Every clip goes through the same steps, so that length, level, silence and bandwidth tell nothing of the answer. All
waveforms are float32 mono in -1..1. This module knows nothing of tasks or rows.
"""

from __future__ import annotations

import io
from collections.abc import Sequence

import numpy as np

from .schema import SAMPLING_RATE


FRAME_SECONDS = 0.02
TRIM_DB = -40.0
"""Frames this far below the loudest one count as silence at either end."""
LEVEL_DB = -23.0
LEVEL_SPREAD_DB = 3.0
PEAK = 0.89
FADE_SECONDS = 0.01
FLOOR_DB = -72.0
"""White noise under every clip, so that no clip has digital silence."""
GAP_SECONDS = 0.12
"""The least silence between two recordings in a clip."""


def frame_levels(waveform: np.ndarray, rate: int) -> np.ndarray:
    """RMS of consecutive frames of 20 ms, (frames,); the last, shorter one counts too."""
    size = max(1, int(rate * FRAME_SECONDS))
    padded = np.pad(waveform.astype(np.float64), (0, -len(waveform) % size))
    return np.sqrt(np.mean(padded.reshape(-1, size) ** 2, axis=1))


def active_bounds(waveform: np.ndarray, rate: int) -> tuple[int, int]:
    """First and last sample (exclusive) of what is not silence at the ends; (0, 0) for digital silence."""
    levels = frame_levels(waveform, rate)
    if not len(levels) or levels.max() == 0:
        return 0, 0
    loud = np.flatnonzero(levels >= levels.max() * 10 ** (TRIM_DB / 20))
    size = max(1, int(rate * FRAME_SECONDS))
    return int(loud[0]) * size, min(len(waveform), (int(loud[-1]) + 1) * size)


def crop(waveform: np.ndarray, rate: int, seconds: float, start: float) -> np.ndarray:
    """At most `seconds` of the waveform; `start` in 0..1 says where among the possible places."""
    size = min(len(waveform), int(round(seconds * rate)))
    first = int(round(start * (len(waveform) - size)))
    return waveform[first : first + size]


def fade(waveform: np.ndarray, rate: int) -> np.ndarray:
    """Raised-cosine ramps of 10 ms at both ends, so that a cut does not click."""
    size = min(int(FADE_SECONDS * rate), len(waveform) // 2)
    faded = waveform.astype(np.float32, copy=True)
    if size:
        ramp = (0.5 - 0.5 * np.cos(np.pi * (np.arange(size) + 0.5) / size)).astype(np.float32)
        faded[:size] *= ramp
        faded[-size:] *= ramp[::-1]
    return faded


def level(waveform: np.ndarray, rate: int, decibels: float) -> np.ndarray:
    """Scale to `decibels` (dBFS, RMS over the frames that are not silence), less where the peak would pass 0.89."""
    levels = frame_levels(waveform, rate)
    peak = float(np.abs(waveform).max(initial=0.0))
    if peak == 0:
        return waveform
    active = levels[levels >= levels.max() * 10 ** (TRIM_DB / 20)]
    gain = 10 ** (decibels / 20) / float(np.sqrt(np.mean(active**2)))
    return (waveform * min(gain, PEAK / peak)).astype(np.float32)


def place(
    contents: Sequence[np.ndarray],
    rate: int,
    seconds: float,
    rng: np.random.Generator,
    gap_seconds: float = GAP_SECONDS,
) -> tuple[np.ndarray, list[tuple[float, float]]]:
    """Lay the contents one after another at random places in a clip of `seconds`, at least `gap_seconds` apart.

    Returns the clip (samples,) and start and end of each content in seconds.

    Raises:
        ValueError: the contents and the gaps between them do not fit.
    """
    samples = int(round(seconds * rate))
    gap = int(gap_seconds * rate)
    free = samples - sum(map(len, contents)) - gap * (len(contents) - 1)
    if free < 0:
        raise ValueError(f"The contents are {-free / rate:.2f} s longer than the clip of {seconds:.2f} s.")
    cuts = np.sort(rng.integers(0, free + 1, size=len(contents)))
    clip = np.zeros(samples, dtype=np.float32)
    spans, used = [], 0
    for index, content in enumerate(contents):
        start = int(cuts[index]) + used + gap * index
        clip[start : start + len(content)] = content
        spans.append((start / rate, (start + len(content)) / rate))
        used += len(content)
    return clip, spans


def add_floor(waveform: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Add white noise at -72 dBFS and keep the result within -1..1."""
    noise = rng.standard_normal(len(waveform), dtype=np.float32) * np.float32(10 ** (FLOOR_DB / 20))
    return np.clip(waveform + noise, -1.0, 1.0)


AUDIBLE_DB = FLOOR_DB + 15
"""The loudest 20 ms of a clip have to be this loud."""


def audible_problem(waveform: np.ndarray) -> str | None:
    """What is wrong with a clip (samples,) at 16 kHz in which nothing can be heard, else None."""
    loudest = float(frame_levels(waveform, SAMPLING_RATE).max(initial=0.0))
    return None if loudest > 10 ** (AUDIBLE_DB / 20) else "the clip is silent"


def resample(waveform: np.ndarray, rate: int, target: int) -> np.ndarray:
    """Resample; to 8 kHz and back to 16 kHz takes away everything above 4 kHz."""
    if rate == target:
        return waveform
    import soxr

    return soxr.resample(waveform, rate, target, quality="HQ").astype(np.float32)


def encode_flac(waveform: np.ndarray) -> bytes:
    """The clip as 16 kHz, 16-bit mono FLAC."""
    import soundfile

    buffer = io.BytesIO()
    soundfile.write(buffer, waveform, SAMPLING_RATE, format="FLAC", subtype="PCM_16")
    return buffer.getvalue()


def decode_flac(data: bytes) -> tuple[np.ndarray, int]:
    """Waveform (samples,) and sampling rate of FLAC bytes.

    Raises:
        ValueError: the bytes are not audio or not mono.
    """
    import soundfile

    try:
        waveform, rate = soundfile.read(io.BytesIO(data), dtype="float32")
    except soundfile.LibsndfileError as error:
        raise ValueError(f"The clip is not readable audio ({error}); build the row again.") from error
    if waveform.ndim != 1:
        raise ValueError(f"The clip has {waveform.shape[1]} channels; CoTA clips are mono.")
    return waveform, rate
