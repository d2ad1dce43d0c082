"""How a question is worded, by the prompts that have a name and by a template of one's own."""

from __future__ import annotations

import string
from dataclasses import replace

import pytest

from evaluation.benchmarks.prompts import asked
from evaluation.benchmarks.question import Question


QUESTION = Question(id="q", entry={}, text="Which {animal}?", answer="cat", choices=("dog", "cat"))


@pytest.mark.parametrize(
    ("prompt", "expected"),
    [
        ("listed", "Which {animal}?\nChoose one: dog; cat."),
        ("lettered", "Which {animal}?\n(A) dog\n(B) cat\nAnswer with the letter and the text of one choice."),
        ("{question} Of: {listed}", "Which {animal}? Of: dog; cat"),
        ("{lettered}\n{question}", "(A) dog\n(B) cat\nWhich {animal}?"),
        ("{question}\n{options}", "Which {animal}?\nA. dog\nB. cat"),
    ],
)
def test_choices(prompt: str, expected: str) -> None:
    assert asked(QUESTION, prompt) == expected


def test_listed_is_the_default() -> None:
    assert asked(QUESTION) == asked(QUESTION, "listed")


def test_open_questions_and_those_that_come_worded_are_left_alone() -> None:
    assert asked(replace(QUESTION, choices=()), "lettered") == "Which {animal}?"
    assert asked(replace(QUESTION, asked="As it is."), "lettered") == "As it is."


def test_a_gap_between_two_choices_keeps_its_letter() -> None:
    question = replace(QUESTION, choices=("dog", "", "cat"))
    assert asked(question, "{question}\n{options}") == "Which {animal}?\nA. dog\nC. cat"


@pytest.mark.parametrize(
    "prompt", ["no", "{question}", "{listed}", "{question} {listed} {more}", "{question} {} {listed}"]
)
def test_a_prompt_that_is_none_is_refused(prompt: str) -> None:
    with pytest.raises(ValueError, match="is none of listed, lettered, air_bench and no template with {question}"):
        asked(QUESTION, prompt)


def test_more_choices_than_letters() -> None:
    question = replace(QUESTION, choices=tuple(string.ascii_lowercase) + ("more",))
    with pytest.raises(ValueError, match="question q has 27 choices and there are 26 letters"):
        asked(question, "lettered")
    assert asked(question, "listed").endswith("; z; more.")
