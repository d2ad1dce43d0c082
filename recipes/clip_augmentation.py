"""Changes a clip in ways that leave its label true: speed, shift, gain and noise.

Knows nothing of tasks: the caller says for each clip whether its speed may change.
"""

from __future__ import annotations

import numpy as np

from modeling_audio_reasoner.augmentation_audio_reasoner import with_noise


def augment_clip(
    waveform: np.ndarray,
    generator: np.random.Generator,
    *,
    speed: float,
    shift: int,
    gain_db: float,
    noise_probability: float,
    noise_snr_db: tuple[float, float],
) -> tuple[np.ndarray, float, int]:
    """One random variant of a clip.

    Args:
        waveform: (samples,) float32 between -1 and 1.
        generator: the source of chance.
        speed: largest relative change of speed, and so of pitch; 0.08 plays the clip at 0.92 to 1.08 times its speed.
        shift: at most so many samples are cut from the start, or put before it as silence.
        gain_db: at most so many decibels are taken away.
        noise_probability: the share of clips that white noise is added to.
        noise_snr_db: lowest and highest ratio of the clip's mean power to that of the noise, in decibels.

    Returns:
        The variant, (other samples,) float32; the factor of its speed; and the samples by which it was moved to a
        later time (an earlier one, if negative). Sample n of the clip is at n / factor + offset.
    """
    factor = 1.0
    if speed > 0:
        factor = float(generator.uniform(1 - speed, 1 + speed))
        waveform = _play_at(waveform, factor)
    offset = int(generator.integers(-shift, shift + 1)) if shift > 0 else 0
    if offset > 0:
        waveform = np.concatenate([np.zeros(offset, np.float32), waveform])
    elif offset < 0 and len(waveform) > 4 * shift:
        waveform = waveform[-offset:]
    else:
        offset = 0
    waveform = waveform * np.float32(10 ** (generator.uniform(-gain_db, 0.0) / 20))
    if generator.random() < noise_probability:
        waveform = with_noise(waveform, generator.uniform(*noise_snr_db), generator)
    return waveform, factor, offset


def _play_at(waveform: np.ndarray, factor: float) -> np.ndarray:
    """The clip at `factor` times its speed, by linear interpolation."""
    positions = np.arange(0, len(waveform) - 1, factor)
    return np.interp(positions, np.arange(len(waveform)), waveform).astype(np.float32)
