"""The log-mel spectrogram of one recording."""

from __future__ import annotations

from typing import TYPE_CHECKING

from evaluation.figures.style import Look, figure, png


if TYPE_CHECKING:
    import numpy as np


def log_mel(waveform: np.ndarray, sampling_rate: int, bands: int = 80) -> tuple[np.ndarray, float]:
    """Power in mel bands in decibels below its maximum, 80 dB deep.

    Args:
        waveform: (samples,) float, mono.
        sampling_rate: samples a second.
        bands: number of mel bands from 0 Hz to half the sampling rate.

    Returns:
        (bands, frames) and the hop in seconds (10 ms; windows of 25 ms).
    """
    import numpy as np
    from transformers.audio_utils import mel_filter_bank, spectrogram, window_function

    hop, window = round(0.010 * sampling_rate), round(0.025 * sampling_rate)
    size = 1 << (window - 1).bit_length()
    bank = mel_filter_bank(size // 2 + 1, bands, 0.0, sampling_rate / 2, sampling_rate, mel_scale="htk")
    power = spectrogram(
        waveform.astype(np.float64),
        window_function(window, "hann"),
        window,
        hop,
        fft_length=size,
        power=2.0,
        mel_filters=bank,
        mel_floor=1e-10,
    )
    decibels = 10 * np.log10(np.maximum(power, 1e-10))
    return np.clip(decibels - decibels.max(), -80.0, 0.0), hop / sampling_rate


def spectrogram_figure(waveform: np.ndarray, sampling_rate: int, look: Look, ground: str | None = None) -> bytes:
    """PNG of the log-mel spectrogram of `waveform` (samples,), time in seconds and frequency in kHz."""
    import numpy as np

    image, hop = log_mel(waveform, sampling_rate)
    with figure(look, 1.9 if look.narrow else 2.1) as (drawing, axes):
        axes.imshow(
            image,
            origin="lower",
            aspect="auto",
            cmap="magma",
            interpolation="nearest",
            extent=(0, image.shape[1] * hop, 0, image.shape[0]),
        )
        highest = _mel(sampling_rate / 2)
        marks = [frequency for frequency in (250, 1000, 2000, 4000, 8000) if frequency <= sampling_rate / 2]
        axes.set_yticks(
            [image.shape[0] * _mel(mark) / highest for mark in marks], [f"{mark / 1000:g}" for mark in marks]
        )
        axes.set_xlim(0, len(waveform) / sampling_rate)
        axes.set_xticks(np.arange(0, len(waveform) / sampling_rate, 1.0))
        axes.set_xlabel("seconds")
        axes.set_ylabel("kHz")
        return png(drawing, ground)


def _mel(frequency: float) -> float:
    import math

    return 2595.0 * math.log10(1.0 + frequency / 700.0)
