"""Letters are taken from choices only where each has its own."""

from __future__ import annotations

import pytest

from evaluation.benchmarks.letters import unlettered


@pytest.mark.parametrize(
    ("choices", "answer", "plain", "right"),
    [
        (["(A) Man", "(B) Woman"], "(B) Woman", ["Man", "Woman"], "Woman"),
        (["(A) Man", "(B) Woman"], "Woman", ["Man", "Woman"], "Woman"),
        # The letter of another choice before it: neither of them, which the scorer says.
        (["(A) Man", "(B) Woman"], "(B) Man", ["Man", "Woman"], "(B) Man"),
        (["(A) Man", "Woman"], "Woman", ["(A) Man", "Woman"], "Woman"),
        (["(B) Man", "(A) Woman"], "(B) Man", ["(B) Man", "(A) Woman"], "(B) Man"),
        (["(A) (A) x", "(B) y"], "(A) (A) x", ["(A) x", "y"], "(A) x"),
    ],
)
def test_letters(choices, answer, plain, right) -> None:
    assert unlettered(choices, answer) == (plain, right)


def test_more_choices_than_letters_stay_as_they_are() -> None:
    many = [f"({letter}) x" for letter in "ABCDEFGHIJKLMNOPQRSTUVWXYZ"] + ["(A) y"]
    assert unlettered(many, "(A) y") == (many, "(A) y")
