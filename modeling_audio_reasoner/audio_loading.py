"""Reads one recording into a mono waveform at the model's rate, or says in one sentence why it cannot be heard whole.

Takes what `datasets`, transformers and people hand over: a path, a URL, bytes, an array, a decoder. soundfile reads
files and is imported when it is needed. This module knows nothing of models or of text.
"""

from __future__ import annotations

import base64
import io
import math
import numbers
import os
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import numpy as np

from .audio_fetching import fetch
from .audio_resampling import resample, resample_tensor


SILENCE_PEAK = 1e-4  # -80 dB of full scale
LOUDEST = 10.0  # times full scale: mixing goes a little beyond 1, 16-bit integers taken for floats far beyond
MAX_CHANNELS = 64
LONGEST_PATH = 4096  # what is longer is a recording in base64, as chat servers hand it over
BLOCK = 2**20  # frames read at once of a recording that does not say how many it has


def load_audio(source: Any, sampling_rate: int, max_duration: float | None = None) -> np.ndarray:
    """Read a recording as float32 mono samples at `sampling_rate` (Hz), shape (samples,).

    A tensor on a CUDA device with another rate than the one wanted is resampled there, if torchaudio is installed.

    Args:
        source: a path or URL; `bytes`, or bytes in base64 (a `data:` URI or bare); an array (samples,) or (channels,
            samples), already at `sampling_rate`; `{"array", "sampling_rate"}`; `{"bytes", "path"}` (datasets'
            `Audio(decode=False)`); or a torchcodec `AudioDecoder` (datasets' decoded `Audio`).
        sampling_rate: the rate wanted, in Hz.
        max_duration: seconds; a longer recording is refused before it is resampled, which takes memory by its length.

    Raises:
        ValueError: what was found is not audio, empty, truncated, of zero samples, not finite, beyond `LOUDEST` times
            full scale, or longer than `max_duration`; names the source.
        OSError: the file is missing or cannot be opened.
    """
    if isinstance(source, (np.ndarray, list, tuple)) or hasattr(source, "detach"):
        waveform, rate = _to_mono(as_array(source, describe(source)), describe(source)), sampling_rate
    else:
        if _on_gpu(source):
            source = _resampled_on_gpu(source, sampling_rate, max_duration)
        waveform, rate = read_audio(source)
    if max_duration is not None:
        check_duration(describe(source), len(waveform), rate, max_duration)
    heard = resample(waveform, rate, sampling_rate)
    if not len(heard):
        raise ValueError(
            f"{describe(source)} has {len(waveform)} samples at {rate} Hz, less than one at {sampling_rate} Hz: give "
            "its true sampling rate, or a longer recording."
        )
    return heard


def _on_gpu(source: Any) -> bool:
    """Whether this is `{"array", "sampling_rate"}` with a recording of the right shape on a CUDA device."""
    if not isinstance(source, dict) or source.get("sampling_rate") is None:
        return False
    array: Any = source.get("array")
    if not getattr(array, "is_cuda", False) or not array.is_floating_point() or not array.numel():
        return False
    return array.ndim == 1 or array.ndim == 2 and array.shape[0] <= MAX_CHANNELS


def _resampled_on_gpu(source: dict[str, Any], target: int, max_duration: float | None) -> dict[str, Any]:
    rate = _checked_rate(source["sampling_rate"], describe(source))
    if max_duration is not None:
        check_duration(describe(source), source["array"].shape[-1], rate, max_duration)
    found = None if rate == target else resample_tensor(source["array"], rate, target)
    return source if found is None else {**source, "array": found, "sampling_rate": target}


def read_audio(source: Any) -> tuple[np.ndarray, int]:
    """Read a recording as float32 mono samples at its own rate: (samples,) and the rate in Hz.

    Takes what `load_audio` takes, except a bare array, whose rate nobody knows; raises what it raises.
    """
    name = describe(source)
    if isinstance(source, dict) and source.get("array") is not None:
        if source.get("sampling_rate") is None:
            raise ValueError(f"{name} comes without its sampling rate: pass {{'array': …, 'sampling_rate': …}}.")
        waveform, rate = as_array(source["array"], name), _checked_rate(source["sampling_rate"], name)
    elif hasattr(source, "get_all_samples"):
        samples = source.get_all_samples()
        waveform, rate = as_array(samples.data, name), int(samples.sample_rate)
    else:
        waveform, rate = _decode(_contents(source, name), name)
    return _to_mono(waveform, name), rate


