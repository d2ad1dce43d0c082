"""Which split a recording belongs to, and the check that no recording is in two."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

import numpy as np

from .recording import Recording
from .schema import SPLITS


SHARES = {"train": 0.75, "validation": 0.05, "test": 0.20}


def stratum(recording: Recording) -> str:
    """The kind of a recording within which the shares are kept, so that a rare class is in train and in test."""
    for name in ("event", "genre", "speaker"):
        if recording.annotations.get(name):
            return f"{recording.domain}/{recording.annotations[name]}"
    return f"{recording.domain}/{recording.source}"


def assign_splits(recordings: Sequence[Recording], seed: int) -> dict[str, str]:
    """Draw a split for every recording: `{recording id: split}`.

    A recording that its corpus puts in a split stays there, with its whole group (of several splits the most held-out
    one). Other groups are drawn, stratum by stratum (a group belongs to the stratum of its first recording). Within a
    stratum of n groups the shuffled groups are cut at the shares of `SHARES`; where n is at least 2, train and test
    each get one, and where it is at least 6, test gets two.
    """
    groups: dict[str, list[Recording]] = defaultdict(list)
    for recording in sorted(recordings, key=lambda recording: recording.id):
        groups[recording.group].append(recording)
    strata: dict[str, list[str]] = defaultdict(list)
    assigned: dict[str, str] = {}
    for name, members in groups.items():
        official = max(
            (member.split for member in members if member.split is not None), key=SPLITS.index, default=None
        )
        if official is None:
            strata[stratum(members[0])].append(name)
        else:
            assigned |= {member.id: official for member in members}

    rng = np.random.default_rng([seed, 1])
    for _, names in sorted(strata.items()):
        order = [sorted(names)[index] for index in rng.permutation(len(names))]
        for name, split in zip(order, _cut(len(order), rng), strict=True):
            for recording in groups[name]:
                assigned[recording.id] = split
    return assigned


def _cut(count: int, rng: np.random.Generator) -> list[str]:
    """The splits of `count` shuffled groups."""
    if count == 1:
        return ["train"]
    test = max(2 if count >= 6 else 1, int(count * SHARES["test"] + rng.random()))
    validation = int(count * SHARES["validation"] + rng.random()) if count >= 4 else 0
    test = min(test, count - 1 - validation)
    return ["test"] * test + ["validation"] * validation + ["train"] * (count - test - validation)


def overlaps(used: Mapping[str, Iterable[str]]) -> list[str]:
    """The names (of recordings or groups) that occur in more than one split of `{split: names}`, sorted."""
    seen: dict[str, set[str]] = defaultdict(set)
    for split, names in used.items():
        for name in names:
            seen[name].add(split)
    return sorted(name for name, splits in seen.items() if len(splits) > 1)


__all__ = ["SHARES", "SPLITS", "assign_splits", "overlaps", "stratum"]
