"""The recordings of a split, and fair draws from them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

import numpy as np

from .recording import Recording
from .schema import SPLITS


Item = TypeVar("Item")


class NotEnoughRecordings(ValueError):
    """A task cannot be made of the recordings of a split."""


@dataclass(frozen=True)
class Measured:
    """A recording and how long it is, in seconds (of what is not silence, for sound events)."""

    recording: Recording
    seconds: float


Label = Callable[[Measured], "str | None"]


class Deck(Generic[Item]):
    """Draws items as from a shuffled deck of cards: all of them once before any of them again."""

    def __init__(self, items: Iterable[Item], rng: np.random.Generator) -> None:
        self._items = list(items)
        self._rng = rng
        self._left: list[Item] = []
        if not self._items:
            raise NotEnoughRecordings("There is nothing to draw from.")

    def draw(self) -> Item:
        if not self._left:
            self._left = [self._items[index] for index in self._rng.permutation(len(self._items))]
        return self._left.pop()

    def draw_other_than(self, taken: Iterable[Item]) -> Item:
        """The next item that is not in `taken`; the next one where all are."""
        taken = list(taken)
        for _ in range(2 * len(self._items)):
            item = self.draw()
            if item not in taken:
                return item
        return self.draw()


class Pool:
    """The measured recordings of one split, in the order of their ids; `pools` holds all the splits."""

    def __init__(self, split: str, measured: Sequence[Measured], pools: Mapping[str, Pool]) -> None:
        self.split = split
        self.measured = sorted(measured, key=lambda measured: measured.recording.id)
        self._pools = pools

    def of(self, split: str) -> Pool:
        """The pool of another split of the same data."""
        return self._pools[split]

    def by_label(self, label: Label, train: int = 1, test: int = 1) -> dict[str, list[Measured]]:
        """The recordings of each label (None leaves a recording out), in the order of the labels.

        A label counts only if train and test have that many groups of recordings of it: the classes of a task are
        the same in training and in test, else the text alone could tell a class that is never the answer.
        """
        own = _sorted_by_label(self.measured, label)
        for split, minimum in (("train", train), ("test", test)):
            other = _sorted_by_label(self._pools[split].measured, label)
            groups = {name: {item.recording.group for item in found} for name, found in other.items()}
            own = {name: found for name, found in own.items() if len(groups.get(name, ())) >= minimum}
        return own


def _sorted_by_label(measured: Sequence[Measured], label: Label) -> dict[str, list[Measured]]:
    found: dict[str, list[Measured]] = {}
    for item in measured:
        name = label(item)
        if name is not None:
            found.setdefault(name, []).append(item)
    return dict(sorted(found.items()))


def make_pools(measured: Iterable[Measured], splits: Mapping[str, str]) -> dict[str, Pool]:
    """One pool a split, from `{recording id: split}`."""
    items = list(measured)
    pools: dict[str, Pool] = {}
    for split in SPLITS:
        pools[split] = Pool(split, [item for item in items if splits[item.recording.id] == split], pools)
    return pools


def require(labels: Mapping[str, object], count: int, what: str, split: str) -> None:
    """Raises NotEnoughRecordings where a split has fewer than `count` classes of `what`."""
    if len(labels) < count:
        raise NotEnoughRecordings(f"the split {split!r} has {len(labels)} classes of {what} and {count} are needed")


def sample(items: Sequence[Item], count: int, rng: np.random.Generator) -> list[Item]:
    """`count` different items, each set and order alike."""
    return [items[index] for index in rng.permutation(len(items))[:count]]
