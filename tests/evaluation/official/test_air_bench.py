"""AIR-Bench's two scorers, oddities included."""

from __future__ import annotations

import pytest

from evaluation.official import air_chat_scores, air_foundation


FOUR = ["dog", "cat", "bird", "horse"]


@pytest.mark.parametrize(
    ("response", "answer", "right"),
    [
        ("B", "cat", True),
        ("B.", "cat", True),
        ("B. cat", "cat", True),
        ("  \n B) cat", "cat", True),
        ("A", "cat", False),
        # The first character counts, whatever word it begins.
        ("Answer: B", "cat", False),
        ("Answer: B", "dog", True),
        ("Both", "cat", True),
        ("Cat", "bird", True),
        ("Dog", "dog", False),
        # Else the second to last, so that it takes one character after the letter.
        ("The answer is A.", "dog", True),
        ("The answer is A", "dog", None),
        ("I think (B)", "cat", True),
        ("It is a Cat", "cat", None),
        ("(A) x", "dog", None),
        ("xA\nx", "dog", True),
        ("x\nA", "dog", None),
        ("b", "cat", None),
        ("x", "cat", None),
        ("", "cat", None),
        (" \n ", "cat", None),
        ("None", "cat", None),
    ],
)
def test_foundation(response: str, answer: str, right: bool | None) -> None:
    assert air_foundation(response, FOUR, answer) is right


def test_foundation_takes_the_first_of_equal_choices_and_letters_beyond_the_choices() -> None:
    assert air_foundation("A", ["yes", "yes"], "yes") is True
    assert air_foundation("B", ["yes", "yes"], "yes") is False
    assert air_foundation("D", ["yes", "no", None, None], "no") is False


def test_foundation_needs_an_answer_among_the_choices_where_it_reads_a_letter() -> None:
    with pytest.raises(ValueError, match="answer 'cow' is none of the choices"):
        air_foundation("A", FOUR, "cow")
    assert air_foundation("a cow", FOUR, "cow") is None


@pytest.mark.parametrize(
    ("judgement", "scores"),
    [
        ("8 7", (8, 7)),
        (" 10 1\n", (10, 1)),
        ("8\n 7", (8, 7)),
        ("+8 07", (8, 7)),
        ("0 -3", (0, -3)),
        ("8\t 7", (8, 7)),
        ("8\n7", None),
        ("8  7", None),
        ("8, 7", None),
        ("8.5 7", None),
        ("8 7 because", None),
        ("8", None),
        ("", None),
        ("11 7", None),
        ("7 11", None),
        ("Assistant 8", None),
    ],
)
def test_chat(judgement: str, scores: tuple[int, int] | None) -> None:
    assert air_chat_scores(judgement) == scores
