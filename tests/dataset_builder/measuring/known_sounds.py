"""Sounds of which everything is known: tones, clicks, chords, and a voice made of pulses and formants."""

from __future__ import annotations

import numpy as np
from scipy.signal import lfilter


RATE = 16_000
FORMANTS = {"a": (730, 1090, 2440), "i": (270, 2290, 3010), "u": (300, 870, 2240), "e": (530, 1840, 2480)}


def sine(frequency: float, seconds: float, rate: int = 48_000, level: float = 0.0) -> np.ndarray:
    """A sine with its peak at `level` dBFS."""
    time = np.arange(round(seconds * rate)) / rate
    return (10 ** (level / 20) * np.sin(2 * np.pi * frequency * time)).astype(np.float32)


def harmonic_glide(start: float, end: float, seconds: float, rate: int = RATE) -> np.ndarray:
    """A tone of ten harmonics that glides from `start` to `end` Hz."""
    phase = 2 * np.pi * np.cumsum(np.linspace(start, end, round(seconds * rate))) / rate
    return (0.2 * sum(np.sin(number * phase) / number for number in range(1, 11))).astype(np.float32)


def noise(seconds: float, rate: int, seed: int = 0) -> np.ndarray:
    draw = np.random.default_rng(seed)
    return (0.1 * draw.standard_normal(round(seconds * rate))).astype(np.float32)


def voice(seconds: float, seed: int = 0) -> np.ndarray:
    """Syllables at 16 kHz: pulses of a voice of 100 to 150 Hz through the formants of vowels."""
    draw = np.random.default_rng(seed)
    pieces: list[np.ndarray] = []
    while sum(map(len, pieces)) < seconds * RATE:
        length = int(draw.uniform(0.15, 0.3) * RATE)
        pitch = np.linspace(draw.uniform(120, 150), draw.uniform(100, 120), length)
        phase = np.cumsum(pitch) / RATE
        pulses = np.diff(np.floor(phase), prepend=0) + 0.003 * draw.standard_normal(length)
        sound = lfilter([1], [1, -0.96], pulses)
        for formant, width in zip(FORMANTS[draw.choice(list(FORMANTS))], (80, 100, 140), strict=True):
            radius = np.exp(-np.pi * width / RATE)
            sound = lfilter([1 - radius], [1, -2 * radius * np.cos(2 * np.pi * formant / RATE), radius**2], sound)
        envelope = np.minimum(1, np.minimum(np.arange(length), np.arange(length)[::-1]) / (0.03 * RATE))
        hiss = lfilter([1, -0.9], [1], 0.01 * draw.standard_normal(int(draw.uniform(0.03, 0.08) * RATE)))
        pieces += [0.2 * sound / np.abs(sound).max() * envelope, hiss]
    return np.concatenate(pieces)[: round(seconds * RATE)].astype(np.float32)


def melody(seconds: float, rate: int = RATE, seed: int = 0) -> np.ndarray:
    """Notes of random pitch, length and colour, two at a time."""
    draw = np.random.default_rng(seed)
    wave = np.zeros(round(seconds * rate))
    for _ in range(2):
        start = 0
        while start < len(wave):
            length = min(int(draw.uniform(0.1, 0.5) * rate), len(wave) - start)
            time = np.arange(length) / rate
            frequency = 110 * 2 ** (draw.integers(0, 36) / 12)
            parts = draw.uniform(0, 1, 5) / np.arange(1, 6)
            tone = sum(part * np.sin(2 * np.pi * frequency * number * time) for number, part in enumerate(parts, 1))
            wave[start : start + length] += tone * np.exp(-draw.uniform(1, 8) * time)
            start += length
    return (0.4 * wave / np.abs(wave).max() + 1e-3 * draw.standard_normal(len(wave))).astype(np.float32)


def cadence(tonic: int, mode: str, rate: int = RATE) -> np.ndarray:
    """I-IV-V-I or i-iv-V-i with a bass, of tones with eight harmonics."""
    third = 4 if mode == "major" else 3
    chords = [(0, third, 7), (5, 5 + third, 12), (7, 11, 14), (0, third, 7)]
    time = np.arange(rate) / rate
    bars = []
    for chord in chords:
        bar = np.zeros(rate)
        for note in (chord[0] - 12, *chord):
            frequency = 261.63 * 2 ** ((tonic + note) / 12)
            bar += sum(np.sin(2 * np.pi * number * frequency * time) / number**2 for number in range(1, 9))
        bars.append(0.1 * bar * np.exp(-1.5 * time))
    return np.concatenate(bars).astype(np.float32)
