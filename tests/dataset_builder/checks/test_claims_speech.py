"""Claims about speech and language against what was measured."""

from __future__ import annotations

import pytest

from dataset_builder.checks.claims_silence import check_silence
from dataset_builder.checks.claims_speech import check_language_named, check_speech


def test_planning_claims_nothing(make_row):
    row = make_row(planning="Is it silent throughout? A man speaks in French.", language="de")
    row["measured"] = {"silent_share": 0.0, "speech_share": 0.0}
    assert check_silence(row) is None and check_speech(row) is None and check_language_named(row) is None


@pytest.mark.parametrize(
    "share, text",
    [
        (0.9, "There is no speech."),
        (0.6, "It is rain alone, without any human speech."),
        (0.5, "Nobody speaks."),
        (0.5, "No one is talking."),
        (0.9, "There are no voices, only wind."),
        (0.0, "A man speaks calmly."),
        (0.0, "A woman is talking to a dog."),
        (0.0, "Two women talk about the rain."),
        (0.0, "A conversation between neighbours is heard."),
        (0.0, "The recording contains clear speech."),
        (0.001, "Somebody says hello."),
        (0.98, "The recording is free of speech."),
        (0.98, "It does not contain any speech."),
        (0.0, "Speech is heard."),
        (0.0, "Speech can be heard throughout."),
    ],
)
def test_wrong_claims_about_speech_fail(make_row, share, text):
    assert check_speech(make_row(caption=text, measured={"speech_share": share})) is not None
    assert check_speech(make_row(caption=text, measured={"speech_share": share}, domain="music")) is None


@pytest.mark.parametrize(
    "share, text",
    [
        (0.1, "There is no speech."),
        (0.9, "There is no speech in the first three seconds."),
        (0.9, "After the bell nobody speaks."),
        (0.9, "There is no background noise; the speech is clear."),
        (0.9, "The speaker has no speech impediment."),
        (0.9, "If nobody speaks, the answer is rain."),
        (0.9, "It does not sound as though nobody speaks."),
        (0.4, "A man speaks calmly."),
        (0.9, "It does not contain any speech after the bell."),
        (0.9, "The recording is free of background speech."),
        (0.0, "Hardly any speech is heard, if it is speech."),
        (0.0, "Whether speech is heard decides it."),
        (0.0, "It could be that a man speaks."),
        (0.0, "The bird sounds like a man who speaks."),
        (0.0, "Neither choice fits, as no man speaks here; nor does a dog bark."),
        (0.0, 'The sign reads "a man speaks".'),
        (None, "A man speaks, and there is no speech."),
    ],
)
def test_other_claims_about_speech_hold(make_row, share, text):
    assert check_speech(make_row(caption=text, measured={"speech_share": share})) is None


@pytest.mark.parametrize(
    "text",
    [
        "A man speaks in French.",
        "A woman speaking slowly and clearly in Spanish.",
        "The woman speaks fluent Dutch.",
        "The language spoken is Italian.",
        "The language is Czech.",
        "Italian speech is heard over the noise.",
        "The announcement is in Mandarin.",
        "They converse in Russian.",
    ],
)
def test_wrong_languages_fail(make_row, text):
    found = check_language_named(make_row(caption=text, language="de"))
    assert found is not None and found.endswith("and the language is German.")


@pytest.mark.parametrize(
    "language, text",
    [
        ("fr", "A man speaks in French."),
        ("fr-CA", "A man speaks in French."),
        ("pt_BR", "She speaks Portuguese."),
        ("nb", "She speaks Norwegian."),
        ("zh", "The announcement is in Mandarin."),
        ("de", "She speaks German and then French."),
        ("de", "The voice speaks English with a German accent."),
        ("de", "Put into English, she speaks of the rain."),
        ("de", "The English translation is spoken of."),
        ("de", "It does not sound as if he spoke in French."),
        ("de", "Could it be someone who speaks in French?"),
        ("de", "A French horn plays."),
        ("de", "They speak of an English garden."),
        (None, "A man speaks in French."),
        ("xx", "A man speaks in French."),
    ],
)
def test_right_languages_and_other_mentions_hold(make_row, language, text):
    assert check_language_named(make_row(caption=text, language=language)) is None
