"""The readers of spoken corpora, on trees in the packages' own layout."""

from __future__ import annotations

import gzip

import pytest

from dataset_builder.sources.debian import asterisk, fillets
from dataset_builder.sources.debian.spoken_text import normalize_text, text_group


VOICES = {
    "en": "en_US_f_Allison",
    "es": "es_MX_f_Allison",
    "fr": "fr_CA_f_June",
    "it": "it_IT_m_Carlo",
    "ru": "ru_RU_f_IvrvoiceRU",
}
TEXTS = {
    "en": "; English\n\nactivated: Activated.\nbeep: [a tone]\ndigits/1: one\nvm-one: One.\nno-clip: Hello: you.\n",
    "fr": "; French\nactivated: activé\nbeep: (ahooga)\ndigits/1: un\nvm-one: un\n",
    "es": "activated: activado\n",
    "it": "activated: attivato\nonly-here: soltanto qui\n",
    "ru": "activated: Активировано\n",
}


@pytest.fixture
def prompts(unpacked, cache, wav):
    for language, text in TEXTS.items():
        folder = f"usr/share/doc/asterisk-core-sounds-{language}"
        unpacked(
            asterisk._texts_package(language),
            {f"{folder}/core-sounds-{language}.txt.gz": gzip.compress(text.encode())},
        )
        keys = ["activated", "beep", "digits/1", "vm-one", "only-here", "silence/1"]
        clips = {f"usr/share/asterisk/sounds/{VOICES[language]}/{key}.wav": wav for key in keys}
        unpacked(asterisk._clips_package(language), clips)
    return {recording.id: recording for recording in asterisk.read(cache)}


def test_prompts_are_those_with_a_text_and_a_clip(prompts):
    assert set(prompts) == {
        *(f"asterisk-{language}/activated" for language in VOICES),
        *(f"asterisk-{language}/{key}" for language in ("en", "fr") for key in ("digits/1", "vm-one")),
        "asterisk-it/only-here",
    }


def test_a_prompt_knows_its_text_translation_and_voice(prompts):
    prompt = prompts["asterisk-ru/activated"]
    assert prompt.annotations["transcript"] == "Активировано"
    assert prompt.annotations["translation_en"] == "Activated"
    assert prompt.annotations["speaker"] == "asterisk-ivrvoiceru"
    assert prompt.annotations["gender"] == "female"
    assert (prompt.language, prompt.license, prompt.domain) == ("ru", "CC-BY-3.0", "speech")
    assert prompt.audio.path.is_file()
    assert prompts["asterisk-fr/activated"].license == "CC-BY-SA-3.0"
    assert "translation_en" not in prompts["asterisk-it/only-here"].annotations


def test_one_voice_in_two_languages_is_one_speaker(prompts):
    assert {prompts[f"asterisk-{language}/activated"].annotations["speaker"] for language in ("en", "es")} == {
        "asterisk-allison"
    }


def test_a_text_is_one_group_in_all_languages_and_under_all_keys(prompts):
    assert len({prompts[f"asterisk-{language}/activated"].group for language in VOICES}) == 1
    assert prompts["asterisk-en/digits/1"].group == prompts["asterisk-fr/vm-one"].group
    assert prompts["asterisk-en/digits/1"].group != prompts["asterisk-en/activated"].group


def test_transcripts_without_comments_sounds_and_trailing_dots():
    text = "; a: comment\n\na: Hello.\nb: ...to mute: yourself…\nc: [tone]\nd: ***\ne\n"
    assert asterisk.parse_transcripts(text) == {"a": "Hello", "b": "to mute: yourself"}


SCRIPT = r"""
dialogId("let-m-divna", "font_small", "What kind of \"ship\" is that?")
dialogStr("Co je to za divnou   loď?")

dialogId("let-v-budrada", "font_big", "Be thankful.")

dialogId("let-x", "font_parrot", "Trosecnik!")
dialogStr("Trosečník!")

dialogId("let-v-dots", "font_big", "...")
dialogStr("...")
"""


def test_dialogue_keeps_the_lines_with_a_text_in_the_language():
    assert fillets.parse_dialogue(SCRIPT) == {
        "let-m-divna": ("font_small", 'What kind of "ship" is that?', "Co je to za divnou loď?"),
        "let-x": ("font_parrot", "Trosecnik!", "Trosečník!"),
    }


@pytest.fixture
def dialogue(unpacked, cache, wav):
    game = "usr/share/games/fillets-ng"
    dutch = 'dialogId("let-m-divna", "font_small", "What kind of \\"ship\\" is that?")\ndialogStr("Raar schip?")'
    scripts = {
        f"{game}/script/airplane/dialogs_cs.lua": SCRIPT.encode(),
        f"{game}/script/airplane/demo_dialogs_nl.lua": dutch.encode(),
    }
    unpacked(fillets._SCRIPTS, scripts)
    for language in fillets.LANGUAGES:
        ids = ["let-m-divna", "let-x", "let-v-budrada", "sp-shout_00"]
        clips = {f"{game}/sound/airplane/{language}/{name}.ogg": wav for name in ids}
        unpacked(fillets._clips_package(language), clips)
    return {recording.id: recording for recording in fillets.read(cache)}


def test_dialogue_clips_are_those_with_a_line(dialogue):
    assert set(dialogue) == {
        "fillets-cs/airplane/let-m-divna",
        "fillets-cs/airplane/let-x",
        "fillets-nl/airplane/let-m-divna",
    }


def test_a_line_knows_who_says_it_and_what_it_means(dialogue):
    line = dialogue["fillets-cs/airplane/let-m-divna"].annotations
    assert (line["speaker"], line["role"], line["lead"]) == ("fillets-cs-small-fish", "small fish", True)
    assert line["translation_en"] == 'What kind of "ship" is that?'
    assert line["level"] == "airplane"
    assert dialogue["fillets-cs/airplane/let-x"].annotations["lead"] is False
    assert dialogue["fillets-nl/airplane/let-m-divna"].language == "nl"


def test_a_line_is_one_group_in_both_languages(dialogue):
    assert dialogue["fillets-cs/airplane/let-m-divna"].group == dialogue["fillets-nl/airplane/let-m-divna"].group


def test_texts_are_compared_without_case_and_punctuation():
    assert normalize_text("  It’s the BIG — fish…  ") == "it’s the big fish"
    assert normalize_text("Не знаю!") == "не знаю"
    with pytest.raises(ValueError, match="holds no word"):
        text_group("fillets", "…!")
