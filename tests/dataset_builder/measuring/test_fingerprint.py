"""A recording is found again after MP3, Ogg, gain, another rate and a cut; another one is not."""

from __future__ import annotations

import io
import sys
from itertools import combinations

import numpy as np
import pytest
import soundfile
from known_sounds import RATE, melody, noise, voice

from dataset_builder.clip import resample
from dataset_builder.measuring import fingerprint as module
from dataset_builder.measuring.fingerprint import SAME, SHORTEST, fingerprint, from_text, similarity, to_text


def coded(wave: np.ndarray, container: str, subtype: str) -> np.ndarray:
    stream = io.BytesIO()
    soundfile.write(stream, wave, RATE, format=container, subtype=subtype)
    stream.seek(0)
    return soundfile.read(stream, dtype="float32")[0]


COPIES = {
    "mp3": lambda wave: coded(wave, "MP3", "MPEG_LAYER_III"),
    "ogg": lambda wave: coded(wave, "OGG", "VORBIS"),
    "louder": lambda wave: np.clip(wave * 2, -1, 1),
    "softer, rounded to 16 bits": lambda wave: (np.rint(wave * 0.05 * 32767) / 32767).astype(np.float32),
    "offset of a third of an item": lambda wave: wave[170:],
    "telephone": lambda wave: resample(resample(wave, RATE, 8_000), 8_000, RATE),
}


@pytest.mark.parametrize("copy", COPIES)
@pytest.mark.parametrize("make", [melody, voice])
@pytest.mark.parametrize("seconds", [1.5, 8.0])
def test_a_copy_is_the_same(make, seconds, copy):
    original = make(seconds, seed=5)
    assert similarity(fingerprint(original, RATE), fingerprint(COPIES[copy](original), RATE)) >= SAME


@pytest.mark.parametrize("make", [melody, voice])
def test_a_cut_is_the_same(make):
    original = make(10.0, seed=6)
    cut = original[round(3.3 * RATE) : round(7.1 * RATE)]
    assert similarity(fingerprint(cut, RATE), fingerprint(original, RATE)) >= SAME
    assert similarity(fingerprint(original, RATE), fingerprint(coded(cut, "MP3", "MPEG_LAYER_III"), RATE)) >= SAME


def test_another_rate_is_the_same():
    original = melody(6.0, rate=44_100, seed=7)
    assert similarity(fingerprint(original, 44_100), fingerprint(resample(original, 44_100, 22_050), 22_050)) >= SAME


@pytest.mark.parametrize("seconds", [1.5, 8.0])
def test_others_are_not(seconds):
    prints = [fingerprint(make(seconds, seed=seed), RATE) for make in (melody, voice) for seed in range(10, 16)]
    between = [similarity(one, other) for index, one in enumerate(prints) for other in prints[:index]]
    assert max(between) < SAME


def test_short_recordings_are_compared_by_their_samples():
    short = melody(SHORTEST - 0.1, seed=8)
    assert similarity(fingerprint(short, RATE), fingerprint(short.copy(), RATE)) == 1
    changed = short.copy()
    changed[100] += 0.01
    assert similarity(fingerprint(short, RATE), fingerprint(changed, RATE)) < SAME
    assert similarity(fingerprint(short, RATE), fingerprint(melody(5, seed=8), RATE)) < SAME


def test_silences_are_the_same_only_sample_by_sample():
    silence = np.zeros(5 * RATE, dtype=np.float32)
    assert similarity(fingerprint(silence, RATE), fingerprint(silence.copy(), RATE)) == 1
    assert similarity(fingerprint(silence, RATE), fingerprint(silence[:-1], RATE)) < SAME


def test_the_shortest_that_chromaprint_hears():
    """SHORTEST is enough for at least four items."""
    assert len(fingerprint(melody(SHORTEST, seed=9), RATE)) >= 4


def test_text_and_back():
    items = fingerprint(melody(3, seed=1), RATE)
    assert items.dtype == np.uint32
    assert np.array_equal(from_text(to_text(items)), items)
    assert to_text(np.array([0, 1, 2**32 - 1], dtype=np.uint32)) == "AAAAAAEAAAD_____"
    assert len(from_text("")) == 0


@pytest.mark.parametrize("text", ["!!!!", "AAAA", "AAAAAA", "ä"])
def test_what_is_no_fingerprint_is_named(text):
    with pytest.raises(ValueError, match="is not a fingerprint"):
        from_text(text)


def test_similarity_by_hand():
    """Two bits that move, the others still: all 30 are equal by chance, and of the two those that were worked out."""
    one = np.array([0b01, 0b10, 0b01, 0b10, 0b11, 0b00, 0b01, 0b10], dtype=np.uint32)
    assert similarity(one, one) == 1
    changed = one.copy()
    changed[0] ^= 0b11  # 14 of the 16 moving bits are equal; each is 1 in half of `one` and in half of `changed`
    changed[1] ^= 0b11
    assert similarity(one, changed, offsets=[0]) == pytest.approx((12 / 16 - 0.5) / 0.5)
    assert similarity(one, one[2:], offsets=[-2]) == 1
    assert similarity(one[2:], one, offsets=[2]) == 1
    assert similarity(one, one, offsets=[5]) == 0, "less than half of it overlaps"
    assert similarity(one, np.zeros(0, dtype=np.uint32)) == 0


