"""The tempo of clicks and the key of cadences."""

from __future__ import annotations

import numpy as np
import pytest
from known_sounds import cadence, noise

from dataset_builder.measuring.music_facts import KEY_RATE, NAMES, RATE, key, middle, tempo


def clicks(bpm: float, seconds: float) -> np.ndarray:
    """A woodblock on every beat, over a noise floor."""
    wave = 1e-4 * noise(seconds, RATE)
    time = np.arange(round(0.05 * RATE)) / RATE
    block = np.sin(2 * np.pi * 1_200 * time) * np.exp(-80 * time)
    for beat in np.arange(0, seconds - 0.06, 60 / bpm):
        wave[round(beat * RATE) :][: len(block)] += (0.5 * block).astype(np.float32)
    return wave


@pytest.mark.parametrize("bpm", [72, 96, 101, 120, 132, 150])
def test_the_tempo_of_clicks(bpm):
    found = tempo(clicks(bpm, 10))
    assert found is not None
    assert found.bpm == pytest.approx(bpm, rel=0.005)
    assert 0.3 < found.strength <= 1


def test_half_the_tempo_is_named_where_it_fits_as_well():
    """Even clicks at 150 a minute can be counted as 75."""
    found = tempo(clicks(150, 12))
    assert found is not None and found.rival == pytest.approx(75, rel=0.01)


@pytest.mark.parametrize("mode", ["major", "minor"])
@pytest.mark.parametrize("tonic", range(12))
def test_the_key_of_a_cadence(tonic, mode):
    found = key(cadence(tonic, mode, KEY_RATE))
    assert found is not None
    assert found.name == f"{NAMES[tonic]} {mode}"
    assert found.strength > 0.7
    assert found.strength >= found.rival_strength
    assert found.rival != found.name


@pytest.mark.parametrize("level", [0.0, 0.5])
@pytest.mark.parametrize("seconds", [0.01, 10])
def test_what_never_moves_has_neither(level, seconds):
    wave = np.full(round(seconds * RATE), level, dtype=np.float32)
    assert tempo(wave) is None
    assert key(wave) is None


def test_the_middle_of_a_long_recording():
    wave = np.arange(300 * 10, dtype=np.float32)
    part = middle(wave, 10)
    assert len(part) == 1_200
    assert part[0] == 900
    assert np.array_equal(middle(wave[:5], 10), wave[:5])


def test_noise_has_neither():
    assert tempo(noise(10, RATE)) is None
    assert key(noise(10, KEY_RATE)) is None
