"""What a row's annotations say is heard, and when."""

from __future__ import annotations

import json

import numpy as np
import pytest
import torch

from clip_augmentation import augment_clip
from heard_labels import ORDINALS, PAUSE, HeardLabel, heard_labels, heard_names, pauses
from label_heads import LabelHeads, Targets
from labelled_clips import read_labelled_clips


SPANS = [{"start": 0.5, "end": 1.0}, {"start": 2.0, "end": 3.0}]
STILL = {"speed": 0.0, "shift": 0, "gain_db": 0.0, "noise_probability": 0.0, "noise_snr_db": (10.0, 40.0)}


TURNS = {"label": "two", "turns": ["a", "b"], "recordings": SPANS}
BELLS = [("bell", "first"), ("bell", "second")]
ORDER = {"label": "dog then door", "events": ["dog", "door"], "recordings": SPANS}


def test_a_label_is_at_every_recording_and_those_of_the_recordings_follow():
    assert heard_labels("sound_order", json.dumps(ORDER)) == [
        HeardLabel("sound_order", "dog then door", 0.5, 1.0),
        HeardLabel("sound_order", "dog then door", 2.0, 3.0),
        HeardLabel("sound_order/events", "dog", 0.5, 1.0),
        HeardLabel("sound_order/events", "door", 2.0, 3.0),
        HeardLabel("ordinal", "first", 0.5, 1.0),
        HeardLabel("ordinal", "second", 2.0, 3.0),
    ]


def test_facts_that_do_not_match_the_spans_are_left_out():
    assert heard_labels("sound_order", {"events": ["dog"], "recordings": SPANS}) == []
    assert heard_labels("speech_translation", None) == []
    assert heard_labels("sound_event", {"label": "dog"}) == [HeardLabel("sound_event", "dog")]


@pytest.mark.parametrize(
    ("task", "facts", "answer", "names"),
    [
        ("sound_order", ORDER, "dog then door", [("dog", "first"), ("door", "second")]),
        ("speaker_count", TURNS, "two", [("two", "first"), ("two", "second")]),
        ("sound_count", {"label": "two", "event": "bell", "recordings": SPANS}, "two", BELLS),
        (
            "sound_count",
            {"event": "bell", "recordings": SPANS[:1] * 11},
            "11",
            [("bell", n) for n in (*ORDINALS, None)],
        ),
        ("sound_count", {"event": None, "recordings": SPANS[:1]}, "one", [("one", None)]),
        ("sound_order", {"events": []}, "dog then door", [("dog then door", None)]),
        ("caption", {"recordings": SPANS[:1]}, "hold the line", [("hold the line", None)]),
        ("caption", None, "hold the line", [("hold the line", None)]),
    ],
)
def test_what_is_said_of_each_recording(task, facts, answer, names):
    """And its place, where recordings are told apart or counted."""
    assert heard_names(task, facts, answer) == names


def test_pauses_are_where_nothing_is_heard():
    labels = heard_labels("sound_order", ORDER)
    assert pauses(labels, 3.1) == [
        HeardLabel("sound_order", PAUSE, 0.0, 0.5),
        HeardLabel("sound_order", PAUSE, 1.0, 2.0),
    ]
    assert pauses([HeardLabel("sound_event", "dog")], 3.1) == []


def test_clips_come_as_they_were_recorded(tones):
    clips = read_labelled_clips(str(tones), "validation", 16000, {"pitch": "tone"})
    assert len(clips) == 32
    assert {item.vocabulary for clip in clips for item in clip.labels} == {"tone"}
    assert {item.label for clip in clips for item in clip.labels} == {"low", "high"}
    assert all(clip.waveform.dtype == np.int16 and np.abs(clip.waveform).max() > 3000 for clip in clips)


def test_another_rate_is_refused(tones):
    with pytest.raises(ValueError, match="sampled at 16000 Hz and the recipe's feature extractor hears 8000 Hz"):
        read_labelled_clips(str(tones), "validation", 8000, {})


def test_data_without_labels_is_refused(tones):
    with pytest.raises(ValueError, match="No row of the split validation"):
        read_labelled_clips(str(tones), "validation", 16000, {"pitch": None})


def test_an_unchanged_clip_is_left_alone():
    clip = np.linspace(-0.5, 0.5, 16000, dtype=np.float32)
    variant, factor, offset = augment_clip(clip, np.random.default_rng(0), **STILL)
    assert (factor, offset) == (1.0, 0)
    np.testing.assert_array_equal(variant, clip)


@pytest.mark.parametrize("seed", range(8))
def test_a_click_is_found_where_the_variant_says(seed):
    clip = np.zeros(32000, np.float32)
    clip[20000:20040] = 0.5
    changes = {**STILL, "speed": 0.2, "shift": 3000, "gain_db": 6.0}
    variant, factor, offset = augment_clip(clip, np.random.default_rng(seed), **changes)
    heard = np.flatnonzero(variant > 0.05)
    assert heard[0] == pytest.approx(20000 / factor + offset, abs=2)
    assert len(heard) == pytest.approx(40 / factor, abs=3)
    assert 0.5 * 10 ** (-6 / 20) - 1e-3 <= variant.max() <= 0.5


def test_noise_has_the_ratio_that_was_asked_for():
    clip = np.sin(np.arange(160000) / 7).astype(np.float32)
    changes = {**STILL, "noise_probability": 1.0, "noise_snr_db": (20.0, 20.0)}
    variant, _, _ = augment_clip(clip, np.random.default_rng(0), **changes)
    ratio = 10 * np.log10(np.mean(clip**2) / np.mean((variant - clip) ** 2))
    assert ratio == pytest.approx(20.0, abs=0.1)


def test_spans_are_pooled_as_one_by_one():
    generator = torch.Generator().manual_seed(0)
    heads = LabelHeads(8, torch.randn(5, 6, generator=generator), torch.zeros(5, dtype=torch.long), 0.08, dropout=0.0)
    lengths = torch.tensor([30, 50, 7])
    projected = torch.randn(87, 6, generator=generator)
    spans = [(0, 0.0, float("inf")), (1, 1.0, 2.0), (2, 0.3, 9.0), (2, 0.5, 0.52), (2, 5.0, 6.0)]
    clips, starts, ends = (torch.tensor(column) for column in zip(*spans, strict=True))
    mask = torch.ones(len(spans), 5, dtype=torch.bool)
    targets = Targets(clips, starts, ends, torch.zeros(len(spans), dtype=torch.long), mask)
    first, second, third = projected.split(lengths.tolist())
    pooled = torch.stack([item.mean(0) for item in (first, second[12:25], third[3:], third[6:], third[6:])])
    expected = pooled @ heads.embeddings.T / heads.length**2 * heads.log_scales.exp()[0] + heads.bias
    torch.testing.assert_close(heads(projected, lengths, targets), expected)
