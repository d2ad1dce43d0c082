"""Log-mels equal Whisper's on every frame that a valid position sees; nothing is cut; bad waveforms are refused."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from transformers import WhisperFeatureExtractor

from modeling_audio_reasoner import AudioReasonerFeatureExtractor


@pytest.fixture(scope="module")
def extractor():
    return AudioReasonerFeatureExtractor()


def visible_frames(valid: int) -> int:
    positions = (valid - 1) // 2 + 1
    return min(2 * positions + 1, 3000)


def test_equals_whisper_on_the_frames_that_are_seen(extractor, clips):
    recordings = clips(0.1, 0.73, 2.0, 9.995, 29.99, 30.0)
    whisper = WhisperFeatureExtractor(feature_size=128)
    expected = whisper(recordings, sampling_rate=16000, return_attention_mask=True)
    found = extractor(recordings, sampling_rate=16000)
    for index in range(len(recordings)):
        valid = int(found["feature_attention_mask"][index].sum())
        assert valid == expected["attention_mask"][index].sum()
        seen = visible_frames(valid)
        difference = np.abs(found["input_features"][index, :, :seen] - expected["input_features"][index][:, :seen])
        assert difference.max() <= 2e-7


def test_computes_only_what_was_recorded(extractor, clips):
    assert extractor(clips(2.0))["input_features"].shape == (1, 128, 201)


def test_long_recordings_become_windows(extractor, clips):
    features = extractor(clips(65.0, 3.0))
    assert features["num_windows"].tolist() == [3, 1]
    assert features["feature_attention_mask"].sum(-1).tolist() == [3000, 3000, 500, 300]


def test_a_window_equals_the_same_clip_alone(extractor, clips):
    (recording,) = clips(40.0)
    windows = extractor(recording)["input_features"]
    alone = extractor(recording[30 * 16000 :])["input_features"]
    assert np.array_equal(windows[1, :, : alone.shape[2]], alone[0])


def test_very_short_clips_still_give_a_token(extractor):
    features = extractor(np.full(10, 0.1, dtype=np.float32))
    assert features["feature_attention_mask"].sum() == 3


def test_padding_goes_to_the_end_whatever_is_asked(clips):
    extractor = AudioReasonerFeatureExtractor(padding_side="left")
    mask = extractor(clips(1.0, 2.0), padding_side="left")["feature_attention_mask"]
    assert mask[0, :100].all() and not mask[0, 100:].any()


@pytest.mark.parametrize(
    ("waveform", "message"),
    [
        (np.zeros(0, dtype=np.float32), "zero samples"),
        (np.zeros((2, 100), dtype=np.float32), r"shape \(2, 100\)|shape \(100,\)"),
        (np.array([0.1, np.nan], dtype=np.float32), "NaN or infinite"),
        (np.array([0.1, np.inf], dtype=np.float32), "NaN or infinite"),
        (np.arange(100, dtype=np.int16), "dtype int16"),
        (np.zeros(601 * 16000, dtype=np.float32), "601.0 s, more than the maximum of 600 s"),
        (np.zeros(600 * 16000 + 16, dtype=np.float32), "600.001 s, more than the maximum of 600 s"),
        (np.array([120.0, -9000.0], dtype=np.float32), "beyond 10 times full scale"),
        ([[0.1, 0.2], [0.1, 0.2]], "list of 2 items"),
        (None, "shape"),
    ],
)
def test_bad_waveforms_are_refused(extractor, waveform, message):
    with pytest.raises(ValueError, match=message):
        extractor([waveform])


@pytest.mark.parametrize("given", [None, 7, "a.wav", b"RIFF", {"array": [0.1]}])
def test_what_is_neither_a_waveform_nor_a_list_is_refused(extractor, given):
    with pytest.raises(ValueError, match=f"raw_speech is a {type(given).__name__}: pass a waveform"):
        extractor(given)


@pytest.mark.parametrize("given", [torch.zeros(100).to_sparse(), torch.zeros(100, device="meta")])
def test_tensors_without_samples_are_refused(extractor, given):
    with pytest.raises(ValueError, match="Recording 1 is a tensor that is no array"):
        extractor(given)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        *((name, 0) for name in ("feature_size", "sampling_rate", "hop_length", "chunk_length", "n_fft")),
        *[("chunk_length", 7.5), ("hop_length", "160"), ("n_fft", True), ("sampling_rate", None)],
        *[("max_duration", value) for value in (0, "x", None, float("nan"))],
    ],
)
def test_sizes_that_are_none_are_refused(field, value):
    with pytest.raises(ValueError, match=f"{field} is {value!r}: give a (whole )?number"):
        AudioReasonerFeatureExtractor(**{field: value})


def test_a_window_is_a_whole_number_of_frames(clips):
    smallest = {"sampling_rate": 15, "chunk_length": 1, "hop_length": 5, "n_fft": 15}
    found = AudioReasonerFeatureExtractor(feature_size=2, **smallest)(clips(15 / 16000))
    assert found["input_features"].shape == (1, 2, 3) and found["feature_attention_mask"].tolist() == [[1, 1, 1]]
    for wrong in ({"n_fft": 16}, {"hop_length": 4}, {"sampling_rate": 10, "n_fft": 10}):
        with pytest.raises(ValueError, match="is no whole number of frames"):
            AudioReasonerFeatureExtractor(**{**smallest, **wrong})


def test_mixed_precision_of_the_caller_changes_no_log_mel(extractor, clips):
    expected = extractor(clips(2.0))["input_features"]
    with torch.autocast("cpu", torch.bfloat16):
        assert np.array_equal(extractor(clips(2.0))["input_features"], expected)
        assert torch.is_autocast_enabled("cpu")


def test_another_rate_is_refused(extractor, clips):
    with pytest.raises(ValueError, match="8000 Hz, but this model hears 16000 Hz"):
        extractor(clips(1.0), sampling_rate=8000)
