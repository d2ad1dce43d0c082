"""What a RESPONSE names, and when nothing is named."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modeling_audio_reasoner.choices_audio_reasoner import normalise, resolve_choice


ANIMALS = ["dog", "dog barking", "cat", "a bird"]


@pytest.mark.parametrize(
    ("response", "choices", "named"),
    [
        ("dog", ANIMALS, "dog"),
        ("  Dog barking. ", ANIMALS, "dog barking"),
        ("“cat”", ANIMALS, "cat"),
        ("ＣＡＴ", ANIMALS, "cat"),
        ("I hear a dog barking in a yard", ANIMALS, "dog barking"),
        ("I hear a dog, and then a dog barking", ANIMALS, None),
        ("It is the cat.", ANIMALS, "cat"),
        ("It is the cat or a bird.", ANIMALS, None),
        ('Of dog and a bird, the answer is "cat".', ANIMALS, "cat"),
        ('Either "cat" or "dog".', ANIMALS, None),
        ("**cat**, though a bird is heard too", ANIMALS, "cat"),
        ("not a dog but a bird", ANIMALS, "a bird"),
        ('It is not "dog"; it is "cat"', ANIMALS, "cat"),
        ("cat rather than dog", ANIMALS, "cat"),
        ("concatenate", ANIMALS, None),
        ("B", ANIMALS, None),
        ("The answer is B.", ANIMALS, None),
        ("", ANIMALS, None),
        ("...", ANIMALS, None),
        (None, ANIMALS, None),
        ("C", ["C", "C#", "Cm"], "C"),
        ("The key is C#.", ["C", "C#", "Cm"], "C#"),
        ("bell then drum", ["bell then drum", "drum then bell"], "bell then drum"),
        ("the drum then bell", ["bell then drum", "drum then bell"], "drum then bell"),
        ("yes", ["Yes", "yes."], None),
        ("twelve", ["two", "twelve"], "twelve"),
        ("Press one; hold on", ["Press one", "hold on"], None),
        ("l'été", ["L’été", "l'hiver"], "L’été"),
    ],
)
def test_table(response: str | None, choices: list[str], named: str | None) -> None:
    index = resolve_choice(response, choices)
    assert (None if index is None else choices[index]) == named


@given(st.lists(st.text(min_size=1, max_size=20), min_size=2, max_size=6), st.data())
def test_a_choice_names_itself_or_nothing(choices: list[str], data: st.DataObject) -> None:
    """The choice's own text resolves to it, unless another choice or nothing is left of it when normalised."""
    index = data.draw(st.integers(0, len(choices) - 1))
    names = [normalise(choice) for choice in choices]
    expected = index if names[index] and names.count(names[index]) == 1 else None
    assert resolve_choice(choices[index], choices) == expected
