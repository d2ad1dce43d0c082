"""The review as a build file sets it: other limits, and settings that cannot be meant."""

from __future__ import annotations

import asyncio

import pytest

from dataset_builder.engine.stage import Left
from dataset_builder.stages.review import Review


ROW = {
    "id": "1",
    "question": "Which sound is heard?",
    "choices": ["a bell", "a drum"],
    "answer": "a bell",
    "planning": "I will listen for the sound and compare it with both choices.",
    "caption": "A bright metallic stroke rings and fades away slowly.",
    "reasoning": "The stroke rings on for long, as metal does; a drum would stop sooner.",
    "summary": "The ringing stroke is that of a bell.",
    "response": "a bell",
}


def outcome(**settings):
    return asyncio.run(Review(checks=["length"], **settings).process(dict(ROW)))


def test_limits_take_the_place_of_the_checks_own():
    assert outcome()["review"]["verdict"] == "pass"
    left = outcome(limits={"length": {"by_section": {"caption": [3, 5]}}})
    assert isinstance(left, Left) and left.check == "length" and "caption" in left.reason
    assert isinstance(outcome(limits={"length": {"total": 20}}), Left)


@pytest.mark.parametrize(
    "limits, sentence",
    [
        ({"length": {"words": 5}}, "`limits: length:` has words"),
        ({"length": {"by_section": {"preface": [1, 2]}}}, "no section 'preface'"),
        ({"tempo": {"wanted": 1}}, "none of the checks that are run"),
    ],
)
def test_limits_that_cannot_be_meant(limits, sentence):
    with pytest.raises(ValueError, match=sentence):
        outcome(limits=limits)


def test_answers_are_whole_numbers():
    with pytest.raises(ValueError, match="`blind: answers:` is 'many'"):
        Review(answers={"blind": "many"})  # type: ignore[dict-item]
