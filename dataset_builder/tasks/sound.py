"""Tasks about sound events: which one, in which order, how many times."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from ..pool import Deck, Measured, Pool, require
from ..row_plan import Draft, Segment
from .closed_class import ClosedClass, OrderOfTwo
from .task import Task, uniform


NUMBERS = ("one", "two", "three", "four")


def event(measured: Measured) -> str | None:
    """The class of a single sound event."""
    recording = measured.recording
    return recording.annotations.get("event") if recording.domain == "sound" else None


def _short_event(measured: Measured) -> str | None:
    return event(measured) if 0.08 <= measured.seconds <= SoundCount.longest else None


class SoundEvent(ClosedClass):
    name = "sound_event"
    domains = ("sound",)
    share = 11.0
    classes = "sound events"
    questions = (
        "Which sound is heard in this clip?",
        "What makes the sound in the recording?",
        "Listen to the clip. What is heard?",
        "Name the sound event in this audio.",
        "Which of these best describes the sound?",
    )

    def label(self, measured: Measured) -> str | None:
        return event(measured)

    def placed(self, measured: Measured, rng: np.random.Generator) -> tuple[Segment, float]:
        return Segment(measured.recording.id, 2.2, "start"), uniform(rng, 2.5, 4.0)


class SoundOrder(OrderOfTwo):
    name = "sound_order"
    domains = ("sound",)
    share = 9.3
    classes = "sound events"
    fact = "events"
    seconds = (4.0, 6.0)
    questions = (
        "In which order are the two sounds heard?",
        "Which sound comes first and which comes second?",
        "What is the order of the sounds in this clip?",
        "Two sounds follow one another. Which order is right?",
        "Listen to both sounds. In which order do they come?",
    )

    def label(self, measured: Measured) -> str | None:
        return event(measured)

    def segment(self, measured: Measured) -> Segment:
        return Segment(measured.recording.id, 1.5, "start")


class SoundCount(Task):
    """One short event, played one to four times, with pauses that tell its repetition from its own parts.

    The length of the clip does not depend on the number.
    """

    name = "sound_count"
    domains = ("sound",)
    share = 10.0
    longest = 0.6
    gap_seconds = 0.4
    questions = (
        "How many times does the sound occur?",
        "Count the sounds in this clip. How many are there?",
        "How often is the sound heard?",
        "How many separate sounds are in the recording?",
        "Listen and count: how many times is the sound played?",
    )

    def drafts(self, pool: Pool, domain: str, rng: np.random.Generator) -> Iterator[Draft]:
        classes = pool.by_label(_short_event)
        require(classes, 1, f"sound events of at most {self.longest} s", pool.split)
        events = Deck(classes, rng)
        decks = {name: Deck(found, rng) for name, found in classes.items()}
        counts = Deck(range(1, len(NUMBERS) + 1), rng)
        while True:
            count, name = counts.draw(), events.draw()
            segment = Segment(decks[name].draw().recording.id, self.longest, "start")
            yield Draft(
                domain=domain,
                choices=NUMBERS,
                answer=NUMBERS[count - 1],
                label=NUMBERS[count - 1],
                segments=(segment,) * count,
                seconds=uniform(rng, 5.0, 6.0),
                gap_seconds=self.gap_seconds,
                facts={"count": count, "event": name},
            )
