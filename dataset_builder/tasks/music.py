"""Tasks about music: the instrument that leads, two of them in order, the class of tempo, the genre."""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from ..pool import Measured
from ..row_plan import Segment
from .closed_class import ClosedClass, OrderOfTwo
from .task import uniform


def music_fact(measured: Measured, name: str) -> str | None:
    """What a music recording's annotations hold under `name`."""
    recording = measured.recording
    return recording.annotations.get(name) if recording.domain == "music" else None


class _MusicClass(ClosedClass):
    """A closed class of a piece of music; the clip is a part of it that fills the clip's whole length."""

    domains = ("music",)
    fact: ClassVar[str]
    seconds: ClassVar[tuple[float, float]]

    def label(self, measured: Measured) -> str | None:
        return music_fact(measured, self.fact)

    def placed(self, measured: Measured, rng: np.random.Generator) -> tuple[Segment, float]:
        seconds = uniform(rng, *self.seconds)
        return Segment(measured.recording.id, seconds), seconds


class LeadInstrument(_MusicClass):
    name = "lead_instrument"
    share = 14.0
    classes = "lead instruments"
    seconds = (3.0, 4.5)
    fact = "lead_instrument"
    questions = (
        "Which instrument plays the melody?",
        "What is the lead instrument?",
        "Which instrument is in front of the band?",
        "Name the instrument that plays the tune.",
        "Which instrument takes the lead in this music?",
    )


class InstrumentOrder(OrderOfTwo):
    name = "instrument_order"
    domains = ("music",)
    share = 7.0
    classes = "lead instruments"
    fact = "leads"
    seconds = (5.6, 6.6)
    questions = (
        "Two bands play one after the other. Which instruments lead them?",
        "Which instrument plays the first melody and which the second?",
        "In which order do the lead instruments play?",
        "What is the order of the two lead instruments?",
        "Two pieces follow one another. Which order of their lead instruments is right?",
    )

    def label(self, measured: Measured) -> str | None:
        return music_fact(measured, "lead_instrument")

    def segment(self, measured: Measured) -> Segment:
        return Segment(measured.recording.id, 2.6)


class TempoClass(_MusicClass):
    name = "tempo_class"
    share = 5.5
    classes = "tempo"
    seconds = (6.0, 8.0)
    fact = "tempo_class"
    offered = 3
    questions = (
        "How fast is this music?",
        "What is the tempo of the piece?",
        "Is the tempo slow, medium or fast?",
        "Which tempo does the band play at?",
        "Listen to the beat. How fast is it?",
    )


class Genre(_MusicClass):
    name = "genre"
    share = 4.0
    classes = "genre"
    seconds = (5.0, 7.0)
    fact = "genre"
    questions = (
        "Which style of music is this?",
        "What genre does the band play?",
        "Which groove is heard?",
        "Name the style of the accompaniment.",
        "To which genre does this music belong?",
    )
