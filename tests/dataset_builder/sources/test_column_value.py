"""Templates and values of a description."""

from __future__ import annotations

import pytest

from dataset_builder.sources.column_value import Template, Value


@pytest.mark.parametrize(
    ("text", "row", "expected"),
    [
        ("{a}/{b}.wav", {"a": "x", "b": 7}, "x/7.wav"),
        ("[{a}]-[{s|int}-{e|int}].wav", {"a": "x", "s": "30.000", "e": 40}, "[x]-[30-40].wav"),
        ("{a|stem|first:3}", {"a": "clips/abcdef.wav"}, "abc"),
        ("{a|stem|drop:1}", {"a": "Yb0RF.wav"}, "b0RF"),
        ("{a|last|int}", {"a": "https://example.org/sounds/017/"}, "17"),
        ("{a|ms}", {"a": "1.2345"}, "1234"),
        ("{a|lower}", {"a": "Big"}, "big"),
        ("{a}", {"a": "  "}, None),
        ("{a}", {}, None),
        ("{a|int}", {"a": "Not found"}, None),
        ("{a|int}", {"a": "inf"}, None),
    ],
)
def test_templates(text, row, expected):
    assert Template(text).fill(row) == expected


@pytest.mark.parametrize(
    ("spec", "row", "expected"),
    [
        ("a", {"a": " x "}, "x"),
        ("a", {"a": ""}, None),
        ("a", {"a": [" x", "", None, 1]}, ["x", 1]),
        ({"column": ["a", "b"]}, {"a": "", "b": "x"}, "x"),
        ({"column": "a", "split": ";"}, {"a": "x; y;;z"}, ["x", "y", "z"]),
        ({"column": "a", "literal": True}, {"a": "['x', 'it''s']"}, ["x", "its"]),
        ({"column": "a", "words": True}, {"a": "Long_Release-x"}, "long release x"),
        ({"column": "a", "map": {"M": "male"}}, {"a": "M"}, "male"),
        ({"column": "a", "map": {"M": "male"}}, {"a": "X"}, "X"),
        ({"column": "a", "absent": ["n/a"], "otherwise": "none"}, {"a": "n/a"}, "none"),
        ({"column": "a", "split": ",", "choose": {"q": 1, "y": 2}}, {"a": "x,y"}, 2),
        ({"column": "a", "choose": {"q": 1}, "otherwise": 3}, {"a": "x"}, 3),
        ({"column": "a", "join": " "}, {"a": ["F#", "major"]}, "F# major"),
        ({"column": "a", "repair": "windows-1252"}, {"a": "It\x92s \x85"}, "It\u2019s \u2026"),
        ({"all_of": ["a", "b"]}, {"a": "x", "b": ""}, ["x"]),
        ({"pair": ["a", "b"]}, {"a": ["x", "y"], "b": ["1", "2"]}, ["x: 1", "y: 2"]),
        ({"template": "{a}!"}, {"a": "x"}, "x!"),
        ({"constant": "x"}, {}, "x"),
    ],
)
def test_values_of_a_row(spec, row, expected):
    assert Value.read(spec, "a value").of([row]) == expected


def test_values_of_several_rows():
    rows = [{"q": "Why?", "a": "x"}, {"q": "How?", "a": "z"}, {"q": "Why?", "a": "y"}, {"q": "Why?", "a": "y"}]

    assert Value.read({"column": "a", "rows": True}, "v").of(rows) == ["x", "z", "y", "y"]
    assert Value.read({"records": {"q": "q", "a": "a"}}, "v").of(rows[:2]) == rows[:2]
    assert Value.read({"records": {"q": "q", "a": "a"}, "majority": "a"}, "v").of(rows) == [
        {"q": "Why?", "a": "y", "agreement": 0.667},
        {"q": "How?", "a": "z", "agreement": 1.0},
    ]


def test_lists_that_do_not_fit():
    with pytest.raises(ValueError, match="not a list in Python's notation"):
        Value.read({"column": "a", "literal": True}, "v").of([{"a": "['x"}])
    with pytest.raises(ValueError, match="a has 1 items and b has 2"):
        Value.read({"pair": ["a", "b"]}, "v").of([{"a": ["x"], "b": ["1", "2"]}])
