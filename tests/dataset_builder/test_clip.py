"""Clips: trimmed, levelled, placed, and FLAC both ways."""

from __future__ import annotations

import numpy as np
import pytest

from dataset_builder import clip


RATE = 8_000


def test_silence_at_the_ends_is_trimmed_to_the_frame():
    waveform = np.zeros(RATE, dtype=np.float32)
    waveform[3_200:4_800] = 0.5
    assert clip.active_bounds(waveform, RATE) == (3_200, 4_800)
    assert clip.active_bounds(np.zeros(RATE, dtype=np.float32), RATE) == (0, 0)


def test_level_is_that_of_what_is_heard_not_of_the_silence():
    tone = np.sin(np.arange(RATE) / 5).astype(np.float32) * 0.01
    padded = np.concatenate([tone, np.zeros(3 * RATE, dtype=np.float32)])
    for waveform in (tone, padded):
        levelled = clip.level(waveform, RATE, -23.0)[:RATE]
        assert 20 * np.log10(np.sqrt(np.mean(levelled.astype(np.float64) ** 2))) == pytest.approx(-23.0, abs=0.1)


def test_a_click_is_levelled_no_further_than_its_peak_allows():
    click = np.zeros(RATE, dtype=np.float32)
    click[100] = 0.2
    assert np.abs(clip.level(click, RATE, -3.0)).max() == pytest.approx(clip.PEAK)


def test_contents_keep_their_order_and_do_not_touch():
    contents = [np.full(800, value, dtype=np.float32) for value in (0.1, 0.2, 0.3)]
    for seed in range(20):
        mixed, spans = clip.place(contents, RATE, 2.0, np.random.default_rng(seed))
        assert len(mixed) == 2 * RATE
        for content, (start, end) in zip(contents, spans, strict=True):
            assert np.array_equal(mixed[round(start * RATE) : round(end * RATE)], content)
        for (_, end), (start, _) in zip(spans, spans[1:], strict=False):
            assert start - end >= clip.GAP_SECONDS - 1e-6


def test_pauses_are_as_long_as_asked_for():
    contents = [np.ones(800, dtype=np.float32)] * 3
    for seed in range(20):
        _, spans = clip.place(contents, RATE, 2.0, np.random.default_rng(seed), gap_seconds=0.4)
        assert all(start - end >= 0.4 - 1e-6 for (_, end), (start, _) in zip(spans, spans[1:], strict=False))


def test_contents_that_do_not_fit_are_refused():
    with pytest.raises(ValueError, match="0.50 s longer than the clip of 1.00 s"):
        clip.place([np.zeros(int(1.5 * RATE), dtype=np.float32)], RATE, 1.0, np.random.default_rng(0))


def test_places_are_uniform():
    content = [np.ones(RATE, dtype=np.float32)]
    rng = np.random.default_rng(0)
    starts = [clip.place(content, RATE, 3.0, rng)[1][0][0] for _ in range(2_000)]
    assert np.mean(starts) == pytest.approx(1.0, abs=0.05)
    assert np.var(starts) == pytest.approx(2**2 / 12, rel=0.1)


def test_no_clip_has_digital_silence():
    floor = clip.add_floor(np.zeros(RATE, dtype=np.float32), np.random.default_rng(0))
    assert 20 * np.log10(floor.std()) == pytest.approx(clip.FLOOR_DB, abs=0.2)


def test_flac_comes_back_as_it_went():
    waveform = (np.sin(np.arange(16_000) / 7) * 0.5).astype(np.float32)
    decoded, rate = clip.decode_flac(clip.encode_flac(waveform))
    assert rate == 16_000
    assert np.abs(decoded - waveform).max() < 1 / 2**15


def test_bytes_that_are_no_audio_are_refused():
    with pytest.raises(ValueError, match="not readable audio"):
        clip.decode_flac(b"no audio")
