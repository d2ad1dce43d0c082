"""MELD's two figures: exact match as Qwen2-Audio takes it, weighted F1 as the dataset's baseline."""

from __future__ import annotations

import pytest

from evaluation.official import meld, meld_match


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
