"""What a RESPONSE names, and when nothing is named."""

from __future__ import annotations

import time

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
        *[(form, ANIMALS, None) for form in ("there is no dog", "It cannot be a dog.", "It can't be the dog")],
        *[(form, ANIMALS, None) for form in ("It couldn’t be a dog", "Those aren't a dog", "I don't hear any dog")],
        *[(form, ANIMALS, None) for form in ("dog is wrong", '"dog" isn\'t right', "A dog would not be the answer.")],
        ("There is no dog, it is a cat", ANIMALS, "cat"),
        ("The dog is incorrect; the cat is heard", ANIMALS, "cat"),
        ("The dog is not happy", ANIMALS, "dog"),
        ("No, a dog", ANIMALS, "dog"),
        ("no speech", ["speech", "no speech"], "no speech"),
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


LETTERED = ["dog", "cat", "a bird", "horse riding"]


@pytest.mark.parametrize(
    ("response", "named"),
    [
        *[(form, "cat") for form in ("B", "b", "B.", "b)", "(B)", "[B]", "**B**", "'B'", "B,", "B: cat", "(b) cat")],
        *[(form, "cat") for form in ("Option B", "option (b) is right", "Answer: B", "Answer:\nB", "The letter is B")],
        *[(form, "cat") for form in ("The answer is B.", "The correct answer is (B).", "Final answer: **B**")],
        *[(form, "cat") for form in ("I choose (B), I think", "\\boxed{B}", "<answer>B</answer>", "A meow.\nB")],
        ("B because of the meow", "cat"),
        ("Ｂ", "cat"),
        # Texts beside a letter that was given as the answer may be other choices, talked about; but it is among them.
        ("I hear a dog and a cat; the answer is B", "cat"),
        ("cat The answer is B.", "cat"),
        ("cat The answer is A.", None),
        ("B. dog", None),
        # Two letters, and letters that were rejected.
        *[(form, None) for form in ("B or C", "A, B", "A/B", "A and (B)", "(A)(B)", "A. dog\nB. cat")],
        ("option A or option B", None),
        ("not option A but option B", "cat"),
        ("Answer is B, not A", "cat"),
        *[(form, None) for form in ("(A) is not correct", "The answer cannot be (A)", "I think (A) is wrong, so D")],
        *[
            (form, None)
            for form in ("(A) or (B) isn't right", "It can't be option A", "The answer cannot be (A) or (B)")
        ],
        *[(form, None) for form in ("A and B are wrong", "A is not what I hear")],
        ("Option A is incorrect; the cat is heard", "cat"),
        ("a) dog is wrong, b) cat is right", "cat"),
        ("A is not only loud, it is right", "dog"),
        *[(form, None) for form in ("b) cat and a) dog", "A. dog, B. cat")],
        # No letters: articles, abbreviations, notes, and what no choice stands under.
        ("A dog", "dog"),
        ("A bird", "a bird"),
        ("the answer is a horse", None),
        ("e.g. dog", "dog"),
        ("D'accord", None),
        ("The answer is C#.", None),
        ("Both", None),
        ("E", None),
        ("", None),
    ],
)
def test_letters(response: str, named: str | None) -> None:
    index = resolve_choice(response, LETTERED, letters=True)
    assert (None if index is None else LETTERED[index]) == named


def test_letters_mean_nothing_beside_choices_that_are_letters() -> None:
    assert resolve_choice("A", ["B", "A"], letters=True) == 1
    assert resolve_choice("The answer is A.", ["B", "A"], letters=True) == 1


def test_long_responses_take_no_long_time() -> None:
    """Patterns that look back over what they skipped would take minutes for these."""
    started = time.perf_counter()
    for response in ("\n" * 50_000 + "xx", " " * 50_000 + "B", "(" * 50_000, "A or " * 10_000, "answer\n" * 10_000):
        resolve_choice(response, LETTERED, letters=True)
    assert time.perf_counter() - started < 10
