"""Choices in another order, drawn from the question's id, and in the entry as they are shown."""

from __future__ import annotations

from dataclasses import replace

import pytest

from evaluation.benchmarks.question import Question, check_unique, reordered


QUESTION = Question(
    id="q",
    entry={"choices": ["a", "b", "c", "d"], "answer": "b", "task": "letters"},
    text="Which?",
    answer="b",
    choices=("a", "b", "c", "d"),
)


def test_the_order_is_drawn_from_the_id_and_the_number() -> None:
    orders = [reordered(QUESTION, number).choices for number in range(4)]
    assert orders == [("a", "b", "c", "d"), ("d", "b", "c", "a"), ("b", "d", "a", "c"), ("d", "a", "c", "b")]
    others = [reordered(replace(QUESTION, id=str(number)), 1).choices for number in range(10)]
    assert len(set(others)) > 5


def test_the_entry_is_in_that_order_and_the_answer_is_what_it_was() -> None:
    found = reordered(QUESTION, 1)
    assert found.entry == {"choices": ["d", "b", "c", "a"], "answer": "b", "task": "letters"}
    assert found.answer == "b"
    assert QUESTION.entry["choices"] == ["a", "b", "c", "d"]


def test_choices_in_several_fields() -> None:
    fields = ("choice_a", "choice_b", "choice_c", "choice_d")
    entry = dict(zip(fields, (*QUESTION.choices[:3], None), strict=True)) | {"answer_gt": "b"}
    found = reordered(replace(QUESTION, entry=entry, choices=("a", "b", "c"), choice_fields=fields), 1)
    assert sorted(found.choices) == ["a", "b", "c"]
    assert [found.entry[name] for name in fields] == [*found.choices, None]
    assert found.entry["answer_gt"] == "b"


def test_a_letter_without_a_choice_stays_without() -> None:
    fields = ("choice_a", "choice_b", "choice_c", "choice_d")
    gap = ("a", "", "c", "d")
    entry = dict(zip(fields, gap, strict=True))
    found = reordered(replace(QUESTION, id="gap", entry=entry, choices=gap, choice_fields=fields), 2)
    assert found.choices == ("a", "", "d", "c")
    assert [found.entry[name] for name in fields] == list(found.choices)


def test_an_entry_without_choices_stays_what_it_is() -> None:
    found = reordered(replace(QUESTION, choice_fields=()), 1)
    assert found.choices == ("d", "b", "c", "a")
    assert found.entry == QUESTION.entry


def test_nothing_to_put_in_order() -> None:
    for choices in ((), ("a",)):
        question = replace(QUESTION, choices=choices)
        assert reordered(question, 1) is question


def test_a_question_that_comes_worded_cannot_be_put_in_order() -> None:
    worded = replace(QUESTION, asked="Which? a; b; c; d")
    assert reordered(worded, 0) is worded
    with pytest.raises(ValueError, match="question q is asked as the benchmark words it"):
        reordered(worded, 1)


def test_ids_are_unique() -> None:
    check_unique([QUESTION, replace(QUESTION, id="r")], "here")
    with pytest.raises(ValueError, match="here: the id 'q' is there twice"):
        check_unique([QUESTION, replace(QUESTION, id="r"), QUESTION], "here")
