"""Tasks about speech: the language, the voices, the words, what they mean in English."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product

import numpy as np

from ..pool import Deck, Label, Measured, NotEnoughRecordings, Pool, require, sample
from ..row_plan import Draft, Segment
from .closed_class import ClosedClass
from .sound import NUMBERS
from .task import Task, uniform


LANGUAGES = {
    "cs": "Czech",
    "de": "German",
    "en": "English",
    "es": "Spanish",
    "fr": "French",
    "it": "Italian",
    "nl": "Dutch",
    "pl": "Polish",
    "pt": "Portuguese",
    "ru": "Russian",
    "sv": "Swedish",
}
TURNS = 3
MARGIN_SECONDS = 0.4
"""What the silence at a recording's ends may take of its length."""


def language(measured: Measured) -> str | None:
    """The English name of the language spoken."""
    recording = measured.recording
    return LANGUAGES.get(recording.language or "") if recording.domain == "speech" else None


def voice(measured: Measured) -> str | None:
    """Who speaks, one name a voice over all corpora."""
    recording = measured.recording
    return recording.annotations.get("speaker") if recording.domain == "speech" else None


def longer_than(label: Label, seconds: float) -> Label:
    """The label of the recordings that last `seconds` and the margin, None for the others."""
    return lambda measured: label(measured) if measured.seconds >= seconds + MARGIN_SECONDS else None


def _turns(decks: list[Deck[Measured]], seconds: float, rng: np.random.Generator) -> tuple[Segment, ...]:
    """A turn from each deck, all of them different recordings, each of 1 s to `seconds`."""
    taken: list[Measured] = []
    for deck in decks:
        taken.append(deck.draw_other_than(taken))
    return tuple(Segment(measured.recording.id, uniform(rng, 1.0, seconds)) for measured in taken)


class SpokenLanguage(ClosedClass):
    name = "spoken_language"
    domains = ("speech",)
    share = 9.3
    bandwidth = 8_000
    groups = (1, 1)
    classes = "spoken languages"
    seconds = 1.8
    questions = (
        "Which language is spoken?",
        "What language does the speaker use?",
        "In which language is this said?",
        "Name the language of the speech in this clip.",
        "Which language do you hear?",
    )

    def label(self, measured: Measured) -> str | None:
        return language(measured) if measured.seconds >= self.seconds + MARGIN_SECONDS else None

    def placed(self, measured: Measured, rng: np.random.Generator) -> tuple[Segment, float]:
        return Segment(measured.recording.id, uniform(rng, 1.3, self.seconds)), uniform(rng, 2.2, 3.2)


class SpeakerCount(Task):
    """Three turns by one, two or three voices; the number of turns and the clip's length do not depend on it."""

    name = "speaker_count"
    domains = ("speech",)
    share = 6.3
    bandwidth = 8_000
    seconds = 1.4
    patterns = {1: ("AAA",), 2: ("AAB", "ABA", "ABB"), 3: ("ABC",)}
    questions = (
        "How many different people speak?",
        "How many voices are heard in this clip?",
        "Count the speakers. How many are there?",
        "How many different speakers take a turn?",
        "Listen to the three turns. How many voices speak?",
    )

    def drafts(self, pool: Pool, domain: str, rng: np.random.Generator) -> Iterator[Draft]:
        voices = pool.by_label(longer_than(voice, self.seconds), train=TURNS, test=TURNS)
        voices = {name: found for name, found in voices.items() if len(found) >= TURNS}
        require(voices, TURNS, "voices", pool.split)
        decks = {name: Deck(found, rng) for name, found in voices.items()}
        patterns = {count: Deck(patterns, rng) for count, patterns in self.patterns.items()}
        counts, leads = Deck(self.patterns, rng), Deck(voices, rng)
        numbers = NUMBERS[: len(self.patterns)]
        while True:
            count = counts.draw()
            lead = leads.draw()
            others = sample([name for name in voices if name != lead], TURNS - 1, rng)
            cast = dict(zip("ABC", [lead, *others], strict=True))
            turns = [cast[letter] for letter in patterns[count].draw()]
            yield Draft(
                domain=domain,
                choices=numbers,
                answer=numbers[count - 1],
                label=numbers[count - 1],
                segments=_turns([decks[name] for name in turns], self.seconds, rng),
                seconds=uniform(rng, 5.0, 6.0),
                facts={"count": count, "turns": turns},
            )


