"""The split of each group of recordings that a corpus puts in one: where corpora disagree, the most held-out one.

A million recordings take 8 MB: of a group, a hash is kept and not its name.
"""

from __future__ import annotations

from array import array

import numpy as np

from .schema import SPLITS
from .statistics import hashed


_SPLIT_BITS = np.uint64(3)


class GroupSplits:
    """Splits by group: `add` all recordings, then ask `of`.

    A test item stays a test item: test comes before validation, and validation before train.
    """

    def __init__(self) -> None:
        self._added = array("Q")
        self._sorted: np.ndarray | None = None

    def add(self, group: str, split: str) -> None:
        """Note that a corpus puts a recording of a group in a split, one of `SPLITS`."""
        self._added.append(_key(group) | SPLITS.index(split))  # SPLITS begins with the least held-out one
        self._sorted = None

    def of(self, group: str) -> str | None:
        """The most held-out split of a group; None where no corpus names one."""
        if self._sorted is None:
            self._sorted = np.sort(np.frombuffer(self._added, dtype=np.uint64))
        key = np.uint64(_key(group))
        place = int(np.searchsorted(self._sorted, key | _SPLIT_BITS, side="right")) - 1
        if place < 0 or self._sorted[place] & ~_SPLIT_BITS != key:
            return None
        return SPLITS[int(self._sorted[place] & _SPLIT_BITS)]

    def __len__(self) -> int:
        return len(self._added)


def _key(group: str) -> int:
    """62 bits of the group's hash, and two that are left for the split."""
    return hashed(group) & ~3
