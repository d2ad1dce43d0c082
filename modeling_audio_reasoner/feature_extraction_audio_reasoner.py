"""Log-mel features of whole recordings, computed over what was recorded and not over thirty seconds of padding.

The values are Whisper's (and so Qwen2-Audio's): the same window, filters, floor and normalisation. What is left out is
the silence after the clip's end, which no valid position of the encoder sees. Recordings longer than one window become
consecutive windows; nothing is cut in silence. This module knows nothing of files, text or the model.
"""

from __future__ import annotations

import math
import numbers
from functools import lru_cache
from typing import Any

import numpy as np
import torch
from transformers import BatchFeature, SequenceFeatureExtractor
from transformers.audio_utils import mel_filter_bank

from .audio_loading import as_array, check_duration, check_samples
from .configuration_audio_reasoner import ENCODER_AUTO_MAP, count_positions
from .saving_audio_reasoner import PushesCode, save_code


MIN_FRAMES = 3  # the shortest window that gives an audio token: two positions of two frames, the last one half filled


@lru_cache(maxsize=8)
def _mel_filters(feature_size: int, n_fft: int, sampling_rate: int) -> torch.Tensor:
    """Whisper's mel filters, (feature_size, frequency bins) float32."""
    filters = mel_filter_bank(
        num_frequency_bins=1 + n_fft // 2,
        num_mel_filters=feature_size,
        min_frequency=0.0,
        max_frequency=sampling_rate / 2,
        sampling_rate=sampling_rate,
        norm="slaney",
        mel_scale="slaney",
    )
    return torch.from_numpy(filters).to(torch.float32).T.contiguous()


@lru_cache(maxsize=8)
def _hann_window(n_fft: int) -> torch.Tensor:
    return torch.hann_window(n_fft, dtype=torch.float32, device="cpu")  # whatever the default device is


