"""A processor's call: the forms of its prompts and recordings, and each recording with its own prompt."""

from __future__ import annotations

import numpy as np
import pytest
import soundfile
import torch


def test_the_forms_of_recordings_in_a_call(processor, clips, tmp_path):
    """One, a list, a list for each prompt; waveforms, tensors and files."""
    one, two = clips(1.0, 0.5)
    soundfile.write(tmp_path / "one.wav", one, 16000, subtype="FLOAT")
    expected = processor(text=["<|AUDIO|>", "<|AUDIO|>"], audio=[one, two])["input_features"]
    sound = {"array": one, "sampling_rate": 16000}
    for given in ([str(tmp_path / "one.wav"), torch.from_numpy(two)], [[one], [two]], (sound, two.tolist())):
        found = processor(text=["<|AUDIO|>", "<|AUDIO|>"], audio=given)["input_features"]
        assert np.abs(np.asarray(found) - np.asarray(expected)).max() < 1e-6
    for given in (one, one.tolist(), sound):
        assert len(processor(text="<|AUDIO|>", audio=given)["input_features"]) == 1
    assert "input_features" not in processor(text="What?", audio=[])
    assert "input_features" not in processor(text=["What?", "Where?"], audio=[None, None])
    found = processor(text=["What?", "<|AUDIO|>"], audio=[[], [one]])
    assert [ids.count(processor.audio_token_id) for ids in found["input_ids"]] == [0, 25]


@pytest.mark.parametrize(
    ("audio", "message"),
    [
        ([None], "audio holds None as recording 1"),
        ({}, "is a dict with nothing"),
        ([{"array": np.ones(100)}], "without its sampling rate"),
        (np.ones((2, 100)), r"audio has shape \(2, 100\): pass a list"),
        (np.ones(100, dtype=np.int16), "dtype int16"),
        ([7.0, "a"], "list of 2 items such as a str"),
        (7, "is a int, which is not audio"),
    ],
)
def test_recordings_that_are_none(processor, audio, message):
    with pytest.raises(ValueError, match=message):
        processor(text="<|AUDIO|>", audio=audio)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ([], "text is an empty list"),
        (5, "text is a int: pass a prompt as a str"),
        (b"What?", "text is a bytes"),
        (["What?", 5], "text holds a int as prompt 2"),
        ([["What?", "Where?"]], "text holds a list as prompt 1"),
    ],
)
def test_no_prompt(processor, text, message):
    with pytest.raises(ValueError, match=message):
        processor(text)


def test_wrong_numbers_of_recordings(processor, clips):
    with pytest.raises(ValueError, match="Found total 1 .* and 2 audio"):
        processor(text="<|AUDIO|>", audio=clips(1.0, 1.0))
    with pytest.raises(ValueError, match="but no audio inputs were passed"):
        processor(text="<|AUDIO|>")


@pytest.mark.parametrize(
    ("counts", "message"),
    [
        ([0, 1], "Prompt 1 holds 1 placeholders, and its list of audio 0 recordings"),
        ([2, 0], "Prompt 1 holds 1 placeholders, and its list of audio 2 recordings"),
        ([1], "audio holds 1 lists of recordings and text 2 prompts"),
        ([1, 0, 0], "audio holds 3 lists of recordings and text 2 prompts"),
    ],
)
def test_a_recording_in_the_list_of_another_prompt(processor, clips, counts, message):
    with pytest.raises(ValueError, match=message):
        processor(text=["<|AUDIO|>", "What?"], audio=[clips(*[1.0] * count) for count in counts])


def test_recordings_beside_lists_of_them(processor, clips):
    one, two = clips(1.0, 0.5)
    with pytest.raises(ValueError, match="audio holds recordings beside lists of them"):
        processor(text=["<|AUDIO|>", "<|AUDIO|>"], audio=[one, [two]])


def test_the_misspelt_argument_of_three_harnesses(processor, clips):
    with pytest.raises(ValueError, match="called 'audio', not 'audios'"):
        processor(text="What?", audios=clips(1.0))


def test_images(processor):
    assert "input_ids" in processor(text=["What?"], images=[[]])
    with pytest.raises(ValueError, match="does not see"):
        processor(text=["What?"], images=[[np.zeros((2, 2, 3))]])


def test_videos(processor):
    assert "input_ids" in processor(text=["What?"], videos=[[]])
    with pytest.raises(ValueError, match="leave 'videos' out"):
        processor(text=["What?"], videos=["film.mp4"])


def test_no_text(processor, clips):
    with pytest.raises(ValueError, match="text is missing"):
        processor(audio=clips(1.0))
