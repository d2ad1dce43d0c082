"""Recordings in every form people hold them; a file that cannot be heard whole is named and refused."""

from __future__ import annotations

import base64
import io
import pathlib

import numpy as np
import pytest
import soundfile
import torch

from modeling_audio_reasoner.audio_loading import check_audible, load_audio


def tone(rate: int, seconds: float = 1.0, frequency: float = 440.0) -> np.ndarray:
    return (0.3 * np.sin(2 * np.pi * frequency * np.arange(round(rate * seconds)) / rate)).astype(np.float32)


def encoded(waveform: np.ndarray, rate: int, format: str = "WAV", subtype: str | None = None) -> bytes:
    buffer = io.BytesIO()
    soundfile.write(buffer, waveform, rate, format=format, subtype=subtype)
    return buffer.getvalue()


def error_against(found: np.ndarray, expected: np.ndarray) -> float:
    """Root mean square error relative to the signal, away from the ends."""
    inner = slice(800, len(expected) - 800)
    return float(np.sqrt(np.mean((found[inner] - expected[inner]) ** 2) / np.mean(expected[inner] ** 2)))


@pytest.mark.parametrize("rate", [8000, 16000, 22050, 44100, 48000])
@pytest.mark.parametrize("format", ["WAV", "FLAC", "OGG"])
def test_files_of_any_rate_and_format(tmp_path, rate, format):
    path = tmp_path / f"tone.{format.lower()}"
    path.write_bytes(encoded(tone(rate), rate, format))
    found = load_audio(path, 16000)
    assert found.dtype == np.float32 and found.shape == (16000,)
    assert error_against(found, tone(16000)) < (0.05 if format == "OGG" else 2e-3)


def test_the_forms_of_one_recording_agree(tmp_path):
    from torchcodec.decoders import AudioDecoder

    contents = encoded(tone(16000), 16000)
    path = tmp_path / "a tone.wav"
    path.write_bytes(contents)
    expected = load_audio(str(path), 16000)
    waveform = soundfile.read(path, dtype="float32")[0]
    for source in (
        contents,
        {"bytes": contents, "path": None},
        {"bytes": None, "path": str(path)},
        {"array": waveform, "sampling_rate": 16000},
        waveform,
        torch.from_numpy(waveform),
        AudioDecoder(contents),
        path.as_uri(),
        base64.b64encode(contents).decode(),
        f"data:audio/wav;base64,{base64.b64encode(contents).decode()}",
    ):
        assert np.abs(load_audio(source, 16000) - expected).max() < 1e-4


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("data:audio/wav,abc", "is a data URI that is not in base64"),
        ("data:audio/wav;base64,a?c", "is not valid base64"),
        ("data:audio/wav;base64,", "is empty"),
        ("é" * 5000, "is not valid base64"),
        ("AAAA" * 2000, "is not audio"),
    ],
)
def test_base64_that_is_none_is_refused_and_not_repeated(source, message):
    with pytest.raises(ValueError, match=f"The recording in base64 {message}") as error:
        load_audio(source, 16000)
    assert len(str(error.value)) < 200


def test_channels_are_averaged():
    stereo = np.stack([tone(16000), np.zeros(16000, dtype=np.float32)], axis=1)
    found = load_audio({"bytes": encoded(stereo, 16000, subtype="FLOAT"), "path": "two.wav"}, 16000)
    assert np.abs(found - tone(16000) / 2).max() < 1e-6


