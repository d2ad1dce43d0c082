"""Tempo and key of music. Knows nothing of who plays what."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


RATE = 22_050
"""Hz, for the tempo; what librosa's onset strength is made for."""
LONGEST = 120.0
"""Seconds that are looked at, from the middle of a longer recording."""
HOP = 512
QUIETEST = 1e-4
"""Between the lowest and the highest sample; less than that is no music."""
SHORTEST_TEMPO = 4.0
SHORTEST_KEY = 1.0
WEAKEST_TEMPO = 0.2
"""Autocorrelation below which there is no beat: white noise has less than 0.1, of 240 pieces none less than 0.3."""
LAGS = 384
"""Frames, 8.9 s: the longest lag of the autocorrelation."""
RIVAL = 0.8
"""Half or double the tempo is a rival where its autocorrelation is at least this share of the tempo's."""
KEY_RATE = 11_025
"""Hz, for the key: the notes lie below 4 kHz, and what lies above them is drums."""
KEY_WINDOW = 4096
KEY_OCTAVE, KEY_OCTAVES = 4.0, 1.0
"""Middle and half width of the octaves that count most."""
WEAKEST_KEY = 0.5
"""Correlation; speech and drums mostly stay below it, of 240 pieces rendered from scores one in a hundred does."""
FLATTEST = 0.1
"""Standard deviation of the twelve notes over their mean; white noise has 0.02, the pieces 0.2 and more."""
NAMES = ("C", "C#", "D", "D#", "E", "F", "F#", "G", "G#", "A", "A#", "B")
# How often each of the twelve notes sounds in a key, from its tonic upwards, in per cent (Budge 1943, Bellmann 2005).
# Of 240 pieces rendered from scores in a known key these found 66% (89% counting the relative key), the profiles of
# Krumhansl and Kessler 50% (65%), in the same chroma.
MAJOR = (16.80, 0.86, 12.95, 1.41, 13.49, 11.93, 1.25, 20.28, 1.80, 8.04, 0.62, 10.57)
MINOR = (18.16, 0.69, 12.99, 13.34, 1.07, 11.15, 1.38, 21.07, 7.49, 1.53, 0.92, 10.21)


@dataclass(frozen=True)
class Tempo:
    """Beats a minute; the autocorrelation of the onsets at that beat, 0..1; half or double, where it fits as well."""

    bpm: float
    strength: float
    rival: float | None


@dataclass(frozen=True)
class Key:
    """Such as "A minor"; its correlation, -1..1; the key that fits next best, and its correlation."""

    name: str
    strength: float
    rival: str
    rival_strength: float


def middle(waveform: np.ndarray, rate: int) -> np.ndarray:
    """At most two minutes of (samples,), from the middle."""
    size = min(len(waveform), round(LONGEST * rate))
    start = (len(waveform) - size) // 2
    return waveform[start : start + size]


def tempo(waveform: np.ndarray) -> Tempo | None:
    """The tempo of (samples,) at 22,050 Hz; None for less than 4 s and where there is no beat.

    librosa's onset strength, its autocorrelation, and librosa's choice of a lag weighted towards 120 beats a minute,
    refined to a fraction of a frame. Whether a beat or half of it is counted is a matter of taste: `rival`.
    """
    if len(waveform) < SHORTEST_TEMPO * RATE or np.ptp(waveform) < QUIETEST:
        return None
    import librosa
    from librosa.onset import onset_strength

    agreement = _autocorrelation(onset_strength(y=waveform, sr=RATE, hop_length=HOP))
    if not agreement.any():
        return None
    found = librosa.feature.tempo(tg=np.maximum(agreement, 0.0)[:, None], sr=RATE, hop_length=HOP)
    a_minute = 60 * RATE / HOP
    lag = _refined(agreement, a_minute / float(found[0]))
    strength = _at(agreement, lag)
    if strength < WEAKEST_TEMPO:
        return None
    half, double = _at(agreement, 2 * lag), _at(agreement, lag / 2)
    bpm = a_minute / lag
    rival = 2 * bpm if double > half else bpm / 2
    return Tempo(bpm, min(strength, 1.0), rival if max(half, double) >= RIVAL * strength else None)


def _autocorrelation(onsets: np.ndarray) -> np.ndarray:
    """Correlation of the onsets with themselves by lag in frames, 1 at 0; up to half their length and 8.9 s."""
    moves = onsets - onsets.mean(dtype=np.float64)
    size = min(LAGS, len(moves) // 2)
    spectrum = np.abs(np.fft.rfft(moves, 2 * len(moves))) ** 2
    sums = np.fft.irfft(spectrum)[:size]
    if sums[0] <= 1e-12 * len(moves):
        return np.zeros(size)
    return sums / sums[0] * len(moves) / (len(moves) - np.arange(size))


def _at(agreement: np.ndarray, lag: float) -> float:
    return float(np.interp(lag, np.arange(len(agreement)), agreement, right=0.0))


def _refined(agreement: np.ndarray, lag: float) -> float:
    """The lag to a fraction of a frame: by the peak at a multiple of it, as one measures with a longer ruler."""
    for multiple in (1, 2, 4):
        center = round(lag * multiple)
        if center + 2 >= len(agreement):
            break
        around = np.arange(max(center - 2, 1), center + 3)
        peak = int(around[np.argmax(agreement[around])])
        if peak + 1 >= len(agreement):
            break
        before, at, after = agreement[peak - 1 : peak + 2]
        if not (before < at > after):
            break  # no peak there: the beat does not hold that long
        lag = (peak + 0.5 * (before - after) / (before - 2 * at + after)) / multiple
    return lag


def key(waveform: np.ndarray) -> Key | None:
    """The key of (samples,) at 11,025 Hz; None for less than 1 s and where there are no notes.

    The method of Krumhansl and Schmuckler: the mean chroma (librosa, three octaves around middle C) is correlated
    with the profiles of all 24 keys. A major key and its relative minor have the same notes and are often taken for
    each other; the second is then the rival.
    """
    if len(waveform) < SHORTEST_KEY * KEY_RATE or np.ptp(waveform) < QUIETEST:
        return None
    import librosa

    spectrum = np.abs(librosa.stft(waveform - waveform.mean(), n_fft=KEY_WINDOW, hop_length=KEY_WINDOW // 4))
    chroma = librosa.feature.chroma_stft(
        S=spectrum, sr=KEY_RATE, n_fft=KEY_WINDOW, tuning=0.0, ctroct=KEY_OCTAVE, octwidth=KEY_OCTAVES
    )
    notes = chroma.sum(axis=1)
    if not notes.std() > FLATTEST * notes.mean():
        return None
    profiles = np.array([np.roll(profile, tonic) for profile in (MAJOR, MINOR) for tonic in range(12)])
    fits = np.corrcoef(notes, profiles)[0, 1:]
    first, second = np.argsort(-fits, kind="stable")[:2]
    if fits[first] < WEAKEST_KEY:
        return None
    return Key(_name(first), float(fits[first]), _name(second), float(fits[second]))


def _name(index: np.integer) -> str:
    return f"{NAMES[index % 12]} {'major' if index < 12 else 'minor'}"