def test_steady_sounds_are_not_the_same_for_being_steady():
    """Ninety-five per cent of the bits are equal, but nothing moves alike."""
    draw = np.random.default_rng(0)
    still = np.full(60, 627964279, dtype=np.uint32)
    one, other = (still ^ np.where(draw.random(60) < 0.5, 1 << 5, 0).astype(np.uint32) for _ in range(2))
    assert similarity(one, one) == 1
    assert similarity(one, other) < SAME
    assert similarity(still, other) == 0


def test_tones_of_one_pitch_are_told_apart_by_their_samples():
    """Chromaprint hears the note alone, so that two instruments playing it would be one recording."""
    time = np.arange(4 * RATE) / RATE
    flute, organ = (
        (0.3 * sum(np.sin(2 * np.pi * 220 * number * time) / number**power for number in range(1, 6))).astype(
            np.float32
        )
        for power in (3, 1)
    )
    assert similarity(fingerprint(flute, RATE), fingerprint(flute.copy(), RATE)) == 1
    assert similarity(fingerprint(flute, RATE), fingerprint(organ, RATE)) < SAME


def test_long_fingerprints_give_what_short_ones_give(monkeypatch):
    """With many pairs of items only offsets that items have in common are tried."""
    long, cut = fingerprint(melody(20, seed=2), RATE), fingerprint(melody(20, seed=2)[5 * RATE : 12 * RATE], RATE)
    whole = similarity(long, cut)
    monkeypatch.setattr(module, "COMPARED_AT_ALL_OFFSETS", 0)
    assert similarity(long, cut) == whole
    assert similarity(long, fingerprint(melody(20, seed=3), RATE)) < SAME


def test_numpy_1_counts_the_same_bits(monkeypatch):
    one, other = fingerprint(melody(4, seed=2), RATE), fingerprint(melody(4, seed=3), RATE)
    by_numpy_2 = similarity(one, other)
    monkeypatch.delattr(np, "bitwise_count", raising=False)
    assert similarity(one, other) == by_numpy_2


def test_without_the_library_it_says_what_to_install(monkeypatch):
    class NoLibrary:
        def find_spec(self, name, path=None, target=None):
            if name == "chromaprint":
                raise ImportError("couldn't find libchromaprint")

    monkeypatch.delitem(sys.modules, "chromaprint", raising=False)
    monkeypatch.setattr(sys, "meta_path", [NoLibrary(), *sys.meta_path])
    with pytest.raises(ImportError, match="apt-get install libchromaprint1"):
        fingerprint(melody(2), RATE)


def test_long_recordings_are_heard_in_parts(monkeypatch):
    """The parts change nothing."""
    wave = melody(7.3, seed=4)
    whole = fingerprint(wave, RATE)
    monkeypatch.setattr(module, "PART_SECONDS", 1)
    assert similarity(fingerprint(wave, RATE), whole) > 0.99


def test_notes_of_one_pitch_by_many_instruments_are_not_one_recording():
    """They die away each in its own way, with overtones of their own; Chromaprint hears one pitch in all of them."""
    draw, time = np.random.default_rng(0), np.arange(4 * RATE) / RATE
    prints = []
    for _ in range(12):
        decay, overtones = draw.uniform(0.3, 5), range(1, int(draw.integers(3, 14)))
        note = sum(np.sin(2 * np.pi * 220 * k * time) / k**1.3 for k in overtones) * np.exp(-decay * time)
        prints.append(fingerprint((0.2 * note).astype(np.float32), RATE))
    assert max(similarity(one, other) for one, other in combinations(prints, 2)) < SAME


@pytest.mark.parametrize("seconds", [0.4, 1.5])
def test_noises_before_digital_silence_are_not_one_recording(seconds):
    waves = [np.pad(noise(seconds, RATE, seed), (0, round((3 - seconds) * RATE))) for seed in range(12)]
    prints = [fingerprint(wave, RATE) for wave in waves]
    assert max(similarity(one, other) for one, other in combinations(prints, 2)) < SAME
    assert all(similarity(one, one) == 1 for one in prints)
    if seconds > SHORTEST:
        softer = [fingerprint(wave * np.float32(0.3), RATE) for wave in waves]
        assert min(similarity(one, other) for one, other in zip(prints, softer, strict=True)) >= SAME


def test_silence_around_a_recording_does_not_hide_it():
    wave = melody(4.0, seed=5)
    padded = np.pad(wave, (round(0.7 * RATE), 6 * RATE))
    assert similarity(fingerprint(wave, RATE), fingerprint(padded, RATE)) >= SAME
