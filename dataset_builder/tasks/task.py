"""What a task of CoTA is."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator
from typing import ClassVar

import numpy as np

from ..pool import Pool
from ..row_plan import Draft


FEWEST_CHOICES = 3
"""No task offers fewer."""


class Task(ABC):
    """A kind of question about a clip.

    Class attributes:
        name: of the task and of its config.
        domains: the domains its rows belong to.
        share: of all rows, as a weight beside those of the other tasks.
        questions: the wordings; `{name}` is filled from `Draft.fields`.
        bandwidth: the sampling rate, in Hz, at which its clips are mixed; 8000 for a task whose recordings come
            from corpora of different bandwidth.
    """

    name: ClassVar[str]
    domains: ClassVar[tuple[str, ...]]
    share: ClassVar[float]
    questions: ClassVar[tuple[str, ...]]
    bandwidth: ClassVar[int] = 16_000

    @abstractmethod
    def drafts(self, pool: Pool, domain: str, rng: np.random.Generator) -> Iterator[Draft]:
        """Drafts without end, of one domain, from the recordings of one split.

        The choices of every draft are exchangeable: over all drafts each choice is the answer as often as any
        other that is offered with it, so the text alone tells nothing.

        Raises:
            NotEnoughRecordings: the split cannot make one.
        """


def uniform(rng: np.random.Generator, low: float, high: float) -> float:
    """A length in seconds, to the hundredth."""
    return round(float(rng.uniform(low, high)), 2)