class AudioReasonerFeatureExtractor(PushesCode, SequenceFeatureExtractor):
    """Turns waveforms into log-mel windows.

    Args:
        feature_size: number of mel bands.
        sampling_rate: in Hz; waveforms at another rate are refused here (the processor resamples files and messages).
        hop_length: samples between two frames.
        chunk_length: length of a window in seconds.
        n_fft: samples of a frame.
        max_duration: the longest recording in seconds; a longer one is an error, never a cut.

    Raises:
        ValueError: one of these is not a whole number above zero (`max_duration`: any number above zero), or a window
            does not hold a whole number of frames, `MIN_FRAMES` or more.
    """

    model_input_names = ["input_features", "feature_attention_mask"]

    def __init__(
        self,
        feature_size: int = 128,
        sampling_rate: int = 16000,
        hop_length: int = 160,
        chunk_length: int = 30,
        n_fft: int = 400,
        padding_value: float = 0.0,
        max_duration: float = 600.0,
        **kwargs: Any,
    ) -> None:
        _check_number("feature_size", feature_size)
        _check_number("sampling_rate", sampling_rate)
        _check_number("hop_length", hop_length)
        _check_number("chunk_length", chunk_length)
        _check_number("n_fft", n_fft)
        _check_number("max_duration", max_duration, whole=False)
        window = chunk_length * sampling_rate
        if window % hop_length or window < max(MIN_FRAMES * hop_length, n_fft):
            raise ValueError(
                f"A window of {chunk_length} s at {sampling_rate} Hz ({window} samples) is no whole number of frames "
                f"{hop_length} samples apart, or less than {MIN_FRAMES} of them or than n_fft ({n_fft}): change "
                "chunk_length, hop_length or n_fft."
            )
        # TRL asks for left padding of text; features are always padded at the end, where the mask says so.
        kwargs["padding_side"] = "right"
        kwargs["return_attention_mask"] = True
        super().__init__(feature_size=feature_size, sampling_rate=sampling_rate, padding_value=padding_value, **kwargs)
        self.hop_length = hop_length
        self.chunk_length = chunk_length
        self.n_fft = n_fft
        self.max_duration = max_duration
        self.n_samples = window
        self.nb_max_frames = self.n_samples // hop_length

    def __call__(
        self,
        raw_speech: np.ndarray | list[np.ndarray],
        sampling_rate: int | None = None,
        return_tensors: str | None = None,
        **kwargs: Any,
    ) -> BatchFeature:
        """Log-mel windows of one or several recordings.

        Args:
            raw_speech: a waveform of shape (samples,), or a list of them; float, mono, at `self.sampling_rate`.
            sampling_rate: rate of the waveforms in Hz, to be checked against the extractor's own.
            return_tensors: "pt" or "np"; tensors of numpy when left out.

        Other keyword arguments that transformers passes to feature extractors (padding, truncation, ...) have no
        effect: windows are never truncated, and are padded to the longest of the batch.

        Returns:
            `input_features` (windows, feature_size, frames), float32: windows of all recordings in order, each
            computed over the frames that its valid positions see, zero beyond;
            `feature_attention_mask` (windows, frames), 1 on frames of the recording;
            `num_windows` (recordings,), windows of each recording.

        Raises:
            ValueError: a waveform is none, not mono, empty, not finite, longer than `max_duration`, or at another
                rate.
        """
        if sampling_rate is not None and sampling_rate != self.sampling_rate:
            raise ValueError(
                f"The waveforms are sampled at {sampling_rate} Hz, but this model hears {self.sampling_rate} Hz: "
                "resample them first, or pass files to the processor, which resamples."
            )
        waveforms = _as_list(raw_speech)
        windows: list[np.ndarray] = []
        num_windows = []
        for index, waveform in enumerate(waveforms):
            checked = self._check_waveform(waveform, index)
            parts = [checked[start : start + self.n_samples] for start in range(0, len(checked), self.n_samples)]
            windows.extend(parts)
            num_windows.append(len(parts))
        mels = [self._log_mel(window) for window in windows]
        lengths = [self._num_frames(len(window)) for window in windows]
        frames = max(max(lengths), max(mel.shape[1] for mel in mels))
        features = np.full((len(mels), self.feature_size, frames), self.padding_value, dtype=np.float32)
        mask = np.zeros((len(mels), frames), dtype=np.int64)
        for index, (mel, length) in enumerate(zip(mels, lengths, strict=True)):
            features[index, :, : mel.shape[1]] = mel
            mask[index, :length] = 1
        data = {
            "input_features": features,
            "feature_attention_mask": mask,
            "num_windows": np.array(num_windows),
        }
        return BatchFeature(data, tensor_type=return_tensors)

    def _check_waveform(self, waveform: Any, index: int) -> np.ndarray:
        name = f"Recording {index + 1}"
        waveform = as_array(waveform, name)
        if waveform.ndim != 1:
            raise ValueError(f"{name} has shape {waveform.shape}: pass one channel of shape (samples,).")
        check_samples(waveform, name)
        check_duration(name, waveform.size, self.sampling_rate, self.max_duration)
        return waveform.astype(np.float32, copy=False)

    def _num_frames(self, samples: int) -> int:
        """Valid frames of a window of so many samples; a very short clip counts as the shortest that gives a token."""
        return max(math.ceil(samples / self.hop_length), MIN_FRAMES)

    def _log_mel(self, window: np.ndarray) -> np.ndarray:
        """Whisper's log-mel of one window (samples,) -> (feature_size, 2n + 1 frames) for its n positions."""
        positions = count_positions(self._num_frames(len(window)))
        frames = min(2 * positions + 1, self.nb_max_frames)
        spectrum = torch.fft.rfft(self._frames(window, frames).mul(_hann_window(self.n_fft)))
        squares = torch.view_as_real(spectrum).square_()  # a third of the time of spectrum.abs() ** 2
        power = squares[..., 0] + squares[..., 1]
        filters = _mel_filters(self.feature_size, self.n_fft, self.sampling_rate)
        with torch.autocast("cpu", enabled=False):  # a caller's bfloat16 would leave two digits
            log_spec = (filters @ power.T).clamp_(min=1e-10).log10_()
        return log_spec.clamp_(min=log_spec.max().item() - 8.0).add_(4.0).mul_(0.25).numpy()

    def _frames(self, window: np.ndarray, count: int) -> torch.Tensor:
        """The first `count` frames of a window (samples,) as Whisper cuts them: (count, n_fft).

        Mirrored at the window's start, silent after the recording, and mirrored again after thirty seconds.
        """
        half = self.n_fft // 2
        signal = np.empty((count - 1) * self.hop_length + self.n_fft, dtype=np.float32)
        end = min(len(signal), half + self.n_samples)
        heard = half + min(len(window), end - half)
        signal[half:heard] = window[: heard - half]
        signal[heard:end] = 0.0
        signal[:half] = signal[2 * half : half : -1]
        signal[end:] = signal[end - 2 : 2 * end - len(signal) - 2 : -1]
        return torch.from_numpy(signal).unfold(0, self.n_fft, self.hop_length)

    def to_dict(self) -> dict[str, Any]:
        """As the base class, without what is computed, and naming the code as a file beside it."""
        fields = super().to_dict()
        for computed in (
            "n_samples",
            "nb_max_frames",
            "padding_side",
            "return_attention_mask",
        ):
            fields.pop(computed, None)
        fields["auto_map"] = {"AutoFeatureExtractor": ENCODER_AUTO_MAP["AutoFeatureExtractor"]}
        return fields

    def save_pretrained(self, save_directory: str, push_to_hub: bool = False, **kwargs: Any) -> Any:
        """As the base class, with the code beside the configuration."""
        save_code(save_directory)
        return super().save_pretrained(str(save_directory), push_to_hub=push_to_hub, **kwargs)


def _check_number(name: str, value: Any, whole: bool = True) -> None:
    kind = numbers.Integral if whole else numbers.Real
    if not isinstance(value, kind) or isinstance(value, bool) or not float(value) > 0:
        raise ValueError(f"{name} is {value!r}: give a {'whole ' if whole else ''}number above 0.")


def _as_list(raw_speech: Any) -> list[Any]:
    """One waveform or several as a list of waveforms, which are still to be checked."""
    if isinstance(raw_speech, (np.ndarray, torch.Tensor)) and raw_speech.ndim < 2:
        return [raw_speech]
    if isinstance(raw_speech, (str, bytes, dict)) or not hasattr(raw_speech, "__len__"):
        raise ValueError(
            f"raw_speech is a {type(raw_speech).__name__}: pass a waveform of shape (samples,) or a list of them; "
            "files and other recordings go to the processor."
        )
    if len(raw_speech) == 0:
        raise ValueError("The list of waveforms is empty: pass at least one recording.")
    return [raw_speech] if isinstance(raw_speech[0], numbers.Real) else list(raw_speech)


__all__ = ["AudioReasonerFeatureExtractor"]
