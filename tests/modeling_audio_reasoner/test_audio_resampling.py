"""Every way to another sampling rate gives the same waveform, within what each states; tests/gpu runs one on a GPU."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest
import torch

from modeling_audio_reasoner import audio_loading
from modeling_audio_reasoner.audio_loading import load_audio
from modeling_audio_reasoner.audio_resampling import LARGEST_FILTER, _resample_fourier, resample, resample_tensor


TARGET = 16000
ENDS = 64  # samples at 16 kHz


def chord(rate: int, lower: float) -> np.ndarray:
    """Two seconds of four tones up to 0.8 times the lower Nyquist frequency."""
    times = np.arange(2 * rate) / rate
    return sum(0.1 * np.sin(2 * np.pi * ratio * lower * times) for ratio in (0.02, 0.1, 0.4, 0.8)).astype(np.float32)


def speech_like(rate: int, lower: float) -> np.ndarray:
    """Harmonics of a voice between 100 and 140 Hz, swelling three times a second."""
    times = np.arange(2 * rate) / rate
    phase = 2 * np.pi * np.cumsum(120 + 20 * np.sin(2 * np.pi * 0.7 * times)) / rate
    voice = sum(np.sin(number * phase) / number for number in range(1, 40) if number * 140 < 0.8 * lower)
    return (0.1 * voice * (0.5 + 0.5 * np.sin(2 * np.pi * 3 * times))).astype(np.float32)


def sweep(rate: int, lower: float) -> np.ndarray:
    """From 20 Hz to 0.9 times the lower Nyquist frequency."""
    times = np.arange(2 * rate) / rate
    return (0.3 * np.sin(2 * np.pi * (20 * times + (0.9 * lower - 20) / 4 * times**2))).astype(np.float32)


SIGNALS = [chord, speech_like, sweep]


def difference(found: np.ndarray, expected: np.ndarray) -> float:
    """In decibels, away from the ends."""
    inner = slice(ENDS, -ENDS)
    return float(20 * np.log10(np.std((found - expected)[inner]) / np.std(expected[inner])))


@pytest.mark.parametrize("rate", [8000, 22050, 32000, 44100, 48000])
@pytest.mark.parametrize("signal", SIGNALS)
def test_torchaudio_agrees_with_the_default(rate, signal):
    pytest.importorskip("torchaudio", reason="torchaudio is not installed")
    waveform = signal(rate, min(rate, TARGET) / 2)
    found = resample_tensor(torch.from_numpy(waveform), rate, TARGET)
    assert found.dtype == torch.float32 and found.shape == (2 * TARGET,)
    assert difference(found.numpy(), resample(waveform, rate, TARGET)) < -70
    channels = resample_tensor(torch.from_numpy(np.stack([waveform, 0 * waveform])).double(), rate, TARGET)
    assert torch.equal(channels[0], found) and not channels[1].any()


class OnGPU(torch.Tensor):
    """A tensor that says that it lies on a CUDA device, and counts how often it is fetched from there."""

    fetched = 0

    @property
    def is_cuda(self) -> bool:
        return True


@pytest.fixture
def resampled(monkeypatch):
    """What is resampled where it lies, as (shape, rate, target); every second sample is kept."""
    calls = []

    def halved(tensor, rate, target):
        calls.append((tuple(tensor.shape), rate, target))
        return tensor[..., ::2].as_subclass(torch.Tensor)

    monkeypatch.setattr(audio_loading, "resample_tensor", halved)
    return calls


def on_gpu(*shape: int) -> torch.Tensor:
    return torch.full(shape, 0.25).as_subclass(OnGPU)


def test_a_tensor_on_a_gpu_is_resampled_there(resampled):
    found = load_audio({"array": on_gpu(2, 32000), "sampling_rate": 2 * TARGET}, TARGET)
    assert resampled == [((2, 32000), 2 * TARGET, TARGET)]
    assert found.shape == (16000,) and found.dtype == np.float32 and np.all(found == 0.25)


def test_any_other_recording_is_not(resampled):
    """One at the wanted rate, one on the CPU, one of whole numbers or of the wrong shape, which is refused."""
    load_audio({"array": on_gpu(1600), "sampling_rate": TARGET}, TARGET)
    load_audio({"array": torch.full((1600,), 0.25), "sampling_rate": 2 * TARGET}, TARGET)
    load_audio(on_gpu(1600), TARGET)
    for refused in (on_gpu(1600).long(), on_gpu(1600, 2), on_gpu(1, 1, 1600), on_gpu(0)):
        with pytest.raises(ValueError, match="dtype|channels|shape|zero samples"):
            load_audio({"array": refused.as_subclass(OnGPU), "sampling_rate": 2 * TARGET}, TARGET)
    with pytest.raises(ValueError, match="sampling rate nan"):
        load_audio({"array": on_gpu(1600), "sampling_rate": float("nan")}, TARGET)
    assert resampled == []


def test_without_torchaudio_it_is_resampled_by_the_default(monkeypatch):
    monkeypatch.setitem(sys.modules, "torchaudio.functional", None)
    waveform = chord(32000, 8000)
    tensor = torch.from_numpy(waveform).as_subclass(OnGPU)
    found = load_audio({"array": tensor, "sampling_rate": 32000}, TARGET)
    assert np.array_equal(found, resample(waveform, 32000, TARGET))


def test_a_filter_that_would_not_fit_is_not_made(monkeypatch):
    """44101 and 16000 Hz have no common divisor: the filter would have 711 million numbers, 2.8 GB."""
    monkeypatch.setitem(sys.modules, "torchaudio.functional", None)
    assert resample_tensor(torch.zeros(100), 44101, TARGET) is None
    assert 44101 * TARGET > LARGEST_FILTER > 441 * 160


def test_torchaudio_is_imported_for_nothing_else():
    script = """
import sys, numpy as np
from modeling_audio_reasoner.audio_loading import load_audio
load_audio({"array": np.zeros(100, np.float32), "sampling_rate": 8000}, 16000)
print(sorted({"torchaudio", "torch"} & set(sys.modules)))
"""
    run = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "[]"


@pytest.mark.parametrize("rates", [(8000, 16000), (44100, 16000), (22050, 16000), (48000, 16000)])
def test_without_soxr_the_pass_band_is_the_same(rates):
    """Within -60 dB of soxr on a chord below the lower Nyquist frequency."""
    rate, target = rates
    tones = chord(rate, 4000)
    found = difference(_resample_fourier(tones, rate, target), resample(tones, rate, target))
    assert found < -60
