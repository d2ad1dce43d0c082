"""Tasks that ask for the class of the one recording that is heard, and for the order of two."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator
from itertools import permutations
from typing import ClassVar

import numpy as np

from ..pool import Deck, Measured, Pool, require, sample
from ..row_plan import Draft, Segment
from .task import Task, uniform


class _Classes(Task):
    """A closed vocabulary of classes, each with recordings in every split.

    Class attributes:
        groups: of recordings of a class in training and in test; fewer cannot be learnt or measured.
        classes: what the classes are, for messages.
    """

    groups: ClassVar[tuple[int, int]] = (4, 2)
    classes: ClassVar[str]

    @abstractmethod
    def label(self, measured: Measured) -> str | None:
        """The class of a recording, None where it has none."""

    def _decks(self, pool: Pool, least: int, rng: np.random.Generator) -> dict[str, Deck[Measured]]:
        train, test = self.groups
        found = pool.by_label(self.label, train=train, test=test)
        require(found, least, self.classes, pool.split)
        return {name: Deck(recordings, rng) for name, recordings in found.items()}


class ClosedClass(_Classes):
    """One recording is heard; the other choices are drawn from the other classes.

    Class attributes:
        offered: number of choices.
    """

    offered: ClassVar[int] = 4

    @abstractmethod
    def placed(self, measured: Measured, rng: np.random.Generator) -> tuple[Segment, float]:
        """What of the recording is heard, and the seconds of the clip."""

    def drafts(self, pool: Pool, domain: str, rng: np.random.Generator) -> Iterator[Draft]:
        decks = self._decks(pool, self.offered, rng)
        answers = Deck(decks, rng)
        while True:
            answer = answers.draw()
            others = sample([name for name in decks if name != answer], self.offered - 1, rng)
            segment, seconds = self.placed(decks[answer].draw(), rng)
            yield Draft(
                domain=domain,
                choices=(answer, *others),
                answer=answer,
                label=answer,
                segments=(segment,),
                seconds=seconds,
            )


class OrderOfTwo(_Classes):
    """Three classes are drawn, four of their six ordered pairs are the choices, one of the four is played.

    Class attributes:
        fact: the name in `annotations` of the two classes.
        seconds: shortest and longest clip.
    """

    fact: ClassVar[str]
    seconds: ClassVar[tuple[float, float]]

    @abstractmethod
    def segment(self, measured: Measured) -> Segment:
        """What of a recording is heard."""

    def drafts(self, pool: Pool, domain: str, rng: np.random.Generator) -> Iterator[Draft]:
        decks = self._decks(pool, 3, rng)
        while True:
            pairs = sample(list(permutations(sample(list(decks), 3, rng), 2)), 4, rng)
            texts = [f"{one} then {other}" for one, other in pairs]
            yield Draft(
                domain=domain,
                choices=tuple(texts),
                answer=texts[0],
                label=texts[0],
                segments=tuple(self.segment(decks[name].draw()) for name in pairs[0]),
                seconds=uniform(rng, *self.seconds),
                facts={self.fact: list(pairs[0])},
            )
