"""MMAU's matcher, oddities included."""

from __future__ import annotations

import pytest

from evaluation.official.mmau import mmau_match


ANIMALS = ["dog", "cat", "a bird", "horse"]


@pytest.mark.parametrize(
    ("answer", "prediction", "choices", "right"),
    [
        ("dog", "dog", ANIMALS, True),
        ("dog", "DOG!", ANIMALS, True),
        ("dog", "The correct answer is: dog", ANIMALS, True),
        ("dog", "", ANIMALS, False),
        ("dog", "...", ANIMALS, False),
        ("dog", "B", ANIMALS, False),
        ("dog", "dogs", ANIMALS, False),
        # Any word of a wrong choice spoils a right answer, even an article.
        ("dog", "It is a dog", ANIMALS, False),
        ("dog", "dog, not cat", ANIMALS, False),
        # Words that the answer has too spoil nothing.
        ("a dog", "It is a dog", ["a dog", "a cat"], True),
        ("two dogs", "dogs, two of them", ["two dogs", "three dogs"], True),
        # An answer within another choice: the longer one names it too, but has a foreign word.
        ("dog", "dog barking", ["dog", "dog barking"], False),
        ("dog barking", "dog barking", ["dog", "dog barking"], True),
        # Sets of words: order is lost, and choices of the same words count as the answer.
        ("a then b", "b then a", ["a then b", "b then a"], True),
        # A letter is a word: "The answer is A" holds the wrong choice's article.
        ("dog", "dog. The answer is A.", ANIMALS, False),
        ("C#", "C", ["C#", "D"], True),
        ("it's", "it s", ["it's", "no"], True),
    ],
)
def test_as_the_benchmark_counts(answer: str, prediction: str, choices: list[str], right: bool) -> None:
    assert mmau_match(answer, prediction, choices) is right
