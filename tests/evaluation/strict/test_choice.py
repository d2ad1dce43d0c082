"""Which choice an output names, and why it names none."""

from __future__ import annotations

import pytest

from evaluation.strict import NamedChoice, named_choice, response_of
from evaluation.strict.choice import EMPTY, NO_PREDICTION, NO_RESPONSE, NONE, SEVERAL


CHOICES = ["four", "nine", "fourteen", "fourteen"]


@pytest.mark.parametrize(
    ("output", "choice", "problem"),
    [
        ("nine", "nine", None),
        ("B", "nine", None),
        ("<THINK><PLANNING>Is it four?</PLANNING></THINK><RESPONSE>nine</RESPONSE>", "nine", None),
        # A text that stands twice is one choice, under both of its letters.
        ("fourteen", "fourteen", None),
        ("(D) fourteen", "fourteen", None),
        ("D", "fourteen", None),
        ("A. fourteen", None, SEVERAL),
        ("four or nine", None, SEVERAL),
        ("five", None, NONE),
        ("not four", None, NONE),
        ("E", None, NONE),
        ("", None, EMPTY),
        (" … ".replace("…", "."), None, EMPTY),
        (None, None, NO_PREDICTION),
        ("<THINK><PLANNING>It is nine", None, NO_RESPONSE),
        ("<THINK></THINK><RESPONSE></RESPONSE>", None, EMPTY),
    ],
)
def test_named_choice(output: str | None, choice: str | None, problem: str | None) -> None:
    assert named_choice(output, CHOICES, letters=True) == NamedChoice(choice, problem)


def test_letters_mean_nothing_unless_asked_for() -> None:
    assert named_choice("B", CHOICES).choice is None


def test_only_the_response_is_the_answer() -> None:
    assert response_of("nine") == "nine"
    assert response_of("<THINK>four</THINK> <RESPONSE> nine </RESPONSE>") == "nine"
    assert response_of("<THINK>four") is None
