"""Length, repetition and copies."""

from __future__ import annotations

import pytest

from dataset_builder.checks.length import (
    LengthLimits,
    check_copies,
    check_length,
    check_repetition,
    repeated_run,
    repeated_share,
)


def test_lengths_within_limits(make_row):
    assert check_length(make_row()) is None
    assert check_length(make_row(planning="Listen.")) == (
        "The section 'planning' has 1 words; from 6 to 250 are allowed."
    )
    assert "has 901 words" in (check_length(make_row(reasoning="a " * 901)) or "")
    chinese = "狗" * 400
    assert check_length(make_row(caption=chinese)) is None
    assert "has 401 words" in (check_length(make_row(caption=chinese + "狗")) or "")


def test_the_total_is_limited(make_row):
    row = make_row(reasoning="a " * 890, caption="b " * 390, planning="c " * 240)
    found = check_length(row)
    assert found is not None and found.startswith("The sections have 15") and found.endswith("1400 are allowed.")


def test_limits_that_cannot_be(make_row):
    with pytest.raises(ValueError, match="no section 'thoughts'"):
        LengthLimits(by_section={"thoughts": (1, 2)})
    with pytest.raises(ValueError, match="'caption' cannot have from 5 to 4 words"):
        LengthLimits(by_section={"caption": (5, 4)})


def test_repetition_is_measured():
    assert repeated_share(list("abcdefgh")) == 0.0
    assert repeated_share(list("abcdabcd")) == pytest.approx(1 / 5)
    assert repeated_share(["a"] * 10) == pytest.approx(6 / 7)
    assert repeated_share(["a"]) == 0.0
    assert repeated_run(["no"] * 4) is None
    assert repeated_run(["no"] * 5) == ["no"]
    assert repeated_run(["tick", "tock"] * 5) == ["tick", "tock"]


def test_loops_fail(make_row):
    found = check_repetition(make_row(reasoning="The bell rings. " * 6))
    assert found is not None and "more than 4 times on end" in found
    looped = " ".join(
        f"The {bell} bell rings in the tower of the old church and it is loud."
        for bell in ("first", "second", "third", "last")
    )
    found = check_repetition(make_row(reasoning=looped))
    assert found is not None and "were there before" in found


def test_lists_of_like_sentences_hold(make_row):
    text = (
        "The first choice does not fit, as no dog is heard. The second choice fits, as the call rises in two steps. "
        "The third choice does not fit, because a cat would glide. The last choice is out: wind has no pitch."
    )
    assert check_repetition(make_row(reasoning=text)) is None
    assert check_repetition(make_row(caption="Tick, tick, tick, tick.")) is None


def test_copies_fail(make_row):
    row = make_row()
    found = check_copies(make_row(caption=row["reasoning"]))
    assert found == "The section 'reasoning' holds 100% of the section 'caption'."
    inside = f"{row['caption']} {row['reasoning']}"
    assert check_copies(make_row(reasoning=inside)) == "The section 'reasoning' holds 100% of the section 'caption'."
    assert check_copies(make_row(caption="A bird calls here.", summary="A bird calls here!")) == (
        "The sections 'caption' and 'summary' are the same."
    )


def test_likeness_that_is_no_copy_holds(make_row):
    assert check_copies(make_row()) is None
    assert check_copies(make_row(summary="It is the rooster crowing.")) is None
    assert check_copies(make_row(summary="Bird.", caption="Bird.")) is None
