"""Prose of the kind that teachers write, full of numbers, times and quotations: no check finds fault where none is."""

from __future__ import annotations

import pytest

from dataset_builder.checks.check import CHECKS


PROSE = [
    (
        {"domain": "speech", "language": "en", "duration": 12.4, "speech_share": 0.8, "silent_share": 0.1},
        "The clip opens with a male speaker who speaks in a calm tone in English. Around the 3-second mark he pauses "
        'briefly, then says, "We should leave before 9:30." There is no background music. The recording is clean.',
    ),
    (
        {
            "domain": "music",
            "duration": 30.0,
            "speech_share": 0.9,
            "silent_share": 0.0,
            "tempo": 128.0,
            "key": "A minor",
        },
        "This is a 30-second excerpt of an upbeat electronic track at roughly 128 BPM in A minor. A kick "
        "drives the beat; "
        "no vocals are present. At 0:15 a synth lead enters, and the energy builds until the end.",
    ),
    (
        {"domain": "sound", "duration": 10.0, "speech_share": 0.0, "silent_share": 0.05},
        "A dog barks three times within the first two seconds, followed by a long stretch of wind. No human speech is "
        "present. Towards the end, at about 9 seconds, a car door slams.",
    ),
    (
        {"domain": "sound", "duration": 10.0, "speech_share": 0.4, "silent_share": 0.05},
        "The audio begins with a crowd murmuring. There is no clear speech that can be understood, but several voices "
        "overlap. The sound could be described as a busy station.",
    ),
    (
        {"domain": "speech", "language": "fr", "duration": 6.0, "speech_share": 0.7, "silent_share": 0.2},
        "The speaker talks quickly in French, with rising intonation. Translated into English, the "
        "sentence means that "
        "the train will arrive at 10:45. The question asks what she announces; a delay fits best.",
    ),
    (
        {"domain": "speech", "language": "en", "duration": 20.0, "speech_share": 0.6, "silent_share": 0.3},
        "Two people argue in a kitchen. She labels him a liar. He responds by saying that according to the report, "
        "nothing happened. After 18 seconds the second speaker interrupts and names three dates: 12/05, "
        "13/05 and 14/05.",
    ),
    (
        {"domain": "music", "duration": 25.0, "silent_share": 0.0, "tempo": 96.0, "key": "A minor"},
        "The key appears to be in C major, though the bridge hints at A minor. The tempo is moderate, around 96 beats "
        "per minute. The song does not contain any silence. The label most people would give this style "
        "is bossa nova.",
    ),
    (
        {"domain": "sound", "duration": 8.0, "silent_share": 0.6, "silence": [[1.0, 3.1], [4.0, 6.2]]},
        "There are long pauses between the drops. Each drop is separated by about two seconds of silence "
        "from the next. "
        "The clip is otherwise quiet.",
    ),
    (
        {"domain": "speech", "language": "de", "duration": 15.0, "speech_share": 0.9, "silent_share": 0.05},
        "A woman speaks German with a slight French accent. She says she has lived in Berlin for 20 years. The speech "
        "contains no pauses longer than half a second.",
    ),
    (
        {"domain": "sound", "duration": 9.0, "speech_share": 0.0, "silent_share": 0.0},
        "Of the choices only the kettle fits: the hiss grows for about 7 seconds and ends in a whistle. "
        "I cannot hear any "
        "footsteps. As an alternative, steam from an iron would be steadier.",
    ),
]


@pytest.mark.parametrize("facts, text", PROSE, ids=[text[:24] for _, text in PROSE])
def test_good_prose_holds(make_row, facts, text):
    measured = {name: value for name, value in facts.items() if name not in ("domain", "language")}
    row = make_row(caption=text, reasoning=text, measured=measured, domain=facts["domain"])
    row["language"] = facts.get("language")
    found = {name: verdict for name, check in CHECKS.items() if name != "copies" and (verdict := check(row))}
    assert not found
