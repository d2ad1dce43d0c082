"""What a blind teacher and one that only reads say of a row."""

from __future__ import annotations

from math import comb

import pytest

from dataset_builder.checks.hearing import answers_needed, blind_agrees, chance, needs_audio, right_guesses_needed


ROOSTER, DOG = "It is the rooster crowing.", "dog barking"


def test_more_than_half_have_to_agree(make_row):
    row = make_row()
    assert blind_agrees(row, [ROOSTER]) is None
    assert blind_agrees(row, [ROOSTER, ROOSTER, DOG]) is None
    assert blind_agrees(row, [ROOSTER, DOG]) == (
        "The blind teacher gave the answer 'rooster crowing' in 1 of 2 tries, and else mostly 'dog barking'."
    )
    assert "in 0 of 2 tries, and else mostly 'i hear nothing'" in (blind_agrees(row, ["I hear nothing."] * 2) or "")
    with pytest.raises(ValueError, match="no answers"):
        blind_agrees(row, [])


def test_open_questions_agree_by_their_words(make_row):
    row = make_row(choices=[], answer="three dogs")
    assert blind_agrees(row, ["There are 3 dogs.", "three dogs bark"]) is None
    assert blind_agrees(row, ["two dogs"]) is not None


@pytest.mark.parametrize(
    "choices, guesses, needed",
    [
        (4, 1, None),
        (4, 2, None),
        (4, 3, 3),
        (4, 5, 4),
        (4, 10, 6),
        (2, 4, None),
        (2, 5, 5),
        (3, 3, 3),
        (5, 2, 2),
        (20, 3, 2),
    ],
)
def test_the_right_guesses_that_chance_does_not_explain(choices, guesses, needed):
    found = right_guesses_needed(1 / choices, guesses)
    assert found == needed
    if found is not None:
        tails = [
            sum(comb(guesses, k) * (choices - 1) ** (guesses - k) for k in range(r, guesses + 1)) / choices**guesses
            for r in (found - 1, found)
        ]
        assert tails[0] >= 0.05 > tails[1]


def test_a_question_that_is_guessed_needs_no_audio(make_row):
    row = make_row()
    assert needs_audio(row, [DOG, "cat meowing", ROOSTER])
    assert needs_audio(row, [ROOSTER, ROOSTER, DOG]) is True
    assert not needs_audio(row, [ROOSTER, ROOSTER, ROOSTER])
    open_row = make_row(choices=[], answer="Paris")
    assert needs_audio(open_row, ["Rome", "Paris", "Madrid"])
    assert not needs_audio(open_row, ["Paris", "It is Paris.", "Madrid"])
    with pytest.raises(ValueError, match="no answers"):
        needs_audio(row, [])


def test_too_few_answers_tell_nothing(make_row):
    assert needs_audio(make_row(), [ROOSTER]) is needs_audio(make_row(), [DOG, DOG]) is None
    yes_or_no = make_row(choices=[], answer="yes")
    assert needs_audio(yes_or_no, ["yes"] * 4) is None and needs_audio(yes_or_no, ["yes"] * 5) is False
    assert [answers_needed(1 / choices) for choices in (2, 3, 4, 5, 20)] == [5, 3, 3, 2, 2]


def test_chances(make_row):
    assert chance(make_row()) == pytest.approx(1 / 3)
    assert chance(make_row(choices=[], answer="Yes, it does.")) == 0.5
    assert chance(make_row(choices=[], answer="a rooster")) == 0.05
