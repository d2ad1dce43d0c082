"""Sentences about a clip of 10 s that no pattern was made with, by check: what was measured, false claims, true ones.

They were written in the manner of a teacher's captions and reasoning when the patterns stood, and the patterns were
not changed for them: what is caught of them says what a check is worth on others. Whoever tunes a pattern with these
at hand moves them to `claim_sentences` and writes new ones.
"""

from __future__ import annotations

from typing import Any


Groups = list[tuple[dict[str, Any], list[str]]]
"""What was measured, and sentences."""

_FIFTH = {"duration": 10.0, "silent_share": 0.2, "silence": [[8.0, 10.0]]}
_NONE = {"duration": 10.0, "silent_share": 0.0, "silence": []}
_MOST = {"duration": 10.0, "silent_share": 0.7, "silence": [[3.0, 10.0]]}
_QUIET = {"duration": 10.0, "speech_share": 0.0}
_SPOKEN = {"duration": 10.0, "speech_share": 0.9}
_TEN = {"duration": 10.0}

FALSE: dict[str, Groups] = {
    "silence": [
        (
            _FIFTH,
            [
                "Six seconds of dead silence close the clip.",
                "The recording is largely silent.",
                "More than half of the audio is silent.",
                "The track spends five seconds in silence.",
                "Eighty percent of the recording is silence.",
                "There is a long pause of seven seconds.",
                "The entire recording is silent.",
            ],
        ),
        (
            _NONE,
            [
                "The clip is silent for the most part.",
                "The greater part of the recording is silent.",
                "The audio file contains nothing but silence.",
                "Nothing is audible in the recording.",
                "The engine is followed by four seconds of silence.",
                "There is hardly any sound in the clip.",
                "About half of the audio passes in silence.",
            ],
        ),
        (
            _MOST,
            [
                "The rain is heard without interruption, and no silence occurs.",
                "The clip is never silent.",
                "The recording has sound from beginning to end.",
                "There are no silent moments in the recording.",
                "A mere 5% of the clip is silent.",
                "The audio contains no silence whatsoever.",
                "Sound fills the whole clip without a gap.",
            ],
        ),
    ],
    "speech": [
        (
            _QUIET,
            [
                "A presenter introduces the programme.",
                "Two women are chatting.",
                "The sound of a man's speech is heard.",
                "An announcer's voice is speaking over the noise.",
                "He tells a story.",
                "The clip is of people speaking.",
                "A voice says hello.",
                "A young woman speaks slowly.",
                "The recording captures a conversation between two friends.",
                "A teacher explains a rule.",
                "Spoken language is clearly present.",
            ],
        ),
        (
            _SPOKEN,
            [
                "There is no speech of any kind.",
                "The recording does not have any spoken words.",
                "It contains neither speech nor music.",
                "No voices are heard.",
                "Nobody is talking.",
                "The clip is without any speech.",
                "No one says anything.",
                "There is an absence of speech.",
                "Speech cannot be heard.",
                "No human speech occurs in the clip.",
            ],
        ),
    ],
    "duration": [
        (
            _TEN,
            [
                "The clip is a 24-second recording of rain.",
                "This recording is 30 seconds long.",
                "The clip lasts a little over twenty seconds.",
                "The audio is one minute in length.",
                "The recording's duration is forty seconds.",
                "Throughout the 30 seconds of the clip, rain falls.",
                "The entire recording, which lasts 25 seconds, is of rain.",
                "Duration: 3 seconds.",
                "It is a very short clip of two seconds.",
                "The rain is audible for the full thirty seconds.",
                "An 18-second excerpt of a concert is heard.",
                "For all 25 seconds it rains.",
                "The track runs 1 minute and 5 seconds.",
                "The recording stretches over half a minute.",
                "A 3-second clip of a bark.",
                "The clip has a length of about 20 s.",
                "The sample is about two seconds long.",
                "Rain falls during the clip's twenty seconds.",
                "In just four seconds, the clip is over.",
                "The rain is heard for over twenty seconds.",
            ],
        ),
    ],
    "citations": [
        (
            {},
            [
                "According to the annotations, a dog barks.",
                "The annotated class is a dog.",
                "The description provided mentions a dog.",
                "Given the label, the dog is the best choice.",
                "The tags for this recording include a dog.",
                "Since the label is dog, the answer is clear.",
                "As the caption notes, a dog barks twice.",
                "The transcript shows that she says goodbye.",
                "The metadata lists a dog.",
                "This agrees with the provided events.",
                "The measured pitch is 220 Hz.",
                "The given label says dog.",
                "I was told that it is a dog.",
                "The dataset marks this clip as dog.",
                "The ground truth is a dog.",
                "The annotation of the clip names a dog.",
                "The detected events are a dog and a horn.",
                "The correct answer has been provided as the dog.",
                "The timestamps in the annotation place the bark at two seconds.",
                "Using the supplied transcript, I find the word.",
                "The source material is tagged with dog.",
                "The loudness was measured at -20 LUFS.",
            ],
        )
    ],
}
TRUE: dict[str, Groups] = {
    "silence": [
        (
            _FIFTH,
            [
                "The clip ends in about two seconds of silence.",
                "Only a small part of the recording is silent.",
                "Around 20% of the audio is silence.",
                "The singer is silent for four seconds while the guitar plays.",
                "For most of the clip the engine runs.",
                "Eighty percent of the recording is not silent.",
                "The silence at the end lasts two seconds.",
            ],
        ),
        (
            _NONE,
            [
                "The recording contains no silence.",
                "The clip is never silent.",
                "The dog is silent in the second half.",
                "Nothing else is audible in the recording.",
                "The drums are silent for most of the clip.",
                "The sound goes on without a gap.",
            ],
        ),
        (
            _MOST,
            [
                "The clip is mostly silent.",
                "Seventy percent of the recording is silent.",
                "Silence takes up the greater part of the clip.",
                "There are seven seconds of silence after the bell.",
                "No sound is heard after the bell.",
                "The recording falls silent after three seconds.",
                "A silence of about seven seconds follows the bell.",
            ],
        ),
    ],
    "speech": [
        (
            _QUIET,
            [
                "The clip has no speech.",
                "A dog barks, and no one speaks.",
                "The wind whistles, but nobody is heard talking.",
                "There are no voices in the recording.",
                "A man sneezes.",
                "The choir hums without words.",
                "No talking is heard over the traffic.",
                "A telephone rings and is not answered by a voice.",
                "It is not speech that is heard but a radio's hiss.",
                "The laughter of a crowd is heard.",
            ],
        ),
        (
            _SPOKEN,
            [
                "The speaker pauses for a moment.",
                "There is no speech impediment.",
                "A woman reads, and nobody interrupts her.",
                "No voice is raised.",
                "No second voice is heard beside hers.",
                "He speaks without stopping.",
                "There is no music behind the speech.",
                "The voices are free of accents.",
                "No speaker is older than ten, it seems.",
                "It is not a speech but a chat.",
            ],
        ),
    ],
    "duration": [
        (
            _TEN,
            [
                "It is a ten-second clip.",
                "The bell in the clip lasts two seconds.",
                "For 3 seconds, the dog barks.",
                "The clip is half of a twenty-second recording.",
                "The recording is just under eleven seconds long.",
                "The clip, about ten seconds long, holds rain.",
                "The guide says the tour lasts forty minutes.",
                "Every two seconds of the clip a drip is heard.",
                "A countdown from 30 seconds is read out.",
                "The last 4 seconds of the recording are quieter.",
                "The pause of the clip lasts a second.",
                "The clip opens with a siren, 3 seconds of it.",
                "The clip runs for 10 s.",
                "The train will be 20 minutes late, says the voice.",
                "All five seconds of the siren are loud.",
                "The duration is ten seconds.",
                "The recipe asks for a minute of stirring.",
                "A second of silence ends the clip.",
                "The 10 seconds of the clip hold two barks.",
                "The rain gets louder for six seconds.",
            ],
        ),
    ],
    "citations": [
        (
            {},
            [
                "The label of the jar is read out by the cook.",
                "He reads the description of the house.",
                "The events of the day are told by a child.",
                "A reporter gives the details of the fire.",
                "The measured pace of the drum suits a march.",
                "The facts point to a storm, says the guide.",
                "The choice of a dog fits best with the short, rough call.",
                "The information is announced at a station.",
                "The answer is the dog, as the call is short and rough.",
                "Looking at the first sound, a bark fits.",
                "The guests are listed one by one by a clerk.",
                "The provided rhythm keeps the dancers in step.",
                "The caller gives his answer at once.",
                "She names the tags on each suitcase.",
                "The transcript of the trial is read by a lawyer.",
                "The caption that I write will tell of the rain first.",
                "The evidence in the clip is a rough, short call.",
                "The notes given by the flute rise.",
                "A data engineer speaks of his work.",
                "Using the pitch of the voice, I take it for a child.",
                "The singer is signed to a label in Paris.",
                "The description of rain fits what is heard.",
            ],
        )
    ],
}
