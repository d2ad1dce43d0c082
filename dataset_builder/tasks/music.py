"""Tasks about music: the instrument that leads, the class of tempo, the genre."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from ..pool import Deck, Label, Measured, Pool, require, sample
from ..row_plan import Draft, Segment
from .task import Task, uniform


MIN_GROUPS = {"train": 4, "test": 2}
"""Of recordings of a class, in each of the two splits."""


def music_fact(name: str) -> Label:
    """The label that a music recording's annotations hold under `name`."""

    def label(measured: Measured) -> str | None:
        recording = measured.recording
        return recording.annotations.get(name) if recording.domain == "music" else None

    return label


class _MusicClass(Task):
    """A closed class of a piece of music; the clip is a part of it that fills the clip's whole length."""

    domains = ("music",)
    seconds: tuple[float, float]
    fact: str
    choices = 4

    def drafts(self, pool: Pool, domain: str, rng: np.random.Generator) -> Iterator[Draft]:
        classes = pool.by_label(music_fact(self.fact), **MIN_GROUPS)
        require(classes, self.choices, f"{self.name} classes", pool.split)
        answers = Deck(classes, rng)
        decks = {name: Deck(found, rng) for name, found in classes.items()}
        while True:
            answer = answers.draw()
            others = sample([name for name in classes if name != answer], self.choices - 1, rng)
            seconds = uniform(rng, *self.seconds)
            yield Draft(
                domain=domain,
                choices=(answer, *others),
                answer=answer,
                label=answer,
                segments=(Segment(decks[answer].draw().recording.id, seconds),),
                seconds=seconds,
            )


class LeadInstrument(_MusicClass):
    name = "lead_instrument"
    share = 15.0
    seconds = (3.0, 4.5)
    fact = "lead_instrument"
    questions = (
        "Which instrument plays the melody?",
        "What is the lead instrument?",
        "Which instrument is in front of the band?",
        "Name the instrument that plays the tune.",
        "Which instrument takes the lead in this music?",
    )


class TempoClass(_MusicClass):
    name = "tempo_class"
    share = 8.0
    seconds = (6.0, 8.0)
    fact = "tempo_class"
    choices = 3
    questions = (
        "How fast is this music?",
        "What is the tempo of the piece?",
        "Is the tempo slow, medium or fast?",
        "Which tempo does the band play at?",
        "Listen to the beat. How fast is it?",
    )


class Genre(_MusicClass):
    name = "genre"
    share = 7.0
    seconds = (5.0, 7.0)
    fact = "genre"
    questions = (
        "Which style of music is this?",
        "What genre does the band play?",
        "Which groove is heard?",
        "Name the style of the accompaniment.",
        "To which genre does this music belong?",
    )