def test_a_truncated_file_is_refused(tmp_path):
    for format in ("WAV", "FLAC", "OGG"):
        contents = encoded(tone(16000, 3.0) + 0.01 * np.random.default_rng(0).standard_normal(48000), 16000, format)
        path = tmp_path / f"cut.{format.lower()}"
        path.write_bytes(contents[: len(contents) * 2 // 3])
        with pytest.raises(ValueError, match=f"cut.{format.lower()} is truncated"):
            load_audio(path, 16000)


@pytest.mark.parametrize(
    ("contents", "message"),
    [
        (b"", "is empty"),
        (b"this is not audio at all, but text", "not audio that can be decoded"),
        (encoded(np.zeros(0, dtype=np.float32), 16000), "zero samples"),
    ],
)
def test_what_is_not_audio_is_named(tmp_path, contents, message):
    path = tmp_path / "recording.wav"
    path.write_bytes(contents)
    with pytest.raises(ValueError, match=f"recording.wav.*{message}"):
        load_audio(path, 16000)


def test_missing_files_and_folders_are_named(tmp_path):
    with pytest.raises(FileNotFoundError, match="nowhere.wav does not exist"):
        load_audio(tmp_path / "nowhere.wav", 16000)
    with pytest.raises(ValueError, match="is a folder"):
        load_audio(tmp_path, 16000)
    with pytest.raises(FileNotFoundError, match="does not exist"):
        load_audio("null\0byte", 16000)


@pytest.mark.parametrize("source", ["x" * 300, "/proc/self/mem"])
def test_paths_that_the_system_refuses_are_named(source):
    if source.startswith("/") and not pathlib.Path(source).exists():
        pytest.skip("no /proc here")
    with pytest.raises(OSError, match=f"^{source} cannot be read as a file \\(.+: check the path of the recording"):
        load_audio(source, 16000)


@pytest.mark.parametrize(
    ("source", "message"),
    [
        (np.array([np.nan], dtype=np.float32), "NaN"),
        (np.zeros((3, 4, 5)), "shape"),
        (np.zeros(4, dtype=np.int16), "dtype"),
        (torch.zeros(100).to_sparse(), r"tensor that is no array \(.*\): pass a dense one"),
        (torch.zeros(100, device="meta"), r"tensor that is no array \(.*\): pass a dense one"),
        (7, "not audio"),
        (None, "not audio"),
    ],
)
def test_what_is_not_a_waveform_is_refused(source, message):
    with pytest.raises(ValueError, match=message):
        load_audio(source, 16000)


def test_samples_are_not_taken_for_channels():
    with pytest.raises(ValueError, match="16000 channels: pass"):
        load_audio(np.zeros((16000, 2), dtype=np.float32), 16000)


def test_an_array_needs_its_rate():
    with pytest.raises(ValueError, match="without its sampling rate"):
        load_audio({"array": tone(16000)}, 16000)


@pytest.mark.parametrize("rate", [-16000, 0, "abc", float("nan"), float("inf"), 8000.5, True, [16000]])
def test_a_rate_that_is_none_is_refused(rate):
    with pytest.raises(ValueError, match="has the sampling rate .* give a whole number of Hz"):
        load_audio({"array": tone(16000), "sampling_rate": rate}, 16000)


@pytest.mark.parametrize("rate", [8000, 8000.0, np.int64(8000), np.float32(8000)])
def test_a_rate_may_be_any_whole_number(rate):
    assert len(load_audio({"array": tone(8000), "sampling_rate": rate}, 16000)) == 16000


@pytest.mark.parametrize("several", [[tone(16000), tone(16000)], (tone(16000),), [[0.1, 0.2], [0.1, 0.2]]])
def test_several_recordings_are_not_averaged_into_one(several):
    for source in (several, {"array": several, "sampling_rate": 16000}):
        with pytest.raises(ValueError, match="give each recording a part of its own"):
            load_audio(source, 16000)


def test_tensors_of_any_kind():
    expected = tone(16000)
    for tensor in (
        torch.from_numpy(expected).requires_grad_(),
        torch.from_numpy(expected).double(),
        {"array": torch.from_numpy(expected).requires_grad_(), "sampling_rate": 16000},
    ):
        assert np.abs(load_audio(tensor, 16000) - expected).max() < 1e-7
    assert np.abs(load_audio(torch.from_numpy(expected).bfloat16(), 16000) - expected).max() < 2e-3


def test_integers_taken_for_floats_are_refused():
    assert load_audio(np.float32([3.0, -10.0]), 16000).tolist() == [3.0, -10.0]
    with pytest.raises(ValueError, match=r"samples from -12000 to 9000, beyond 10 times full scale"):
        load_audio(np.float32([9000, -12000]), 16000)
    with pytest.raises(ValueError, match="dtype int16"):
        load_audio(np.ones((2, 100), dtype=np.int16), 16000)


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("", "The recording has an empty path"),
        ({"path": ""}, "The recording has an empty path"),
        ({}, "is a dict with nothing"),
        ({"file": "a.wav", "path": None}, "is a dict with 'file', 'path': give one of array"),
        ({"bytes": 7}, "is a int, which is not audio"),
        ([], "zero samples"),
    ],
)
def test_a_source_that_names_nothing(source, message):
    with pytest.raises(ValueError, match=message):
        load_audio(source, 16000)


def without_length(contents: bytes) -> bytes:
    """A FLAC file as it is written to a pipe: its header says zero samples, for "unknown", and no checksum."""
    assert contents[:4] == b"fLaC" and contents[4] & 0x7F == 0  # STREAMINFO comes first
    unknown = bytes([contents[21] & 0xF0]) + bytes(4) + bytes(16)
    return contents[:21] + unknown + contents[42:]


def test_a_flac_that_does_not_say_how_long_it_is_is_heard_whole():
    waveform = tone(16000, seconds=70.0)  # more than one block of BLOCK frames
    contents = without_length(encoded(waveform, 16000, "FLAC"))
    with soundfile.SoundFile(io.BytesIO(contents)) as file:
        assert file.frames >= 2**62
    assert np.abs(load_audio(contents, 16000) - waveform).max() < 1e-4
    with pytest.raises(ValueError, match="The recording is truncated"):
        load_audio(contents[: len(contents) // 2], 16000)


def test_what_is_too_long_is_refused_before_it_is_resampled(monkeypatch):
    """A header that says 1 Hz makes weeks of a small file: resampled, they would take all memory."""
    monkeypatch.setattr("modeling_audio_reasoner.audio_loading.resample", None)
    with pytest.raises(ValueError, match="The recording lasts 16000.0 s, more than the maximum of 600 s"):
        load_audio(encoded(tone(16000), 1), 16000, max_duration=600)


def test_less_than_one_sample_at_the_models_rate_is_refused():
    with pytest.raises(ValueError, match="The recording has 16000 samples at 2147483647 Hz, less than one at 16000"):
        load_audio(encoded(tone(16000), 2**31 - 1), 16000)


def test_silence_is_refused_where_it_is_asked_for():
    check_audible(tone(16000) * 1e-3, "quiet.wav")
    with pytest.raises(ValueError, match="dead.wav is silent"):
        check_audible(np.full(100, 1e-5, dtype=np.float32), "dead.wav")
