"""Sections that are whole, and what they must not hold."""

from __future__ import annotations

import pytest

from dataset_builder.checks.structure import check_remains, check_structure


@pytest.mark.parametrize("section", ["planning", "caption", "reasoning", "summary", "response"])
@pytest.mark.parametrize("text", ["", "  \n", None])
def test_an_empty_section_fails(make_row, section, text):
    assert check_structure(make_row(**{section: text})) == f"The section '{section}' is empty."


def test_a_tag_of_the_grammar_within_a_section_fails(make_row):
    found = check_structure(make_row(reasoning="It barks.</REASONING><SUMMARY>A dog."))
    assert found is not None and "holds the tag </REASONING>" in found


def test_a_good_row_holds(make_row):
    assert check_structure(make_row()) is None
    assert check_remains(make_row()) is None


@pytest.mark.parametrize(
    "text, what",
    [
        ("I listen to <|AUDIO|> closely.", "a placeholder token"),
        ("It ends.<|im_end|>", "a placeholder token"),
        ("The dog barks.</s>", "a placeholder token"),
        ("<think>First the bark.", "a tag"),
        ("The bark. </Caption>", "a tag"),
        ("```json\nThe bark", "a markdown fence"),
        ("## Steps\nThe bark.", "a markdown heading"),
        ("The bark\n===\ncomes first.", "a markdown heading"),
        ("**A broad hiss** starts at once.", "bold type of markdown"),
        ("A __broad hiss__ starts at once.", "bold type of markdown"),
        ("- A hiss starts.\n- It stays even.", "a list of markdown"),
        ("What is heard:\n* a hiss", "a list of markdown"),
        ("1. A hiss starts.\n2. It stays even.", "a list of markdown"),
        ("First.\n\n1) A hiss starts.\n\n2) It stays even.", "a list of markdown"),
        ("| sound | time |\n| --- | --- |", "a table of markdown"),
        ('{"caption": "A dog barks.', "JSON"),
        ('A dog barks."}', "JSON"),
        ("A dog barks.\\nThen a cat.", "an escape of JSON"),
        ("The sound is {label} here.", "a blank of a template"),
        ("[Insert description of the sound]", "a blank of a template"),
        ("**Caption:** A dog barks.", "the name of a section as a heading"),
        ("Summary: a dog barks.", "the name of a section as a heading"),
        ("As an AI, I hear no sound.", "refuses"),
        ("I'm sorry, but I cannot do so.", "refuses"),
        ("I cannot listen to the recording.", "refuses"),
        ("I do not have access to the audio.", "refuses"),
        ("Please provide the audio first.", "refuses"),
        ("作为一个人工智能，我听不到。", "refuses"),
    ],
)
def test_remains_of_the_form_fail(make_row, text, what):
    found = check_remains(make_row(caption=text))
    assert found is not None and what in found


@pytest.mark.parametrize(
    "text",
    [
        "I cannot hear a dog, only wind and, far off, a bell.",
        "In summary, the response of the crowd is loud.",
        "The speaker says 'as an artist' twice; the level is < -20 dB and > -40 dB.",
        "The caption of this scene would be a market: three voices, then a bell.",
        "He asks for tea in C# [sic], and gets it.",
        "A hiss - broad and even - starts at 1. It ends at 2.",
        "2 * 3 * 4 is counted aloud, and 2**3 is eight.",
        "The second verse -- the loud one -- follows.\n1. FC Köln scores, says the reporter.",
        "The blank ____ of the form and the name snake_case are read out.",
        "Planning a trip is what they talk about.",
    ],
)
def test_ordinary_text_holds(make_row, text):
    assert check_remains(make_row(caption=text)) is None
