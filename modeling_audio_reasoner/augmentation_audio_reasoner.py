"""Varies the recordings of training rows that ask for it: speed, loudness and noise, anew each time one is read.

A row asks in a recording's part of its messages, `{"type": "audio", "audio": …, "augmentation": {"speed": 0.05}}`, so
that rows to evaluate on, which hold no such key, are never varied. Knows nothing of messages, epochs or tasks.
"""

from __future__ import annotations

import math
import numbers
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
import torch

from .audio_resampling import resample


FASTEST = 0.5
STEPS = 200
"""Speeds are apart by one part of so many: to resample by few ratios takes half the time that any ratio takes."""
SOFTEST = 60.0
EXAMPLE = "{'speed': 0.05, 'gain_db': 6.0}"


@dataclass(frozen=True)
class Augmentation:
    """How a recording may be varied; the defaults vary nothing.

    Args:
        speed: largest relative change of speed, and so of pitch: 0.05 plays it at 0.95 to 1.05 times its speed, in
            steps of 0.005. At most `FASTEST`.
        gain_db: at most so many decibels are taken away; `SOFTEST` or fewer. None are added, which could clip.
        noise_probability: how often white noise is added.
        noise_snr_db: lowest and highest ratio of the recording's mean power to that of the noise, in decibels.

    Raises:
        ValueError: one of these is no number, or beyond its bounds; names it.
    """

    speed: float = 0.0
    gain_db: float = 0.0
    noise_probability: float = 0.0
    noise_snr_db: tuple[float, float] = (10.0, 40.0)

    def __post_init__(self) -> None:
        for name, most in (("speed", FASTEST), ("gain_db", SOFTEST), ("noise_probability", 1.0)):
            value = getattr(self, name)
            if not _is_number(value) or not 0 <= value <= most:
                raise ValueError(f"{name} of an augmentation is {value!r}: give a number from 0 to {most:g}.")
        if 0 < self.speed < 1 / STEPS:
            raise ValueError(f"speed of an augmentation is {self.speed!r}: give 0, or a step of {1 / STEPS} or more.")
        bounds = self.noise_snr_db
        if not isinstance(bounds, (list, tuple)) or len(bounds) != 2 or not all(map(_is_number, bounds)):
            raise ValueError(f"noise_snr_db of an augmentation is {bounds!r}: give the lowest and the highest, in dB.")
        if not bounds[0] <= bounds[1]:
            raise ValueError(f"noise_snr_db of an augmentation is {bounds!r}: give the lowest first.")
        object.__setattr__(self, "noise_snr_db", tuple(bounds))

    @classmethod
    def of(cls, given: Any) -> Augmentation:
        """Of what stands under `augmentation`; keys that are None, as data sets fill them in, are not there.

        Raises:
            ValueError: it is no dict, holds an unknown key, or a value is refused.
        """
        if not isinstance(given, Mapping):
            raise ValueError(
                f"The augmentation of a recording is a {type(given).__name__}: pass a dict, as {EXAMPLE}."
            )
        known = [field.name for field in fields(cls)]
        if unknown := [name for name in given if name not in known]:
            raise ValueError(f"The augmentation of a recording holds {unknown[0]!r}: give {', '.join(known)} alone.")
        return cls(**{name: value for name, value in given.items() if value is not None})

    def vary(
        self, waveform: np.ndarray, rate: int, generator: np.random.Generator, longest: float = math.inf
    ) -> np.ndarray:
        """One random variant of a recording.

        Args:
            waveform: (samples,) float32.
            rate: in Hz.
            generator: the source of chance.
            longest: seconds beyond which it is not stretched, where it is no longer itself.

        Returns:
            (other samples,) float32.
        """
        if self.speed:
            most = math.floor(self.speed * STEPS + 1e-6)
            least = max(-most, math.ceil(len(waveform) / (longest * rate) * STEPS - STEPS))
            step = int(generator.integers(min(least, 0), most + 1))
            waveform = play_at(waveform, 1 + step / STEPS, rate)
        if self.gain_db:
            waveform = waveform * np.float32(10 ** (generator.uniform(-self.gain_db, 0.0) / 20))
        if generator.random() < self.noise_probability:
            waveform = with_noise(waveform, generator.uniform(*self.noise_snr_db), generator)
        return waveform


class Variants:
    """The chance of one processor.

    What is drawn depends on torch's seed, on how many recordings were varied before, and on the recording. So epochs,
    processes that train together, and workers of a DataLoader, which torch seeds anew for each epoch, draw
    differently, and one seed gives the same again. torch's random numbers are left where they are, since samplers of
    several processes have to agree on them.
    """

    def __init__(self) -> None:
        self.drawn = 0

    def generator(self, waveform: np.ndarray) -> np.random.Generator:
        """The source of chance for the next variant, which is of `waveform`."""
        self.drawn += 1
        seed = torch.initial_seed() % 2**64
        return np.random.default_rng((seed, self.drawn, zlib.crc32(waveform.tobytes())))


def play_at(waveform: np.ndarray, factor: float, rate: int) -> np.ndarray:
    """A recording (samples,) at `rate` Hz at `factor` times its speed, to a Hertz of its rate, band-limited."""
    return resample(waveform, round(factor * rate), rate)


def with_noise(waveform: np.ndarray, snr_db: float, generator: np.random.Generator) -> np.ndarray:
    """A recording (samples,) float32 with white noise, to whose power its own mean power has a ratio of `snr_db`."""
    scale = np.sqrt(np.mean(np.square(waveform)) / 10 ** (snr_db / 10))
    return waveform + np.float32(scale) * generator.standard_normal(len(waveform), dtype=np.float32)


def _is_number(value: Any) -> bool:
    return isinstance(value, numbers.Real) and not isinstance(value, bool) and math.isfinite(value)


__all__ = ["Augmentation", "Variants", "play_at", "with_noise"]
