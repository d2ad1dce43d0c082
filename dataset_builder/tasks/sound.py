"""Tasks about sound events: which one, in which order, how many times."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import permutations

import numpy as np

from ..pool import Deck, Measured, Pool, require, sample
from ..row_plan import Draft, Segment
from .task import Task, uniform


MIN_GROUPS = {"train": 4, "test": 2}
"""Of recordings of a class, in each of the two splits: fewer cannot be learned or measured."""
NUMBERS = ("one", "two", "three", "four")


def event(measured: Measured) -> str | None:
    """The class of a single sound event."""
    recording = measured.recording
    return recording.annotations.get("event") if recording.domain == "sound" else None


def _short_event(measured: Measured) -> str | None:
    return event(measured) if 0.08 <= measured.seconds <= SoundCount.longest else None


class SoundEvent(Task):
    name = "sound_event"
    domains = ("sound",)
    share = 11.0
    questions = (
        "Which sound is heard in this clip?",
        "What makes the sound in the recording?",
        "Listen to the clip. What is heard?",
        "Name the sound event in this audio.",
        "Which of these best describes the sound?",
    )

    def drafts(self, pool: Pool, domain: str, rng: np.random.Generator) -> Iterator[Draft]:
        classes = pool.by_label(event, **MIN_GROUPS)
        require(classes, 4, "sound events", pool.split)
        answers = Deck(classes, rng)
        decks = {name: Deck(found, rng) for name, found in classes.items()}
        while True:
            answer = answers.draw()
            others = sample([name for name in classes if name != answer], 3, rng)
            measured = decks[answer].draw()
            yield Draft(
                domain=domain,
                choices=(answer, *others),
                answer=answer,
                label=answer,
                segments=(Segment(measured.recording.id, 2.2, "start"),),
                seconds=uniform(rng, 2.5, 4.0),
            )


class SoundOrder(Task):
    """Three events are drawn, four of their six ordered pairs are the choices, one of the four is played."""

    name = "sound_order"
    domains = ("sound",)
    share = 9.3
    questions = (
        "In which order are the two sounds heard?",
        "Which sound comes first and which comes second?",
        "What is the order of the sounds in this clip?",
        "Two sounds follow one another. Which order is right?",
        "Listen to both sounds. In which order do they come?",
    )

    def drafts(self, pool: Pool, domain: str, rng: np.random.Generator) -> Iterator[Draft]:
        classes = pool.by_label(event, **MIN_GROUPS)
        require(classes, 3, "sound events", pool.split)
        decks = {name: Deck(found, rng) for name, found in classes.items()}
        while True:
            pairs = sample(list(permutations(sample(list(classes), 3, rng), 2)), 4, rng)
            first, second = pairs[0]
            texts = [f"{one} then {other}" for one, other in pairs]
            yield Draft(
                domain=domain,
                choices=tuple(texts),
                answer=texts[0],
                label=texts[0],
                segments=tuple(Segment(decks[name].draw().recording.id, 1.5, "start") for name in (first, second)),
                seconds=uniform(rng, 4.0, 6.0),
                facts={"events": [first, second]},
            )


class SoundCount(Task):
    """One short event, played one to four times in a clip whose length does not depend on the number."""

    name = "sound_count"
    domains = ("sound",)
    share = 10.0
    longest = 0.9
    questions = (
        "How many times does the sound occur?",
        "Count the sounds in this clip. How many are there?",
        "How often is the sound heard?",
        "How many separate sounds are in the recording?",
        "Listen and count: how many times is the sound played?",
    )

    def drafts(self, pool: Pool, domain: str, rng: np.random.Generator) -> Iterator[Draft]:
        classes = pool.by_label(_short_event)
        require(classes, 1, "sound events shorter than a second", pool.split)
        events = Deck(classes, rng)
        decks = {name: Deck(found, rng) for name, found in classes.items()}
        counts = Deck(range(1, len(NUMBERS) + 1), rng)
        while True:
            count, name = counts.draw(), events.draw()
            segment = Segment(decks[name].draw().recording.id, uniform(rng, 0.3, self.longest), "start")
            yield Draft(
                domain=domain,
                choices=NUMBERS,
                answer=NUMBERS[count - 1],
                label=NUMBERS[count - 1],
                segments=(segment,) * count,
                seconds=uniform(rng, 5.0, 6.5),
                facts={"count": count, "event": name},
            )