class SpeakerOrder(Task):
    """Three turns by the two leads of an acted dialogue; the choices are four of the six orders with both of them."""

    name = "speaker_order"
    domains = ("speech",)
    share = 6.3
    bandwidth = 8_000
    seconds = 1.4
    questions = (
        "In which order do the two fish speak?",
        "Who speaks in the first, second and third turn?",
        "What is the order of the speakers?",
        "Three turns are heard. Who takes them, in order?",
        "Which fish speaks when?",
    )

    def drafts(self, pool: Pool, domain: str, rng: np.random.Generator) -> Iterator[Draft]:
        voices = pool.by_label(longer_than(_lead, self.seconds), train=TURNS, test=TURNS)
        voices = {name: found for name, found in voices.items() if len(found) >= TURNS}
        casts: dict[str, dict[str, Deck[Measured]]] = {}
        for name, found in voices.items():
            code, role = name.split("/")
            casts.setdefault(code, {})[role] = Deck(found, rng)
        casts = {code: roles for code, roles in casts.items() if len(roles) == 2}
        if not casts:
            raise NotEnoughRecordings(f"the split {pool.split!r} has no dialogue of two leads")
        codes = Deck(casts, rng)
        roles = sorted({role for cast in casts.values() for role in cast})
        orders = [order for order in product(roles, repeat=TURNS) if len(set(order)) > 1]
        answers = Deck(orders, rng)
        while True:
            cast, answer = casts[codes.draw()], answers.draw()
            others = sample([order for order in orders if order != answer], 3, rng)
            texts = [", ".join(order) for order in (answer, *others)]
            yield Draft(
                domain=domain,
                choices=tuple(texts),
                answer=texts[0],
                label=texts[0],
                segments=_turns([cast[role] for role in answer], self.seconds, rng),
                seconds=uniform(rng, 5.0, 6.0),
                facts={"turns": list(answer)},
            )


def _lead(measured: Measured) -> str | None:
    facts = measured.recording.annotations
    return f"{measured.recording.language}/{facts['role']}" if facts.get("lead") else None


class _Word(Task):
    """Four words of one vocabulary, one of which is in a text that belongs to what is heard; the others are not.

    A language's vocabulary is the words that most recordings of training hold and that test holds too.
    """

    domains = ("speech",)
    bandwidth = 8_000
    longest = 4.2
    seconds = (4.8, 5.6)
    vocabulary = 16
    groups = (6, 2)
    fact: str
    foreign: bool

    def _vocabulary(self, pool: Pool, name: str) -> list[str]:
        train, test = (self._by_word(pool.of(split), name) for split in ("train", "test"))
        groups = {word: len({item.recording.group for item in found}) for word, found in train.items()}
        usable = [word for word in train if groups[word] >= self.groups[0]]
        usable = [word for word in usable if len({i.recording.group for i in test.get(word, ())}) >= self.groups[1]]
        return sorted(usable, key=lambda word: (-groups[word], word))[: self.vocabulary]

    def _by_word(self, pool: Pool, name: str) -> dict[str, list[Measured]]:
        found: dict[str, list[Measured]] = {}
        for measured in pool.measured:
            if language(measured) == name:
                for word in self._text(measured):
                    found.setdefault(word, []).append(measured)
        return found

    def _text(self, measured: Measured) -> frozenset[str]:
        """The words of four letters and more that belong to a recording of usable length."""
        if not 0.8 <= measured.seconds <= self.longest:
            return frozenset()
        words = str(measured.recording.annotations.get(self.fact, "")).casefold().split()
        words = [word.strip(".,;:!?…\"'()[]<>-") for word in words]
        return frozenset(word for word in words if len(word) >= 4 and word.isalpha())

    def drafts(self, pool: Pool, domain: str, rng: np.random.Generator) -> Iterator[Draft]:
        found: dict[str, dict[str, list[tuple[Measured, list[str]]]]] = {}
        for name in LANGUAGES.values():
            if self.foreign and name == "English":
                continue
            vocabulary = self._vocabulary(pool, name)
            by_word = self._by_word(pool, name)
            for word in vocabulary:
                offers = [
                    (item, [other for other in vocabulary if other not in self._text(item)])
                    for item in by_word.get(word, ())
                ]
                offers = [(item, absent) for item, absent in offers if len(absent) >= 3]
                if offers:
                    found.setdefault(name, {})[word] = offers
        require(found, 1, "languages with four frequent words", pool.split)
        languages = Deck(found, rng)
        answers = {name: Deck(words, rng) for name, words in found.items()}
        decks = {(name, word): Deck(found[name][word], rng) for name in found for word in found[name]}
        while True:
            name = languages.draw()
            answer = answers[name].draw()
            measured, others = decks[name, answer].draw()
            yield Draft(
                domain=domain,
                choices=(answer, *sample(others, 3, rng)),
                answer=answer,
                label=answer,
                segments=(Segment(measured.recording.id, self.longest, "start"),),
                seconds=uniform(rng, *self.seconds),
                fields={"language": name},
                facts={self.fact: measured.recording.annotations[self.fact]},
            )


class SpokenWord(_Word):
    name = "spoken_word"
    share = 4.3
    fact = "transcript"
    foreign = False
    questions = (
        "Which of these words is spoken?",
        "Which word does the speaker say?",
        "One of these words is heard. Which one?",
        "Which word is part of what is said?",
        "Listen to the speech. Which of the words do you hear?",
    )


class SpeechTranslation(_Word):
    name = "speech_translation"
    share = 4.3
    fact = "translation_en"
    foreign = True
    questions = (
        "The speech is in {language}. Which word is in its English translation?",
        "Which English word translates a part of the {language} speech?",
        "Which word does one need to say the {language} speech in English?",
        "Translate the {language} clip. Which of these English words is in the translation?",
        "Which of these words belongs to the English translation of the {language} speech?",
    )
