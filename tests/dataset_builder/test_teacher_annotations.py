"""The teacher `annotations`: complete, compact, true to the answer, and the question's text."""

from __future__ import annotations

import pytest

from dataset_builder.question_text import question_text
from dataset_builder.tasks import TASKS
from dataset_builder.teacher_annotations import reason
from modeling_audio_reasoner import parse_reasoning


EXAMPLES = {
    "sound_event": ("bell", "drum", "horn call", "wolf growl"),
    "sound_order": ("bell then drum", "drum then bell", "horn then bell", "drum then horn"),
    "instrument_order": ("piano then flute", "flute then piano", "organ then piano", "piano then organ"),
    "sound_count": ("one", "two", "three", "four"),
    "spoken_language": ("Czech", "French", "Dutch", "English"),
    "speaker_count": ("one", "two", "three"),
    "speaker_order": (
        "big fish, big fish, small fish",
        "small fish, big fish, big fish",
        "small fish, big fish, small fish",
        "big fish, small fish, big fish",
    ),
    "spoken_word": ("house", "river", "light", "letter"),
    "speech_translation": ("house", "river", "light", "letter"),
    "lead_instrument": ("flute", "trumpet", "violin", "piano"),
    "tempo_class": ("slow", "medium", "fast"),
    "genre": ("swing", "waltz", "rock", "march"),
    "audio_type": ("sound effect", "speech", "music"),
}


@pytest.mark.parametrize("task", [task.name for task in TASKS])
def test_every_answer_parses_back_and_names_its_choice(task):
    choices = EXAMPLES[task]
    for answer in choices:
        reasoning = reason(task, "What is heard?", choices, answer)
        assert parse_reasoning(reasoning.render()) == reasoning
        assert reasoning.response == answer
        assert reasoning == reason(task, "What is heard?", choices, answer)
        words = len(" ".join([reasoning.planning, reasoning.caption, reasoning.reasoning, reasoning.summary]).split())
        assert 50 <= words <= 110


@pytest.mark.parametrize("task", [task.name for task in TASKS])
def test_the_planning_does_not_give_the_answer_away(task):
    choices = EXAMPLES[task]
    assert len({reason(task, "What is heard?", choices, answer).planning for answer in choices}) == 1


def test_an_answer_that_is_no_choice_is_refused():
    with pytest.raises(ValueError, match="'gong' is none of the choices"):
        reason("sound_event", "What is heard?", ("bell", "drum"), "gong")


def test_an_unknown_task_is_refused():
    with pytest.raises(ValueError, match="no template for the task 'taste'"):
        reason("taste", "What is heard?", ("bell", "drum"), "bell")


def test_question_text_lists_the_choices_without_letters():
    assert question_text("Which sound?", ("bell", "a drum")) == "Which sound?\nChoose one: bell; a drum."
    assert question_text("What is heard?") == "What is heard?"


@pytest.mark.parametrize(
    ("question", "choices", "message"),
    [
        (" ", (), "question is empty"),
        ("Which?", ("a; b", "c"), "holds a ';'"),
        ("Which?", ("a", ""), "is empty"),
        ("Which?", ("a", "a"), "one text twice"),
    ],
)
def test_a_question_that_cannot_be_read_back_is_refused(question, choices, message):
    with pytest.raises(ValueError, match=message):
        question_text(question, choices)
