"""The rows of the text warm-up: invented names everywhere, or nowhere, and never in the words of the teacher."""

from __future__ import annotations

import json
import random

import pytest

from dataset_builder.question_text import question_text
from dataset_builder.teacher_annotations import reason
from text_warmup_data import Variety, Vocabularies, orders_of, warmup_messages


NAMES = (
    "bell",
    "drum",
    "horn",
    "wolf growl",
    "magic spell",
    "fire",
    "kick drum",
    "cymbal",
    "hand clap",
    "rain",
    "car",
)
QUESTION = "Which of these is heard?"
SPANS = [{"start": 0.5, "end": 1.0}, {"start": 2.0, "end": 3.0}]


def make_row(task: str, choices: tuple[str, ...], answer: str, **facts) -> dict:
    rendered = reason(task, QUESTION, choices, answer).render()
    return {
        "task": task,
        "question": QUESTION,
        "choices": list(choices),
        "answer": answer,
        "annotations": json.dumps({"label": answer, "recordings": SPANS[:1], **facts}),
        "turns": [("system", "Think."), ("user", question_text(QUESTION, choices)), ("assistant", rendered)],
    }


def event_rows() -> list[dict]:
    return [make_row("sound_event", NAMES[place : place + 4], NAMES[place]) for place in range(8)]


def order_row(place: int = 0) -> dict:
    one, two, three = NAMES[place], NAMES[place + 1], NAMES[place + 3]
    choices = (f"{one} then {two}", f"{two} then {one}", f"{one} then {three}", f"{three} then {two}")
    return make_row("sound_order", choices, choices[0], events=[one, two], recordings=SPANS)


def heard(messages: list[dict]) -> str:
    return messages[1]["content"].split("<|audio_bos|>")[1].split("<|audio_eos|>")[0]


def test_invented_names_give_what_the_teacher_would_have_written():
    vocabularies = Vocabularies([*event_rows(), *map(order_row, range(8))])
    for row in (event_rows()[0], order_row(3)):
        for seed in range(20):
            messages = warmup_messages(row, random.Random(seed), 3, vocabularies, invented=1.0)
            question, answer = messages[1]["content"], messages[2]["content"]
            choices = question.split("Choose one: ")[1].rstrip(".").split("; ")
            response = answer.split("<RESPONSE>")[1].split("</RESPONSE>")[0]
            assert set(choices) != set(row["choices"])
            assert answer == reason(row["task"], QUESTION, choices, response).render()
            for part in response.split(" then "):
                assert part in heard(messages)


def test_a_name_that_the_teacher_uses_is_left_alone():
    """Exchanged wherever it stands, `that` would take the teacher's own words with it."""
    rows = [*event_rows(), make_row("sound_event", ("that", "bell", "drum", "horn"), "that")]
    vocabularies = Vocabularies(rows)
    assert not vocabularies.exchangeable("sound_event", rows[-1]["choices"])
    assert vocabularies.exchangeable("sound_event", rows[0]["choices"])
    assert "that" not in vocabularies.words
    messages = warmup_messages(rows[-1], random.Random(0), 3, vocabularies, invented=1.0)
    assert "<RESPONSE>that</RESPONSE>" in messages[2]["content"]


def test_a_few_answers_are_learnt_by_heart():
    rows = [make_row("tempo_class", ("slow", "medium", "fast"), answer) for answer in ("slow", "medium", "fast")]
    assert not Vocabularies([*rows, *event_rows()]).exchangeable("tempo_class", ("slow", "medium", "fast"))


def test_too_few_words_invent_nothing():
    vocabularies = Vocabularies(event_rows())
    assert vocabularies.exchangeable("sound_event", NAMES[: len(vocabularies.words) // 2])
    assert not vocabularies.exchangeable("sound_event", [*NAMES, *NAMES])


def test_rows_that_join_or_count_what_is_heard_come_twice_as_often():
    count = make_row("sound_count", ("one", "two", "three", "four"), "two", event="bell", recordings=SPANS)
    assert (orders_of(event_rows()[0], 3), orders_of(order_row(), 3), orders_of(count, 3)) == (3, 6, 6)
    assert set(heard(warmup_messages(count, random.Random(0), 2)).split()) == {"...", "bell"}


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"orders": 0}, "--orders is 0"),
        ({"longest_run": 0}, "--longest-run is 0"),
        ({"invented": 1.5}, "--invented is 1.5"),
    ],
)
def test_impossible_variety_is_refused(wrong, message):
    with pytest.raises(ValueError, match=message):
        Variety(**wrong)
