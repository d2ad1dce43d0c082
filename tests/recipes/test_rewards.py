"""What answers are worth, by known values, and that nothing is won by what only looks like an answer."""

from __future__ import annotations

import time

import pytest

from modeling_audio_reasoner import Reasoning
from recipes import rewards


CHOICES = ["dog", "cat", "dog barking"]
BUDGETS = {"planning": 20, "caption": 20, "reasoning": 30, "summary": 20, "response": 20}
FLOORS = {"planning": 7, "caption": 5, "reasoning": 5, "summary": 5, "response": 0}


def answer(response: str = "cat", **sections: str) -> str:
    given = {
        "planning": "I listen.",
        "caption": "An animal meows.",
        "reasoning": "Cats meow, dogs do not.",
        "summary": "It is a cat.",
    }
    return Reasoning(**given | sections, response=response).render()


def said(*texts: str) -> list[list[dict[str, str]]]:
    """Completions as TRL hands them to a reward."""
    return [[{"role": "assistant", "content": text}] for text in texts]


def correct(text: str, right: str = "cat", choices: list[str] | None = None) -> float | None:
    offered = CHOICES if choices is None else choices
    return rewards.answer_correct(said(text), choices=[offered], answer=[right], prompts=[[]], images=[[]])[0]


@pytest.mark.parametrize(
    ("text", "right", "worth"),
    [
        (answer("cat"), "cat", 1.0),
        (answer("The answer is 'Cat'."), "cat", 1.0),
        (answer("It is dog barking."), "dog barking", 1.0),
        (answer("dog"), "cat", 0.0),
        (answer("It is dog barking."), "dog", 0.0),
        (answer("cat or dog"), "cat", 0.0),
        (answer("dog, cat, dog barking"), "cat", 0.0),
        (answer("It is not a cat."), "cat", 0.0),
        (answer("There is no cat."), "cat", 0.0),
        (answer("It cannot be a cat."), "cat", 0.0),
        (answer("B"), "cat", 0.0),
        ("", "cat", 0.0),
        ("cat", "cat", 0.0),
        (answer("dog", summary="It is a cat."), "cat", 0.0),
        (answer("dog").replace("</RESPONSE>", ""), "dog", 0.0),
        ("<RESPONSE>cat</RESPONSE>", "cat", 1.0),
        ("<RESPONSE>cat</RESPONSE><RESPONSE>dog</RESPONSE>", "cat", 0.0),
        ("<RESPONSE>cat</RESPONSE></RESPONSE>", "cat", 0.0),
        ("<THINK><PLANNING><RESPONSE>cat</PLANNING></THINK>", "cat", 0.0),
        (answer("cat") + answer("dog"), "cat", 0.0),
        (answer("cat " * 1000), "cat", 0.0),
    ],
)
def test_an_answer_is_right_where_its_one_response_names_the_one_choice(text, right, worth):
    assert correct(text, right) == worth


def test_an_open_question_is_left_to_the_other_rewards():
    assert rewards.answer_correct(said("a", "b"), choices=[[], None], answer=["a", "b"]) == [None, None]


def test_an_answer_that_is_no_choice_is_an_error_of_the_data():
    with pytest.raises(ValueError, match="'cow' is none of the choices"):
        correct(answer("cat"), right="cow")


@pytest.mark.parametrize(
    ("text", "worth"),
    [
        (answer(), 1.0),
        (answer() + " ", 1.0),
        (answer().replace("<CAPTION>An animal meows.</CAPTION>", ""), 0.0),
        (answer().replace("An animal meows.", " "), 0.0),
        (answer() + "And more.", 0.0),
        (answer() + "<RESPONSE>dog</RESPONSE>", 0.0),
        (answer().replace("I listen.", "I listen.<CAPTION>A dog.</CAPTION>"), 0.0),
        (answer()[:-5], 0.0),
        ("", 0.0),
    ],
)
def test_a_structure_is_whole_or_worth_nothing(text, worth):
    assert rewards.structure_complete(said(text), answer=["cat"]) == [worth]


@pytest.mark.parametrize(
    ("text", "worth"),
    [
        (answer(), 1.0),
        (answer(planning="I listen to the whole clip."), 0.8),
        (answer(planning="x" * 20), 1.0),
        (answer("cat " * 50_000, planning="I listen to the whole clip."), 0.6),
        (answer(planning=".", caption=".", reasoning=".", summary="."), 0.2),
        (answer(planning="I hear it", caption=".!" * 8), 0.8),  # seven letters, and none
        (answer()[:-5], 0.0),
        ("", 0.0),
    ],
)
def test_sections_keep_within_their_budgets(text, worth):
    assert rewards.section_budgets(said(text), budgets=[BUDGETS], floors=[FLOORS]) == [worth]


def test_a_missing_budget_is_said():
    with pytest.raises(ValueError, match="no budget for summary, response"):
        rewards.section_budgets(said(answer()), budgets=[{"planning": 1, "caption": 1, "reasoning": 1}])
    with pytest.raises(ValueError, match="no floor for planning, caption, reasoning, summary, response"):
        rewards.section_budgets(said(answer()), budgets=[BUDGETS])


@pytest.mark.parametrize(
    ("text", "worth"),
    [
        ("one two three four five", 1.0),
        ("one two three", 1.0),
        ("", 0.0),
        ("<THINK></THINK> .,", 0.0),
        ("One two three four. One two three four.", 4 / 5),  # five runs of four, the last is the first again
        ("la " * 8, 1 / 5),
        ("<CAPTION>one two three four</CAPTION><SUMMARY>one two three four</SUMMARY>", 1.0),
        ("猫猫猫猫猫", 1 / 2),
        ("dog " * 50_003, 1 / 50_000),
    ],
)
def test_what_is_said_again_in_its_section_is_counted(text, worth):
    assert rewards.no_repetition(said(text)) == pytest.approx([worth])


@pytest.mark.parametrize(
    "huge", ["dog cat " * 20_000, "<RESPONSE>" * 5000, "<PLANNING>x</PLANNING>" * 3000, "x" * 10**6]
)
def test_a_huge_answer_takes_no_time_and_wins_nothing(huge):
    started = time.perf_counter()
    for text in (huge, f"<RESPONSE>{huge}</RESPONSE>"):
        assert correct(text) == 0.0
        assert rewards.structure_complete(said(text)) == [0.0]
        assert rewards.section_budgets(said(text), budgets=[BUDGETS], floors=[FLOORS]) == [0.0]
        rewards.no_repetition(said(text))
    assert time.perf_counter() - started < 10


def test_a_completion_that_is_no_conversation_is_refused():
    with pytest.raises(ValueError, match="not a list of messages"):
        rewards.structure_complete(["<THINK>"])
