"""The matcher of MMAU and MMAR, oddities included."""

from __future__ import annotations

import random
from collections import Counter

import pytest

from evaluation.official import mmar_match, mmau_match


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


# ---- Against a second, plain transcription of the algorithm, on generated cases.

CASES = 3000
PIECES = ["dog", "Dog", "DOG", "a", "A", "B", "C.", "(D)", "cat", "cats", "two", "2", "2.5", "C#", "it's", "don't"]
PIECES += ["_"]
PIECES += ["été", "ÉTÉ", "straße", "ẞ", "İ", "٣", "½", "犬", "e\u0301", "a-b", "a_b", "-", "...", "\u2028", "\x00"]
PIECES += ["\u200b", ""]
GLUE = [" ", " ", " ", "", ", ", "\n", "\t", ".", "\u00a0"]


def text(generator: random.Random, longest: int = 5) -> str:
    count = generator.randint(0, longest)
    return "".join(generator.choice(PIECES) + generator.choice(GLUE) for _ in range(count))


def plain_words(string: str) -> list[str]:
    words, word = [], ""
    for character in string.lower() + " ":
        if character.isalnum() or character == "_":
            word += character
        elif word:
            words.append(word)
            word = ""
    return words


def plain_mmau(answer: str, prediction: str, choices: list[str]) -> bool:
    given = plain_words(prediction)
    if len(given) == 0:
        return False
    for word in plain_words(answer):
        if word not in given:
            return False
    for choice in choices:
        if set(plain_words(choice)) == set(plain_words(answer)):
            continue
        for word in plain_words(choice):
            if word not in plain_words(answer) and word in given:
                return False
    return True


def test_mmau_and_mmar() -> None:
    generator = random.Random(1)
    seen: Counter[bool] = Counter()
    for _ in range(CASES):
        choices = [text(generator, 3) for _ in range(generator.randint(1, 8))]
        if generator.random() < 0.3:
            choices.append(generator.choice(choices))
        answer = generator.choice(choices) if generator.random() < 0.9 else text(generator)
        near = [answer, answer.upper(), f"The answer is {answer}.", f"(a) {answer}", f"{answer} {text(generator, 1)}"]
        prediction = generator.choice([*near, text(generator), generator.choice(choices), ""])
        expected = plain_mmau(answer, prediction, choices)
        assert mmau_match(answer, prediction, choices) is expected, (answer, prediction, choices)
        assert mmar_match(answer, prediction, choices) is expected
        seen[expected] += 1
    assert min(seen[True], seen[False]) > CASES // 5
