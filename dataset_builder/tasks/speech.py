"""Tasks about speech: the language and the voices."""

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
        return longer_than(language, self.seconds)(measured)

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
