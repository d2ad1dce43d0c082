"""Examples are recordings with a question beside them."""

from __future__ import annotations

import pytest

from app.page.examples import Example, examples_in
from dataset_builder.question_text import question_text, split_question


def test_a_recording_with_a_question_is_an_example(tmp_path):
    for name in ("held_out.flac", "b.wav", "alone.flac", "text_only.txt"):
        (tmp_path / name).write_bytes(b"x")
    (tmp_path / "held_out.txt").write_text("Which?\nChoose one: Czech; Old Dutch.\n")
    (tmp_path / "b.txt").write_text("What is\nheard here?\n")
    (tmp_path / "model").mkdir()
    assert examples_in(tmp_path) == [
        Example(tmp_path / "b.wav", "What is\nheard here?", ()),
        Example(tmp_path / "held_out.flac", "Which?", ("Czech", "Old Dutch")),
    ]
    assert examples_in(tmp_path)[1].name == "held out"


def test_a_question_that_is_not_there_is_named(tmp_path):
    (tmp_path / "a.wav").write_bytes(b"x")
    (tmp_path / "a.txt").write_text(" \n")
    with pytest.raises(ValueError, match=r"a\.txt is empty: write the question about a\.wav into it"):
        examples_in(tmp_path)


@pytest.mark.parametrize("choices", [(), ("a", "b c"), ("a.", "b. c")])
def test_a_question_is_split_as_it_was_put_together(choices):
    assert split_question(question_text("Is it\nso?", choices)) == ("Is it\nso?", choices)


@pytest.mark.parametrize("text", ["Which?", "Choose one: a; b.", "Which?\nChoose one: a; b", "Which?\nOr not?"])
def test_another_text_has_no_choices(text):
    assert split_question(text) == (text, ())