def as_array(samples: Any, name: str) -> np.ndarray:
    """An array, a tensor on any device, or a list of numbers as an array, of the same dtype where numpy has it.

    Raises:
        ValueError: a list holds arrays: several recordings, or channels, in the place of one; or a tensor cannot be
            an array, as a sparse one, or one on the meta device.
    """
    if hasattr(samples, "detach"):
        try:
            samples = samples.detach().cpu()
            return np.asarray(samples.float() if samples.is_floating_point() else samples)
        except (RuntimeError, TypeError) as error:  # NotImplementedError is a RuntimeError
            reason = str(error).splitlines()[0]
            raise ValueError(f"{name} is a tensor that is no array ({reason}): pass a dense one.") from None
    if isinstance(samples, (list, tuple)):
        others = [item for item in samples if not isinstance(item, numbers.Real)]
        if others:
            raise ValueError(
                f"{name} is a list of {len(samples)} items such as a {type(others[0]).__name__}, where one recording "
                "is wanted: give each recording a part of its own, and channels as one array (channels, samples)."
            )
    return np.asarray(samples)


def check_samples(waveform: np.ndarray, name: str) -> None:
    """Refuse samples that are no waveform between -1 and 1, or not far beyond.

    Raises:
        ValueError: the samples are not floating-point, not finite, or louder than `LOUDEST`.
    """
    if not np.issubdtype(waveform.dtype, np.floating):
        raise ValueError(f"{name} has dtype {waveform.dtype}: pass floating-point samples between -1 and 1.")
    if waveform.size == 0:
        raise ValueError(f"{name} has zero samples: there is nothing to hear.")
    low, high = float(waveform.min()), float(waveform.max())
    if not math.isfinite(low) or not math.isfinite(high):
        raise ValueError(f"{name} holds NaN or infinite samples: repair the recording first.")
    if max(high, -low) > LOUDEST:
        raise ValueError(
            f"{name} holds samples from {low:g} to {high:g}, beyond {LOUDEST:g} times full scale: divide integers by "
            "their full scale (32768 for 16 bits), so that samples lie between -1 and 1."
        )


def check_duration(name: str, samples: int, rate: int, limit: float) -> None:
    """Refuse a recording of more than `limit` seconds.

    Raises:
        ValueError: it is longer; says how long, with the digits by which it is.
    """
    seconds = samples / rate
    if seconds > limit:
        digits = next((digits for digits in range(1, 6) if float(f"{seconds:.{digits}f}") > limit), 6)
        raise ValueError(
            f"{name} lasts {seconds:.{digits}f} s, more than the maximum of {limit:g} s: split it, or raise the "
            "feature extractor's max_duration."
        )


def _checked_rate(rate: Any, name: str) -> int:
    rate = rate.item() if getattr(rate, "ndim", None) == 0 else rate  # of a data set in numpy's or torch's format
    number = float(rate) if isinstance(rate, numbers.Real) and not isinstance(rate, bool) else math.nan
    if not number.is_integer() or number < 1:
        raise ValueError(f"{name} has the sampling rate {rate!r}: give a whole number of Hz, of at least 1.")
    return int(number)


def describe(source: Any) -> str:
    """How an error names the recording: its path or URL where it has one."""
    if isinstance(source, dict):
        return str(source.get("path") or "The recording")
    if isinstance(source, str) and (source.startswith("data:") or len(source) > LONGEST_PATH):
        return "The recording in base64"
    if isinstance(source, (str, os.PathLike)):
        return str(source) or "The recording"
    return "The recording"


def check_audible(waveform: np.ndarray, name: str) -> None:
    """Refuse a recording in which there is nothing to hear (its peak lies below -80 dB of full scale).

    Raises:
        ValueError: the recording `name` is silent.
    """
    peak = float(np.abs(waveform).max()) if waveform.size else 0.0
    if peak < SILENCE_PEAK:
        raise ValueError(f"{name} is silent (its peak is {peak:.1e} of full scale): check the recording.")


def _contents(source: Any, name: str) -> bytes:
    """The bytes of a file, URL or record."""
    if isinstance(source, dict):
        keys = ", ".join(repr(key) for key in source)
        source = next((source[key] for key in ("bytes", "path", "url") if source.get(key) is not None), None)
        if source is None:
            raise ValueError(f"{name} is a dict with {keys or 'nothing'}: give one of array, bytes, path and url.")
    if isinstance(source, (bytes, bytearray, memoryview)):
        return bytes(source)
    if not isinstance(source, (str, os.PathLike)):
        raise ValueError(
            f"{name} is a {type(source).__name__}, which is not audio: pass a path, a URL, an array, "
            "{'bytes', 'path'}, {'array', 'sampling_rate'} or a torchcodec decoder."
        )
    if not os.fspath(source):
        raise ValueError(f"{name} has an empty path: name an audio file.")
    if isinstance(source, str) and source.strip().lower().startswith(("http://", "https://")):
        return fetch(source.strip())
    if isinstance(source, str) and (source.startswith("data:") or len(source) > LONGEST_PATH):
        return decode_base64(source, name)
    if isinstance(source, str) and "://" in source and not source.startswith("file://"):
        raise ValueError(f"{name} is not an address that can be read: give one of http, https or file, or a path.")
    path = Path(unquote(source[7:]) if isinstance(source, str) and source.startswith("file://") else source)
    try:
        return path.read_bytes()
    except IsADirectoryError:
        raise ValueError(f"{name} is a folder, not a recording: name one audio file.") from None
    except (FileNotFoundError, NotADirectoryError, ValueError):  # the last, of a null byte
        raise FileNotFoundError(f"{name} does not exist: check the path of the recording.") from None
    except OSError as error:  # a name that is too long, no right to read it, a disk that fails
        reason = error.strerror
        raise OSError(f"{name} cannot be read as a file ({reason}): check the path of the recording.") from None


