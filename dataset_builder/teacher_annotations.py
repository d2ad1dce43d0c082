"""The deterministic teacher named `annotations`: four sections and a response from a question and its truth.

What it writes depends on the task, the question, the choices and the answer alone. The recording's annotations
reach it through the answer, so everything it says about the clip is true and nothing else about it is said.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from modeling_audio_reasoner import Reasoning


TEACHER = {"model": "annotations", "prompt_version": "1", "parameters": {}}
ORDINALS = ("first", "second", "third", "fourth")
NUMBERS = ("one", "two", "three", "four")


def listed(items: Sequence[str], conjunction: str) -> str:
    """`a, b or c`."""
    return items[0] if len(items) == 1 else f"{', '.join(items[:-1])} {conjunction} {items[-1]}"


def reason(task: str, question: str, choices: Sequence[str], answer: str) -> Reasoning:
    """The sections of the answer to a question of `task`.

    Raises:
        ValueError: the task has no template, or the answer is none of the choices.
    """
    if task not in _TEMPLATES:
        raise ValueError(f"The teacher 'annotations' has no template for the task {task!r}; add one.")
    if answer not in choices:
        raise ValueError(f"The answer {answer!r} is none of the choices {list(choices)}; offer it as a choice.")
    others = [choice for choice in choices if choice != answer]
    planning, caption, reasoning, summary = _TEMPLATES[task](list(choices), others, answer)
    return Reasoning(planning=planning, caption=caption, reasoning=reasoning, summary=summary, response=answer)


Sections = tuple[str, str, str, str]


def _sound_event(choices: list[str], others: list[str], answer: str) -> Sections:
    return (
        "The question asks what makes the sound. I will listen to how it starts and fades, name it, and compare it "
        f"with {listed(choices, 'and')}.",
        f"The clip holds a single sound event: {answer}.",
        f"The sound that is heard fits {answer}. It does not fit {listed(others, 'or')}, so these are ruled out.",
        f"The sound event is {answer}.",
    )


def _sound_order(choices: list[str], others: list[str], answer: str) -> Sections:
    first, second = answer.split(" then ")
    return (
        "The question asks for an order. I will name the first sound, then the second one, and look for the choice "
        "that puts them this way round.",
        f"Two sounds are heard: first {first}, second {second}.",
        f"The clip opens with {first} and goes on with {second}. The choices that name another sound or turn the "
        "order around are ruled out.",
        f"The order is {answer}.",
    )


def _sound_count(choices: list[str], others: list[str], answer: str) -> Sections:
    count = NUMBERS.index(answer) + 1
    return (
        "The question asks for a number. I will mark each start of the sound, count the starts, and compare the "
        f"count with {listed(choices, 'and')}.",
        f"The starts of the sound: {', '.join(ORDINALS[:count])}, and then no more.",
        f"Counting the starts gives {answer}, so {listed(others, 'and')} are ruled out.",
        f"The number of sounds is {answer}.",
    )


def _spoken_language(choices: list[str], others: list[str], answer: str) -> Sections:
    return (
        "The question asks for a language. I will listen to the sounds and the rhythm of the speech and compare "
        f"them with {listed(choices, 'and')}.",
        f"One voice speaks {answer}.",
        f"The sounds and the rhythm of the speech fit {answer}. They do not fit {listed(others, 'or')}, so these "
        "are ruled out.",
        f"The language spoken is {answer}.",
    )


def _speaker_count(choices: list[str], others: list[str], answer: str) -> Sections:
    count = NUMBERS.index(answer) + 1
    relation = (
        "all turns share one voice",
        "two turns share a voice and one differs",
        "no two turns share a voice",
    )
    return (
        "The question asks for the number of speakers. I will compare the voices of the three turns with one "
        f"another and match the result with {listed(choices, 'and')}.",
        f"Three turns of speech are heard, with {answer} {'voice' if count == 1 else 'different voices'}.",
        f"By pitch and timbre, {relation[count - 1]}. This makes {answer}, so {listed(others, 'and')} are ruled out.",
        f"The number of speakers is {answer}.",
    )


def _speaker_order(choices: list[str], others: list[str], answer: str) -> Sections:
    first, second, third = answer.split(", ")
    return (
        "The question asks who speaks when. I will tell the two voices apart, name the speaker of each of the three "
        "turns, and look for the choice with this order.",
        f"Three turns are heard: first {first}, second {second}, third {third}.",
        f"The first turn is by the {first}, the second by the {second} and the third by the {third}. The choices "
        "with another order are ruled out.",
        f"The order is {answer}.",
    )


def _spoken_word(choices: list[str], others: list[str], answer: str) -> Sections:
    return (
        "The question asks for a word that is spoken. I will listen to the words one after another and compare them "
        f"with {listed(choices, 'and')}.",
        f"Among the words that a voice says is this one: {answer}.",
        f"The sounds of {answer} are heard in the speech. Those of {listed(others, 'or')} are not, so these are "
        "ruled out.",
        f"The word that is spoken is {answer}.",
    )


def _speech_translation(choices: list[str], others: list[str], answer: str) -> Sections:
    return (
        "The question asks for a word of the translation. I will listen to the words, put them into English, and "
        f"compare the result with {listed(choices, 'and')}.",
        f"What a voice says, put into English, holds this word: {answer}.",
        f"The translation holds {answer}. It does not hold {listed(others, 'or')}, so these are ruled out.",
        f"The word of the translation is {answer}.",
    )


def _lead_instrument(choices: list[str], others: list[str], answer: str) -> Sections:
    return (
        "The question asks for the instrument of the melody. I will follow the melody, listen to its timbre, and "
        f"compare it with {listed(choices, 'and')}.",
        f"A band plays, and the melody is played by: {answer}.",
        f"The timbre of the melody fits {answer}. It does not fit {listed(others, 'or')}, so these are ruled out.",
        f"The lead instrument is {answer}.",
    )


def _instrument_order(choices: list[str], others: list[str], answer: str) -> Sections:
    first, second = answer.split(" then ")
    return (
        "The question asks for an order. I will name the instrument of the first melody, then that of the second one, "
        "and look for the choice that puts them this way round.",
        f"Two bands are heard, and the melody is played by: first {first}, second {second}.",
        f"The first melody has the timbre of {first} and the second that of {second}. The choices that name another "
        "instrument or turn the order around are ruled out.",
        f"The order is {answer}.",
    )


def _tempo_class(choices: list[str], others: list[str], answer: str) -> Sections:
    gaps = {"slow": "long", "medium": "moderate", "fast": "short"}[answer]
    return (
        "The question asks for the tempo. I will follow the beat, judge the time between the beats, and compare it "
        f"with {listed(choices, 'and')}.",
        f"A band plays at a {answer} tempo.",
        f"The time between the beats is {gaps}. This makes the tempo {answer}, so {listed(others, 'and')} are "
        "ruled out.",
        f"The tempo is {answer}.",
    )


def _genre(choices: list[str], others: list[str], answer: str) -> Sections:
    return (
        "The question asks for the style. I will listen to the drums, the bass and the chords and compare their "
        f"pattern with {listed(choices, 'and')}.",
        f"A band plays in this style: {answer}.",
        f"The pattern of drums, bass and chords fits {answer}. It does not fit {listed(others, 'or')}, so these are "
        "ruled out.",
        f"The style of the music is {answer}.",
    )


def _audio_type(choices: list[str], others: list[str], answer: str) -> Sections:
    evidence = {
        "sound effect": "There is neither a voice that speaks nor notes that form music",
        "speech": "There is a voice with syllables and pauses",
        "music": "There are notes and a beat played by instruments",
    }[answer]
    return (
        "The question asks for the kind of audio. I will listen for words, for notes and for other noises, and sort "
        f"the clip into {listed(choices, 'or')}.",
        f"The kind of audio that is heard: {answer}.",
        f"{evidence}. This fits {answer}, so {listed(others, 'and')} are ruled out.",
        f"The recording is of this kind: {answer}.",
    )


_TEMPLATES: dict[str, Callable[[list[str], list[str], str], Sections]] = {
    "sound_event": _sound_event,
    "sound_order": _sound_order,
    "sound_count": _sound_count,
    "spoken_language": _spoken_language,
    "speaker_count": _speaker_count,
    "speaker_order": _speaker_order,
    "spoken_word": _spoken_word,
    "speech_translation": _speech_translation,
    "lead_instrument": _lead_instrument,
    "instrument_order": _instrument_order,
    "tempo_class": _tempo_class,
    "genre": _genre,
    "audio_type": _audio_type,
}
