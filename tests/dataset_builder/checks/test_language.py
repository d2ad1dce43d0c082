"""The language of the sections."""

from __future__ import annotations

from functools import partial

import pytest

from dataset_builder.checks.language import check_language, language_probabilities


TEXTS = {
    "en": "The dog barks twice, and after a while a car drives slowly along the street.",
    "fr": "Le chien aboie deux fois, puis une voiture passe lentement dans la rue.",
    "de": "Der Hund bellt zweimal, und nach einer Weile fährt ein Auto langsam die Straße entlang.",
    "cs": "Pes dvakrát zaštěká a po chvíli ulicí pomalu projede auto, které nikam nespěchá.",
    "zh": "狗叫了两声，过了一会儿，一辆汽车慢慢地沿着街道开过去，街上没有别的人，只有风吹过树叶的声音，远处传来钟声。",
}


@pytest.mark.parametrize("code", TEXTS)
def test_a_section_is_in_the_wanted_language(make_row, code):
    assert next(iter(language_probabilities(TEXTS[code]))) == code
    found = check_language(make_row(caption=TEXTS[code]))
    assert found == (None if code == "en" else f"The section 'caption' is in the language {code!r} and not in 'en'.")


def test_another_language_can_be_wanted(make_row):
    row = make_row(planning=TEXTS["fr"], caption=TEXTS["fr"], reasoning=TEXTS["fr"], summary=TEXTS["fr"])
    assert partial(check_language, wanted="fr")(row) is None
    assert check_language(row) == "The section 'planning' is in the language 'fr' and not in 'en'."


def test_what_is_not_judged(make_row):
    assert check_language(make_row(caption="Le chien aboie deux fois.")) is None
    assert check_language(make_row(response=TEXTS["zh"])) is None
    quoting = f"The man speaks of a dog and of a car, in these words: “{TEXTS['fr']}”"
    assert check_language(make_row(caption=quoting)) is None


def test_an_unknown_language_is_an_error(make_row):
    with pytest.raises(ValueError, match="does not know the language 'klingon'"):
        check_language(make_row(), wanted="klingon")
