"""Loudness, peak, clipping and range of sounds whose values the standards or arithmetic give."""

from __future__ import annotations

import numpy as np
import pytest
from known_sounds import noise, sine

from dataset_builder.measuring.loudness import clipped_share, dynamic_range, integrated_loudness, peak


@pytest.mark.parametrize("rate", [8_000, 16_000, 44_100, 48_000, 192_000])
@pytest.mark.parametrize("level", [-20.0, -40.0])
def test_a_sine_of_997_hz_is_as_loud_as_the_standard_says(rate, level):
    """ITU-R BS.1770: 0 dBFS at 997 Hz in one channel reads -3.01 LKFS."""
    assert integrated_loudness(sine(997, 3, rate, level), rate) == pytest.approx(level - 3.01, abs=0.1)


def test_less_than_a_block_is_measured_as_one_block():
    for seconds in (0.39, 0.1, 0.05):
        assert integrated_loudness(sine(997, seconds, 48_000, -20), 48_000) == pytest.approx(-23.01, abs=0.3)
    for samples in (1, 2, 3, 479, 17_639, 17_640, 17_641):
        wave = np.full(samples, 0.1, dtype=np.float32)
        assert integrated_loudness(wave, 44_100) is None or np.isfinite(integrated_loudness(wave, 44_100))


def test_pauses_do_not_make_a_recording_softer():
    tone = sine(997, 5, 48_000, -20)
    gated = integrated_loudness(np.concatenate([tone, np.zeros_like(tone)]), 48_000)
    assert gated == pytest.approx(-23.01, abs=0.2)


def test_silence_has_no_loudness_and_no_peak():
    assert integrated_loudness(np.zeros(48_000, dtype=np.float32), 48_000) is None
    assert integrated_loudness(1e-5 * noise(1, 48_000), 48_000) is None
    assert peak(np.zeros(10, dtype=np.float32)) is None


def test_peak_in_decibels():
    assert peak(np.array([0.1, -0.5], dtype=np.float32)) == pytest.approx(-6.02, abs=0.01)
    assert peak(np.array([2.0], dtype=np.float32)) == pytest.approx(6.02, abs=0.01)


def test_a_sine_that_touches_full_scale_is_not_clipped():
    assert clipped_share(sine(997, 1)) == 0


def test_the_share_of_a_sine_that_is_cut_off():
    """Amplified by 6 dB a sine is above full scale for a third of its period on either side."""
    cut = np.clip(sine(440, 1, 44_100, 6.0206), -1, 1)
    assert clipped_share(cut) == pytest.approx(2 / 3, abs=0.02)
    assert clipped_share((np.rint(cut * 32767) / 32768).astype(np.float32)) == pytest.approx(2 / 3, abs=0.02)
    assert clipped_share(0.5 * cut) == 0


def test_a_full_scale_that_changes_sign_is_no_run():
    assert clipped_share(np.tile(np.array([1, -1], dtype=np.float32), 100)) == 0


def test_the_range_between_loud_and_soft():
    soft, loud = sine(500, 5, 16_000, -40), sine(500, 5, 16_000, -20)
    assert dynamic_range(np.concatenate([soft, loud]), 16_000) == pytest.approx(20, abs=0.2)
    assert dynamic_range(loud, 16_000) == pytest.approx(0, abs=0.05)
    pauses = np.concatenate([loud, np.zeros_like(loud)])
    assert dynamic_range(pauses, 16_000) < 4, "silence is no soft passage"


def test_no_range_of_what_is_short_or_silent():
    assert dynamic_range(sine(500, 0.9, 16_000), 16_000) is None
    assert dynamic_range(np.zeros(32_000, dtype=np.float32), 16_000) is None
