"""Numbers in text."""

from __future__ import annotations

import re

import pytest

from dataset_builder.checks.spoken_numbers import NUMBER, number_value


@pytest.mark.parametrize(
    "text, value",
    [
        ("45", 45),
        ("2.5", 2.5),
        ("2,5", 2.5),
        ("zero", 0),
        ("nine", 9),
        ("forty-five", 45),
        ("forty five", 45),
        ("nineteen", 19),
        ("a hundred", 100),
        ("one hundred and twenty", 120),
        ("a hundred and twenty-five", 125),
        ("two hundred", 200),
        ("two and a half", 2.5),
        ("3 and a half", 3.5),
        ("half a", 0.5),
        ("half an", 0.5),
        ("a quarter of a", 0.25),
        ("a", 1),
        ("an", 1),
        ("a single", 1),
    ],
)
def test_values(text, value):
    assert re.fullmatch(NUMBER, text)
    assert number_value(text) == value


def test_what_is_no_number():
    assert not re.fullmatch(NUMBER, "several")
    with pytest.raises(ValueError, match="'several' is no number"):
        number_value("several")
