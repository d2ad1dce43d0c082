"""Claims about a clip of 10 s, by check: what was measured, sentences that it contradicts, sentences that it does not.

All were written before the patterns that are to find them. Of each list every other sentence, from the first on, was
at hand while the patterns were made (`seen`); the rest were not looked at (`held_out`), and what is caught of those
says what a check is worth on others.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any


Case = tuple[dict[str, Any], str]
"""What was measured, and a sentence."""

_FIFTH = {"duration": 10.0, "silent_share": 0.2, "silence": [[8.0, 10.0]]}
_NONE = {"duration": 10.0, "silent_share": 0.0, "silence": []}
_MOST = {"duration": 10.0, "silent_share": 0.7, "silence": [[3.0, 10.0]]}
_ALL = {"duration": 10.0, "silent_share": 0.97, "silence": [[0.0, 9.7]]}
_QUIET = {"duration": 10.0, "speech_share": 0.0}
_SPOKEN = {"duration": 10.0, "speech_share": 0.9}
_TEN = {"duration": 10.0}

FALSE: dict[str, list[tuple[dict[str, Any], list[str]]]] = {
    "silence": [
        (
            _FIFTH,
            [
                "The clip falls silent for six seconds.",
                "It stays silent for the last six seconds.",
                "Half of the recording is silent.",
                "For five seconds there is nothing but silence.",
                "About 60% of the clip is silence.",
                "The silence goes on for five seconds.",
                "Two thirds of the recording are silent.",
                "There is complete silence for seven seconds.",
                "The audio contains no silent stretch.",
                "A silence lasts for about six seconds at the end.",
            ],
        ),
        (
            _NONE,
            [
                "The majority of the recording is silent.",
                "Silence takes up most of the clip.",
                "Nearly all of the recording is silent.",
                "The recording consists mostly of silence.",
                "The clip is mostly silent.",
                "Silence fills the second half of the clip.",
                "Half of the clip is silence.",
                "For most of the recording there is silence.",
                "The clip is entirely without sound.",
                "A third of the clip passes in silence.",
            ],
        ),
        (
            _MOST,
            [
                "No part of the clip is silent.",
                "There is hardly any silence.",
                "At no point is the clip silent.",
                "The recording has no silent passages.",
                "Silence is absent from the recording.",
                "The sound goes on without a moment of silence.",
                "The recording never goes quiet or silent.",
                "Only a tenth of the clip is silent.",
            ],
        ),
    ],
    "speech": [
        (
            _QUIET,
            [
                "A speaker is heard throughout.",
                "Spoken words are heard.",
                "Someone can be heard talking.",
                "The recording is of a man who talks about his day.",
                "Speech is present.",
                "Human speech dominates the recording.",
                "Speech is audible from start to end.",
                "A male voice is heard speaking.",
                "The clip consists of speech alone.",
                "She speaks quietly.",
                "The speech is clear and calm.",
                "There are people talking.",
                "He is saying something about the weather.",
                "Speech can be made out in the clip.",
                "Voices are heard in conversation.",
                "The speaker reads a list of names.",
            ],
        ),
        (
            _SPOKEN,
            [
                "There isn't any speech.",
                "Speech is absent.",
                "No speech is heard.",
                "No human voice can be heard.",
                "The clip does not contain any speech.",
                "Not a word is spoken.",
                "The recording contains no spoken words.",
                "It holds no trace of human speech.",
                "The clip is devoid of speech.",
                "Speech is not present.",
                "Nobody can be heard speaking.",
                "The recording is without speech.",
            ],
        ),
    ],
    "duration": [
        (
            _TEN,
            [
                "All of the 25 seconds are filled with rain.",
                "This minute-long recording holds rain.",
                "In its thirty seconds the clip holds rain.",
                "Rain falls for the whole of the clip's 25 seconds.",
                "The recording, half a minute in length, holds rain.",
                "It is a minute-long clip of rain.",
                "The clip holds 25 seconds of rain.",
                "The clip is about half a minute long.",
                "The rain lasts for all thirty seconds of the recording.",
                "Every one of the 20 seconds holds rain.",
                "This quarter-minute... no, forty-second clip holds rain.",
                "The recording comes to thirty seconds.",
                "Its length is 25 seconds.",
                "The clip ends after 25 seconds.",
                "The duration: about 25 seconds of rain.",
                "The clip takes half a minute.",
                "For the full half minute it rains.",
                "It rains through the whole 25 seconds.",
                "The two-minute recording holds rain.",
                "The 25 seconds of the clip hold rain.",
                "A half-minute recording of rain.",
                "The clip only lasts three seconds.",
            ],
        )
    ],
    "citations": [
        (
            {},
            [
                "The listed sounds include a bark.",
                "The label dog settles the matter.",
                "It was labelled as a bark.",
                "Looking at the tags, a bark is present.",
                "The supplied answer, a bark, agrees.",
                "The measurements report a level of -20 LUFS.",
                "The annotation, a dog, leaves no doubt.",
                "The tagged event is a bark.",
                "Checking the caption, it is a bark.",
                "The transcript has the word goodbye in it.",
                "The facts list a bark at two seconds.",
                "This has been tagged as a bark.",
                "The labels include a bark and a horn.",
                "The answer given is a bark, which fits.",
                "The metadata puts the bark at two seconds.",
                "With the label in mind, it is a bark.",
                "The reference answer, a bark, is what I hear.",
                "The recorded loudness value is -20 LUFS.",
                "The event list names a bark.",
                "The information I have says that it is a bark.",
                "Its tag, dog, is plain.",
                "The data given to me name a bark.",
                "The tags dog and horn confirm it.",
                "The details state that a dog barks.",
                "They were annotated as barks.",
                "Reading the labels again, a bark is named.",
                "The audio metadata report one bark.",
                "The answer I was given is a bark.",
            ],
        )
    ],
}
TRUE: dict[str, list[tuple[dict[str, Any], list[str]]]] = {
    "silence": [
        (
            _FIFTH,
            [
                "About a fifth of the recording is silent.",
                "Roughly 20 percent of the clip is silence.",
                "The last two seconds are silent.",
                "One part in five of the clip is silent.",
                "The clip is silent for two seconds.",
                "After eight seconds the clip is silent.",
                "Most of the clip is not silent.",
                "A short silence of two seconds ends the clip.",
                "The final 20% of the recording is silent.",
                "The speaker is silent for five seconds while the rain goes on.",
                "There is little silence.",
                "The dog is silent most of the time, and the rain is not.",
            ],
        ),
        (
            _NONE,
            [
                "There is no silence at all.",
                "The violin is silent for the first half.",
                "No part of the clip is silent.",
                "The other players are silent for five seconds.",
                "The silence that one expects after the bell does not come.",
                "Hardly any of the clip is silent.",
            ],
        ),
        (
            _MOST,
            [
                "Most of the clip is silent.",
                "More than half of the recording is silent.",
                "The rest of the recording is silent.",
                "Seven of the ten seconds are silent.",
                "About two thirds of the clip is silent.",
                "Less than a third of the clip is not silent.",
                "The remaining 70% of the clip is silent.",
                "The clip is silent from the third second on.",
            ],
        ),
        (_ALL, ["The clip is almost entirely silent.", "Nothing can be heard in it.", "The whole clip is silent."]),
    ],
    "speech": [
        (
            _QUIET,
            [
                "Speech is absent.",
                "No speech is heard.",
                "There is nothing like speech in it.",
                "A speaker hums with mains noise.",
                "Neither speech nor music is heard.",
                "No voices are heard talking.",
                "The crowd noise drowns any speech there may be.",
                "A loudspeaker crackles.",
                "Without speech, the clip is of rain.",
                "The voice of the wind rises.",
                "Speech is nowhere heard.",
                "The instrument sings like a voice.",
            ],
        ),
        (
            _SPOKEN,
            [
                "Speech is heard throughout.",
                "The speech is free of noise.",
                "There is no background speech behind hers.",
                "She speaks without a word of thanks.",
                "The recording is free of other sounds than speech.",
                "No other voice is heard.",
                "No speech is heard after the ninth second.",
                "There is no word for it in English, she says.",
                "Speech is not the only sound.",
                "The clip is without music, and speech fills it.",
            ],
        ),
    ],
    "duration": [
        (
            _TEN,
            [
                "All ten seconds of the clip hold rain.",
                "The ten seconds of the clip hold rain.",
                "This ten-second clip holds rain.",
                "Half of the clip holds rain.",
                "The clip holds 5 seconds of rain.",
                "Rain falls for all of the first five seconds.",
                "The half-minute song is not heard to its end.",
                "He speaks of a minute-long recording of his.",
                "The clip comes from a thirty-second advertisement.",
                "Its last two seconds are silent.",
                "The recording ends after ten seconds.",
                "The speaker has a minute to answer.",
                "Each of the five calls lasts two seconds.",
                "The clip is a sixth of a minute long.",
                "A 25-second wait is announced.",
                "Its echo lasts two seconds.",
            ],
        )
    ],
    "citations": [
        (
            {},
            [
                "The listed prices are read by a clerk.",
                "The label on the bottle is mentioned.",
                "It was tagged by a graffiti artist, he says.",
                "Looking at the choices, a bark is present.",
                "The answer, a bark, fits.",
                "The sound facts that he lists are about bats.",
                "The speaker reports a loss.",
                "The caller provided an answer.",
                "Listening for the tags of the collar, I hear none.",
                "The answer given by the guest is short.",
                "The event includes a speech.",
                "The list of names is read out.",
                "The information desk reports a delay.",
                "His data show growth, he says.",
                "The label boss, a man, laughs.",
                "The answer is a bark.",
                "The loudness stays even.",
                "The facts of the case are told by a witness.",
                "With the question in mind, I follow the bark.",
                "The details of the bark are sharp.",
                "The recorded voice is loud.",
                "The tags on the luggage rustle.",
            ],
        )
    ],
}


def seen(cases: dict[str, list[tuple[dict[str, Any], list[str]]]], check: str) -> list[Case]:
    """The sentences of a check that the patterns were made with."""
    return list(_every_other(cases[check], 0))


def held_out(cases: dict[str, list[tuple[dict[str, Any], list[str]]]], check: str) -> list[Case]:
    """The sentences of a check that were not looked at."""
    return list(_every_other(cases[check], 1))


def _every_other(groups: list[tuple[dict[str, Any], list[str]]], first: int) -> Iterator[Case]:
    for measured, texts in groups:
        yield from ((measured, text) for text in texts[first::2])
