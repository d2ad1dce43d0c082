"""MELD's two figures: exact match as Qwen2-Audio takes it, weighted F1 as the dataset's baseline."""

from __future__ import annotations

import random
import re

import pytest

from evaluation.official import meld, meld_match
from evaluation.official.meld import EMOTIONS


@pytest.mark.parametrize(
    ("response", "right"),
    [("joy", True), (" \n\tjoy", True), ("Joy", False), ("joy ", False), ("joy.", False), ("", False)],
)
def test_match_is_exact_after_white_space(response: str, right: bool) -> None:
    assert meld_match("joy", response) is right


def test_known_values() -> None:
    """By hand: joy F1 = 2·2/(3+2) = 0.8 over three, anger F1 = 2·1/(1+2) = 2/3 over one."""
    figures = meld(["joy", "joy", "joy", "anger"], ["joy", " joy", "anger", "anger"])
    assert figures == {"accuracy": 0.75, "weighted_f1": pytest.approx((3 * 0.8 + 2 / 3) / 4)}


def test_a_response_that_is_no_class_weighs_nothing() -> None:
    assert meld(["joy", "anger"], ["I think joy", "anger"]) == {"accuracy": 0.5, "weighted_f1": 0.5}


@pytest.mark.parametrize(("answers", "responses"), [([], []), (["joy"], []), (["joy"], ["joy", "joy"])])
def test_lengths(answers: list[str], responses: list[str]) -> None:
    with pytest.raises(ValueError, match="one text an item"):
        meld(answers, responses)


# ---- Against a second, plain transcription of the algorithm, on generated cases.


def plain_weighted_f1(answers: list[str], guesses: list[str]) -> float:
    total = 0.0
    for name in set(answers):
        hits = sum(a == name and g == name for a, g in zip(answers, guesses, strict=True))
        misses = sum(a == name and g != name for a, g in zip(answers, guesses, strict=True))
        alarms = sum(a != name and g == name for a, g in zip(answers, guesses, strict=True))
        precision = hits / (hits + alarms) if hits + alarms else 0.0
        recall = hits / (hits + misses)
        harmonic = 2 * precision * recall / (precision + recall) if precision + recall else 0.0
        total += harmonic * (hits + misses) / len(answers)
    return total


def test_meld() -> None:
    generator = random.Random(4)
    spoil = ["{}", "{}", "{}", " {}", "\n{}", "\u00a0{}", "{} ", "{}.", "The emotion is {}", "", "'{}'"]
    sizes = [1 + case % 40 for case in range(1000)]
    for size in sizes:
        answers = [generator.choice(EMOTIONS) for _ in range(size)]
        responses = []
        for answer in answers:
            word = answer if generator.random() < 0.5 else generator.choice([*EMOTIONS, "Joy", "happy"])
            responses.append(generator.choice(spoil).format(word))
        guesses = [re.sub(r"\A\s+", "", response) for response in responses]
        figures = meld(answers, responses)
        right = [answer == guess for answer, guess in zip(answers, guesses, strict=True)]
        assert [meld_match(*pair) for pair in zip(answers, responses, strict=True)] == right
        assert figures["accuracy"] == pytest.approx(sum(right) / size)
        assert figures["weighted_f1"] == pytest.approx(plain_weighted_f1(answers, guesses))


def test_meld_is_scikit_learns() -> None:
    metrics = pytest.importorskip("sklearn.metrics")
    generator = random.Random(5)
    for _ in range(50):
        answers = [generator.choice(EMOTIONS) for _ in range(30)]
        guesses = [generator.choice([answer, *EMOTIONS, "?"]) for answer in answers]
        expected = metrics.f1_score(answers, guesses, average="weighted", zero_division=0)
        assert meld(answers, guesses)["weighted_f1"] == pytest.approx(expected)
