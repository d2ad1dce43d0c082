"""Choices, response and summary against the answer."""

from __future__ import annotations

import pytest

from dataset_builder.checks.answer import (
    answer_echoes_question,
    answer_is_longest,
    check_choices,
    check_response,
    check_summary,
)


@pytest.mark.parametrize(
    "choices, answer, what",
    [
        (["a dog"], "a dog", "There is one choice"),
        (["a dog", "A Dog."], "a dog", "are the same"),
        (["a dog", "a cat", "none of the above"], "a dog", "about the choices"),
        (["a dog", "a cat", "All of these"], "a dog", "about the choices"),
        (["a dog", "a cat", "Both A and B"], "a dog", "about the choices"),
        (["a dog", "a cat", "It cannot be determined"], "a dog", "about the choices"),
        (["a dog", "a cat"], "a cow", "none of the choices"),
        (["A. dog", "B. cat"], "A. dog", "letters or numbers of their own"),
        (["a cat", "A. a dog", "a cow"], "a cat", "letters or numbers of their own, such as 'A. a dog'"),
        (["a cat", "(b) a dog"], "a cat", "letters or numbers of their own"),
        (["a cat", "2) a dog"], "a cat", "letters or numbers of their own"),
        (["a cat", "C: Dog"], "a cat", "letters or numbers of their own"),
        (["a dog; a cat", "a cow"], "a cow", "separate choices"),
        (["a dog", ""], "a dog", "is empty"),
    ],
)
def test_choices_that_cannot_be_chosen_from_fail(make_row, choices, answer, what):
    found = check_choices(make_row(choices=choices, answer=answer))
    assert found is not None and what in found


@pytest.mark.parametrize(
    "choices",
    [
        [],
        ["one", "two", "none"],
        ["C", "C#"],
        ["yes", "no"],
        ["all the birds", "any dog", "both of the men"],
        ["C. Saint-Saëns", "J. S. Bach"],
        ["3: 2", "the score is open"],
    ],
)
def test_choices_that_differ_hold(make_row, choices):
    answer = choices[0] if choices else "whatever"
    found = check_choices(make_row(choices=choices, answer=answer))
    assert found is None


@pytest.mark.parametrize(
    "question, holds",
    [
        ("Which animal is heard? A. a dog", False),
        ("Which animal is heard?\n(a) dog\n(b) cat", False),
        ("Which animal is heard: A) dog, B) cat?", False),
        ("Which work of C. Debussy is heard?", True),
        ("Who sings, Grace or D. Bowie?", True),
        ("In which key is it, A or B?", True),
    ],
)
def test_the_question_lists_no_choices_of_its_own(make_row, question, holds):
    found = check_choices(make_row(question=question))
    assert (found is None) is holds and (holds or "lists choices of its own" in (found or ""))


def test_a_response_names_the_answer_alone(make_row):
    assert check_response(make_row(response="THE ANSWER IS rooster crowing.")) is None
    assert check_response(make_row(response="It is the rooster crowing, not the dog barking.")) is None
    both = check_response(make_row(response="A dog barking and a rooster crowing."))
    assert both is not None and "exactly one" in both
    assert "exactly one" in (check_response(make_row(response="B")) or "")
    assert "names 'cat meowing'" in (check_response(make_row(response="A cat meowing.")) or "")


def test_an_open_row_is_compared_by_its_words(make_row):
    row = make_row(choices=[], answer="a rooster", response="It is a rooster that crows.", summary="A rooster.")
    assert check_response(row) is None and check_summary(row) is None
    assert "does not say" in (check_response({**row, "response": "It is a hen."}) or "")


@pytest.mark.parametrize(
    "summary",
    [
        "The call is that of the rooster crowing.",
        "A bird calls most.",
        "The dog barking is ruled out, so that the bird remains.",
        "Unlike cat meowing, this call has two steps.",
        "It is the rooster crowing more than the dog barking.",
    ],
)
def test_summaries_that_do_not_contradict(make_row, summary):
    assert check_summary(make_row(summary=summary)) is None


def test_summaries_that_contradict(make_row):
    found = check_summary(make_row(summary="What is heard most is the dog barking."))
    assert found == "The summary names 'dog barking' and not the answer 'rooster crowing'."
    row = make_row(choices=[], answer="no", summary="Yes, somebody speaks.")
    assert check_summary(row) == "The summary begins with 'yes' and the answer is 'no'."


def test_giveaways_are_counted_and_not_failed(make_row):
    assert answer_is_longest(make_row()) is True
    assert answer_is_longest(make_row(answer="dog barking")) is False
    assert answer_is_longest(make_row(choices=[])) is None
    assert answer_echoes_question(make_row(question="Is it a rooster or some other animal?")) is True
    assert answer_echoes_question(make_row()) is False
    assert answer_echoes_question(make_row(question="dog or rooster?")) is False
