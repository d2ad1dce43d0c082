"""The names of annotations and the types of their values."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from dataset_builder.sources import debian
from dataset_builder.sources.annotation_keys import canonical, find_key


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("title", "  two\n words ", "two words"),
        ("title", 1984, "1984"),
        ("labels", "dog", ["dog"]),
        ("labels", ("dog", " ", "big  cat"), ["dog", "big cat"]),
        ("tempo", "120", 120.0),
        ("pitch", 60.0, 60),
        ("sarcasm", "False", False),
        ("sarcasm", 1, True),
        ("translation_zh", "\u4f60\u597d", "\u4f60\u597d"),
        (
            "events",
            [{"label": "b", "start": 1, "end": "2.5"}, {"label": "a", "start": 0, "end": 9}],
            [{"label": "a", "start": 0.0, "end": 9.0}, {"label": "b", "start": 1.0, "end": 2.5}],
        ),
        (
            "qa",
            [{"question": "Why?", "answer": "So.", "choices": [], "agreement": 1}],
            [{"question": "Why?", "answer": "So.", "agreement": 1.0}],
        ),
    ],
)
def test_values(name, value, expected):
    assert canonical({name: value}) == {name: expected}


def test_what_is_empty_is_left_out():
    assert canonical({"title": " ", "labels": [""], "captions": [], "tempo": None, "sarcasm": False}) == {
        "sarcasm": False
    }


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("label", "dog", "no annotation key 'label'; the keys are labels"),
        ("translation_ZH", "x", "no annotation key"),
        ("title", ["a"], "'title' is .*, which is not a text"),
        ("pitch", 60.5, "not a whole number"),
        ("tempo", "fast", "not a number"),
        ("tempo", "inf", "not a number"),
        ("pitch", 1e999, "not a whole number"),
        ("sarcasm", "maybe", "not true or false"),
        ("events", [{"label": "a", "start": 2, "end": 1}], "not a list of events"),
        ("events", [{"label": "a", "start": 2}], "not a list of events"),
        ("qa", [{"question": "Why?"}], "not a list of pairs"),
        ("qa", [{"question": "Why?", "answer": "So.", "score": 1}], "not a list of pairs"),
    ],
)
def test_wrong_values(name, value, message):
    with pytest.raises(ValueError, match=message):
        canonical({name: value})


def test_the_demo_keeps_to_the_keys():
    """Its readers write their annotations as dictionaries, whose keys stand in the source."""
    found = set()
    for path in Path(debian.__file__).parent.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.keyword) and node.arg == "annotations":
                for inner in ast.walk(node.value):
                    if isinstance(inner, ast.Dict):
                        found.update(key.value for key in inner.keys if isinstance(key, ast.Constant))
            if isinstance(node, ast.Subscript) and ast.unparse(node.value) == "annotations":
                found.add(ast.literal_eval(node.slice))

    assert {"transcript", "translation_en", "event", "tempo_bpm", "chords"} <= found
    assert [name for name in found if find_key(name) is None] == []
