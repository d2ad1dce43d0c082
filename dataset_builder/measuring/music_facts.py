"""Tempo and key of music. Knows nothing of who plays what."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


RATE = 22_050
"""Hz; what librosa's features are made for."""
LONGEST = 120.0
"""Seconds that are looked at, from the middle of a longer recording."""
HOP = 512
SHORTEST_TEMPO = 4.0
SHORTEST_KEY = 1.0
WEAKEST_TEMPO = 0.1
"""Of the autocorrelation: below it there is no beat."""
RIVAL = 0.8
"""Half or double the tempo is a rival where its autocorrelation is at least this share of the tempo's."""
NAMES = ("C", "C#", "D", "D#", "E", "F", "F#", "G", "G#", "A", "A#", "B")
# Krumhansl and Kessler 1982: how well each of the twelve notes fits a key, from its tonic upwards.
MAJOR = (6.35, 2.23, 3.48, 2.33, 4.38, 4.09, 2.52, 5.19, 2.39, 3.66, 2.29, 2.88)
MINOR = (6.33, 2.68, 3.52, 5.38, 2.60, 3.53, 2.54, 4.75, 3.98, 2.69, 3.34, 3.17)


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

    The tempogram (autocorrelation of the onset strength) by librosa, its mean over time weighted towards 120 beats a
    minute. Whether a beat or half of it is counted is a matter of taste, so `rival` says where both fit.
    """
    if len(waveform) < SHORTEST_TEMPO * RATE:
        return None
    import librosa

    onsets = librosa.onset.onset_strength(y=waveform, sr=RATE, hop_length=HOP)
    if not onsets.max() > 0:
        return None
    tempogram = librosa.feature.tempogram(onset_envelope=onsets, sr=RATE, hop_length=HOP)
    agreement = tempogram.mean(axis=1)
    coarse = float(librosa.feature.tempo(tg=tempogram, sr=RATE, hop_length=HOP)[0])
    a_minute = 60 * RATE / HOP
    lag = _refined(agreement, a_minute / coarse)
    strength = _at(agreement, lag)
    if strength < WEAKEST_TEMPO:
        return None
    rivals = [(_at(agreement, lag * factor), a_minute / lag / factor) for factor in (0.5, 2.0)]
    best, bpm = max(rivals)
    return Tempo(a_minute / lag, min(strength, 1.0), bpm if best >= RIVAL * strength else None)


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
        bend = before - 2 * at + after
        if bend >= 0:
            break  # no peak there: the beat does not hold that long
        lag = (peak + 0.5 * (before - after) / bend) / multiple
    return lag


def key(waveform: np.ndarray) -> Key | None:
    """The key of (samples,) at 22,050 Hz by Krumhansl and Schmuckler; None for less than 1 s and without notes.

    The mean chroma (librosa) is correlated with the profiles of all 24 keys.
    """
    if len(waveform) < SHORTEST_KEY * RATE:
        return None
    import librosa

    chroma = librosa.feature.chroma_stft(y=waveform, sr=RATE, n_fft=4096, hop_length=2048, tuning=0.0, norm=None)
    notes = chroma.sum(axis=1)
    if not notes.max() > 0 or np.ptp(notes) < 1e-3 * notes.max():
        return None
    profiles = np.array([np.roll(profile, tonic) for profile in (MAJOR, MINOR) for tonic in range(12)])
    fits = np.corrcoef(notes, profiles)[0, 1:]
    first, second = np.argsort(-fits, kind="stable")[:2]
    return Key(_name(first), float(fits[first]), _name(second), float(fits[second]))


def _name(index: np.integer) -> str:
    return f"{NAMES[index % 12]} {'major' if index < 12 else 'minor'}"
