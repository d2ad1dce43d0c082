"""Pauses where they were put, and the upper end of spectra that were cut."""

from __future__ import annotations

import numpy as np
import pytest
from known_sounds import noise, sine
from scipy.signal import butter, sosfilt

from dataset_builder.clip import fade, resample
from dataset_builder.measuring.bandwidth import bandwidth
from dataset_builder.measuring.silence import silences


RATE = 16_000


def test_pauses_are_found_where_they_are():
    tone, pause = sine(440, 1, RATE, -20), np.zeros(RATE // 2, dtype=np.float32)
    found = silences(np.concatenate([pause, tone, pause, tone]), RATE)
    assert np.allclose(found, [(0, 0.5), (1.5, 2.0)], atol=0.021)


@pytest.mark.parametrize("gain", [1.0, 0.05])
def test_a_room_that_hums_far_below_the_voice_is_silent(gain):
    wave = np.concatenate([sine(440, 1, RATE, -10), sine(50, 1, RATE, -55)]) * np.float32(gain)
    assert np.allclose(silences(wave, RATE), [(1.0, 2.0)], atol=0.021)


def test_soft_is_not_silent():
    wave = np.concatenate([sine(440, 1, RATE, -20), sine(440, 1, RATE, -50)])
    assert silences(wave, RATE) == []
    assert silences(sine(440, 1, RATE, -60), RATE) == []


def test_a_gap_within_a_word_is_no_pause():
    tone = sine(440, 0.5, RATE, -20)
    assert silences(np.concatenate([tone, np.zeros(int(0.15 * RATE), dtype=np.float32), tone]), RATE) == []


@pytest.mark.parametrize("level", [0.0, 0.3])
@pytest.mark.parametrize("samples", [1, 100, RATE])
def test_what_never_moves_is_silent_throughout(level, samples):
    assert silences(np.full(samples, level, dtype=np.float32), RATE) == [(0.0, samples / RATE)]


def test_8_khz_material_in_a_file_of_44_khz():
    narrow = noise(4, 8_000)
    assert bandwidth(narrow, 8_000) == pytest.approx(4_000, abs=50)
    assert bandwidth(resample(narrow, 8_000, 44_100), 44_100) == pytest.approx(4_000, abs=300)
    assert bandwidth(noise(4, 44_100), 44_100) == pytest.approx(22_050, abs=50)


def test_what_16_bits_round_away_does_not_count():
    narrow = resample(0.05 * noise(4, 8_000), 8_000, 44_100)
    rounded = (np.rint(narrow * 32767) / 32767).astype(np.float32)
    assert bandwidth(rounded, 44_100) == pytest.approx(4_000, abs=300)


def test_soft_overtones_count():
    """Sixty decibels under the strongest part, as consonants lie under vowels."""
    low = sosfilt(butter(8, 500, fs=RATE, output="sos"), noise(4, RATE)).astype(np.float32)
    assert bandwidth(low + sine(6_000, 4, RATE, -70), RATE) == pytest.approx(6_000, abs=100)


def test_a_tone_reaches_as_far_as_itself():
    assert bandwidth(sine(997, 2, 44_100, -20), 44_100) == pytest.approx(997, abs=120)


def test_silence_reaches_nowhere():
    assert bandwidth(np.zeros(RATE, dtype=np.float32), RATE) is None
    assert bandwidth(np.zeros(1, dtype=np.float32), RATE) is None
    assert bandwidth(np.full(RATE, 0.5, dtype=np.float32), RATE) is None


def test_long_recordings_are_taken_in_parts():
    """The part above 3 kHz comes after the first minute."""
    low, high = (fade(sine(frequency, 61, 8_000, -20), 8_000) for frequency in (500, 3_000))
    assert bandwidth(np.concatenate([low, high]), 8_000) == pytest.approx(3_000, abs=150)
