"""A voice is found where it was put, and nothing else is taken for one."""

from __future__ import annotations

import numpy as np
import pytest
from known_sounds import RATE, harmonic_glide, noise, sine, voice

from dataset_builder.measuring.pitch import pitch
from dataset_builder.measuring.speech_segments import speech_segments


def overlap(found, start, end):
    return sum(max(0.0, min(last, end) - max(first, start)) for first, last in found)


def test_a_voice_between_two_silences(spoken):
    found = speech_segments(spoken)
    inside = overlap(found, 2.0, 5.0)
    assert inside > 2.4
    assert sum(end - start for start, end in found) - inside < 0.3


def test_the_second_voice_does_not_depend_on_the_first(spoken):
    """The model has a state; it has to be fresh for every recording."""
    before = speech_segments(spoken)
    speech_segments(voice(1.0, seed=3))
    assert speech_segments(spoken) == before


@pytest.mark.parametrize(
    "wave",
    [
        np.zeros(RATE, dtype=np.float32),
        noise(2, RATE),
        sine(440, 2, RATE, -10),
        np.full(RATE, 0.5, dtype=np.float32),
        np.zeros(1, dtype=np.float32),
        voice(0.01),
    ],
    ids=["silence", "noise", "tone", "constant", "one sample", "10 ms"],
)
def test_nobody_speaks(wave):
    assert speech_segments(wave) == []


def test_other_code_keeps_its_threads(spoken):
    """silero-vad sets torch to one thread when it is imported."""
    import torch

    threads = torch.get_num_threads()
    torch.set_num_threads(2)
    try:
        speech_segments(spoken)
        assert torch.get_num_threads() == 2
    finally:
        torch.set_num_threads(threads)


def test_the_pitch_of_a_glide():
    """From 100 to 200 Hz at an even pace: 110, 150 and 190 Hz are its percentiles."""
    found, voiced = pitch(harmonic_glide(100, 200, 4), RATE)
    assert found == pytest.approx((110, 150, 190), rel=0.02)
    assert voiced > 0.98


@pytest.mark.parametrize("frequency", [70, 120, 220, 440])
def test_no_octave_is_missed(frequency):
    found, _ = pitch(harmonic_glide(frequency, frequency, 1), RATE)
    assert found == pytest.approx([frequency] * 3, rel=0.01)


def test_the_pitch_of_a_voice():
    found, voiced = pitch(voice(5), RATE)
    low, middle, high = found
    assert 95 < low < middle < high < 155
    assert 0.5 < voiced < 1


def test_whispers_have_no_pitch():
    found, voiced = pitch(noise(2, RATE), RATE)
    assert found is None
    assert voiced < 0.05


@pytest.mark.parametrize("samples", [0, 1, 1_000, 1_500])
def test_too_short_for_a_pitch(samples):
    assert pitch(np.full(samples, 0.1, dtype=np.float32), RATE)[0] is None


def test_long_speech_is_sampled_evenly():
    """Ten minutes at 100 Hz and ten at 200 Hz: both are heard."""
    low, high = harmonic_glide(100, 100, 100), harmonic_glide(200, 200, 100)
    found, _ = pitch(np.concatenate([low, high]), RATE)
    assert found[0] == pytest.approx(100, rel=0.01)
    assert found[2] == pytest.approx(200, rel=0.01)
