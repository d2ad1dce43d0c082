"""Permuting the choices gives the very text that the teacher would have written for the other order."""

from __future__ import annotations

import random

import pytest

from dataset_builder.question_text import question_text
from dataset_builder.teacher_annotations import reason
from permuted_choices import exchange_choices, permute_choices


FOUR = ("dog bark", "door", "rain on a roof", "dog")
CASES = {
    "sound_event": FOUR,
    "sound_order": ("door then rain", "rain then door", "dog then door", "dog then rain"),
    "instrument_order": ("piano then flute", "flute then piano", "organ then piano", "organ then flute"),
    "sound_count": ("one", "two", "three", "four"),
    "spoken_language": ("Czech", "French", "Italian", "Russian"),
    "speaker_count": ("one", "two", "three"),
    "speaker_order": ("a, b, b", "b, a, a", "a, b, a", "b, b, a"),
    "spoken_word": ("please", "later", "lately", "moment"),
    "speech_translation": ("please", "later", "lately", "moment"),
    "lead_instrument": ("flute", "piano", "steel guitar", "guitar"),
    "tempo_class": ("slow", "medium", "fast"),
    "genre": ("bossa nova", "swing", "waltz", "rock"),
    "audio_type": ("sound effect", "speech", "music"),
}


@pytest.mark.parametrize("task", sorted(CASES))
def test_as_the_teacher_writes_it(task):
    choices = list(CASES[task])
    for seed in range(5):
        permuted = random.Random(seed).sample(choices, len(choices))
        for answer in choices:
            before, after = (reason(task, "Which?", order, answer).render() for order in (choices, permuted))
            assert permute_choices(before, choices, answer, permuted) == after


def test_the_question_lists_the_new_order():
    text = question_text("Is it a, b and c?", FOUR)
    permuted = list(reversed(FOUR))
    assert permute_choices(text, FOUR, "dog", permuted) == question_text("Is it a, b and c?", permuted)


def test_other_choices_are_refused():
    with pytest.raises(ValueError, match="no order of the choices"):
        permute_choices("a; b", ("a", "b"), "a", ("a", "c"))


@pytest.mark.parametrize("task", ["spoken_word", "speech_translation"])
def test_exchanging_gives_what_the_teacher_would_have_written(task):
    before, after = ("please hello", "hello", "good bye", "one moment please"), ("w x", "please wait", "y", "z z")
    for answer, other in zip(before, after, strict=True):
        written = reason(task, "Which?", list(before), answer).render()
        assert exchange_choices(written, before, after) == reason(task, "Which?", list(after), other).render()
    question = question_text("What is said?", list(before))
    assert exchange_choices(question, before, after) == question_text("What is said?", list(after))


def test_as_many_choices_are_needed():
    with pytest.raises(ValueError, match="1 choices cannot stand in place of 2"):
        exchange_choices("a or b", ["a", "b"], ["c"])