def decode_base64(source: str, name: str) -> bytes:
    """The bytes of a `data:` URI or of bare base64.

    Raises:
        ValueError: the recording `name` is in neither.
    """
    head, comma, encoded = source.partition(",") if source.startswith("data:") else ("", ",", source)
    if not comma or (head and not head.endswith(";base64")):
        raise ValueError(f"{name} is a data URI that is not in base64: write it as data:audio/wav;base64,….")
    try:
        return base64.b64decode(encoded, validate=True)
    except ValueError as error:  # binascii's error is one
        raise ValueError(f"{name} is not valid base64 ({error}): encode the whole file.") from None


def _decode(contents: bytes, name: str) -> tuple[np.ndarray, int]:
    """Samples (samples, channels) of an encoded recording, and its rate."""
    if not contents:
        raise ValueError(f"{name} is empty (0 bytes): record or download it again.")
    try:
        import soundfile
    except ImportError:
        raise ImportError("soundfile, which reads recordings, is not installed: pip install soundfile.") from None
    try:
        with soundfile.SoundFile(io.BytesIO(contents)) as file:
            expected, rate = file.frames, file.samplerate
            counted = 0 <= expected < 2**62  # not so where it was written to a pipe
            waveform = file.read(dtype="float32", always_2d=True) if counted else _to_the_end(contents)
    except soundfile.LibsndfileError as error:
        if contents[:4] == b"fLaC":
            raise ValueError(
                f"{name} is truncated or damaged (its FLAC stream breaks off: {error.error_string.rstrip('.')}): "
                "download or copy it again."
            ) from None
        # mp4 and other containers that libsndfile does not read would need FFmpeg: say so instead of guessing.
        raise ValueError(
            f"{name} is not audio that can be decoded ({error.error_string.rstrip('.')}): "
            "convert it to WAV, FLAC, MP3 or Ogg."
        ) from None
    missing = _missing_bytes(contents)
    if missing or counted and len(waveform) < expected:
        found = f"{missing} bytes are missing" if missing else f"{len(waveform)} of {expected} frames could be read"
        if contents[:4] == b"OggS":
            found = "its last page is missing"
        raise ValueError(f"{name} is truncated ({found}): download or copy it again.")
    return waveform.T, rate


def _to_the_end(contents: bytes) -> np.ndarray:
    """Samples (samples, channels) of an encoded recording that does not say how many it has."""
    import soundfile

    class Piped(soundfile.SoundFile):
        def seekable(self) -> bool:
            """No: soundfile would seek to where it is after each block, which fails where the length is not known."""
            return False

    with Piped(io.BytesIO(contents)) as file:
        blocks = [file.read(BLOCK, dtype="float32", always_2d=True)]
        while len(blocks[-1]) == BLOCK:
            blocks.append(file.read(BLOCK, dtype="float32", always_2d=True))
    return np.concatenate(blocks)


def _missing_bytes(contents: bytes) -> int:
    """Bytes that a RIFF or Ogg file lacks by its own account; 0 where it is whole or keeps no account."""
    if contents[:4] == b"RIFF" and contents[8:12] == b"WAVE":
        position = 12
        while position + 8 <= len(contents):
            size = int.from_bytes(contents[position + 4 : position + 8], "little")
            if contents[position : position + 4] == b"data":
                streamed = size >= 0xFFFFFF00  # written to a pipe: the length was not known
                return 0 if streamed else max(position + 8 + size - len(contents), 0)
            position += 8 + size + size % 2
    if contents[:4] == b"OggS":
        last = contents.rfind(b"OggS")
        page = contents[last:]
        whole = len(page) >= 27 and len(page) >= 27 + page[26] + sum(page[27 : 27 + page[26]])
        return 0 if whole and page[5] & 0x04 else 1
    return 0


def _to_mono(waveform: np.ndarray, name: str) -> np.ndarray:
    if waveform.ndim not in (1, 2):
        raise ValueError(f"{name} has shape {waveform.shape}: pass (samples,) or (channels, samples).")
    check_samples(waveform, name)
    if waveform.ndim == 2:
        if waveform.shape[0] > MAX_CHANNELS:
            raise ValueError(
                f"{name} has shape {waveform.shape}, which would be {waveform.shape[0]} channels: pass "
                "(channels, samples), not (samples, channels)."
            )
        waveform = waveform[0] if len(waveform) == 1 else waveform.mean(axis=0, dtype=np.float64)
    return waveform.astype(np.float32, copy=False)
