"""The rows of the text warm-up: invented names everywhere, or nowhere, and never in the words of the teacher."""

from __future__ import annotations

import json
import random
from itertools import groupby

import pytest

from dataset_builder.question_text import question_text
from dataset_builder.teacher_annotations import reason
from heard_labels import PAUSE
from text_warmup_data import Variety, Vocabularies, orders_of, tokenize, warmup_row


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


def texts(messages: list[dict]) -> list[str]:
    return [part["text"] for message in messages for part in message["content"] if part["type"] == "text"]


def test_invented_names_give_what_the_teacher_would_have_written():
    vocabularies = Vocabularies([*event_rows(), *map(order_row, range(8))])
    for row in (event_rows()[0], order_row(3)):
        for seed in range(20):
            varied = warmup_row(row, random.Random(seed), 3, vocabularies, invented=1.0)
            _, question, answer = texts(varied.messages)
            choices = question.split("Choose one: ")[1].rstrip(".").split("; ")
            response = answer.split("<RESPONSE>")[1].split("</RESPONSE>")[0]
            assert set(choices) != set(row["choices"])
            assert answer == reason(row["task"], QUESTION, choices, response).render()
            for part in response.split(" then "):
                assert part in {names[0] for names in varied.clip}


def test_a_name_that_the_teacher_uses_is_left_alone():
    """Exchanged wherever it stands, `that` would take the teacher's own words with it."""
    rows = [*event_rows(), make_row("sound_event", ("that", "bell", "drum", "horn"), "that")]
    vocabularies = Vocabularies(rows)
    assert not vocabularies.exchangeable("sound_event", rows[-1]["choices"])
    assert vocabularies.exchangeable("sound_event", rows[0]["choices"])
    assert "that" not in vocabularies.words
    varied = warmup_row(rows[-1], random.Random(0), 3, vocabularies, invented=1.0)
    assert "<RESPONSE>that</RESPONSE>" in texts(varied.messages)[-1]


def test_what_marks_places_and_pauses_is_no_invented_name():
    rows = [*event_rows(), make_row("sound_event", ("first bell", "silence", "drum", "horn"), "drum")]
    assert not {"first", "silence"} & set(Vocabularies(rows).words)


def test_a_row_without_one_clip_is_refused(text_folder):
    from transformers import AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(text_folder)
    row = event_rows()[0]
    for turns, clips in ((row["turns"][:1] + row["turns"][2:], 0), (row["turns"] + row["turns"][1:], 2)):
        varied = warmup_row({**row, "turns": turns}, random.Random(0), 1)
        with pytest.raises(ValueError, match=f"asks about {clips} clips"):
            tokenize([varied], tokenizer)


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


def test_the_clip_says_what_is_heard_in_time_order_between_pauses():
    """And with it its place, where recordings are told apart or counted."""
    clip = warmup_row(order_row(), random.Random(0), 1).clip
    assert clip == [(PAUSE,), ("bell", "first"), (PAUSE,), ("drum", "second"), (PAUSE,)]
    assert warmup_row(event_rows()[0], random.Random(0), 1).clip == [(PAUSE,), ("bell",), (PAUSE,)]
    count = make_row("sound_count", ("one", "two", "three", "four"), "two", event="bell", recordings=SPANS)
    runs = [(names, len(list(run))) for names, run in groupby(warmup_row(count, random.Random(0), 4).clip)]
    assert [names for names, _ in runs] == [(PAUSE,), ("bell", "first"), (PAUSE,), ("bell", "second"), (PAUSE,)]
    assert {length for _, length in runs} <= {1, 2, 3, 4} and max(length for _, length in runs) > 1


def test_each_embedding_of_the_clip_gets_a_placeholder(text_folder):
    from transformers import AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(text_folder)
    varied = warmup_row(order_row(3), random.Random(0), 3)
    (row,) = tokenize([varied], tokenizer)
    clip = slice(row["clip_start"], row["clip_start"] + len(varied.clip))
    assert set(tokenizer.convert_ids_to_tokens(row["input_ids"][clip])) == {"<|AUDIO|>"}
    assert "<|AUDIO|>" not in tokenizer.decode(row["input_ids"][: clip.start] + row["input_ids"][clip.stop :])
    assert [tuple(tokenizer.decode(name).strip() for name in names) for names in row["heard_ids"]] == varied.clip
    assert len(row["input_ids"]) == len(row["labels"]) == row["length"]
    learnt = tokenizer.decode([token for token in row["labels"] if token != -100])
    assert learnt == texts(varied.messages)[-1] + "<|im_end|>"


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
