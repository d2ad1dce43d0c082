"""Splits: by group, by stratum, from a seed."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

from dataset_builder.audio_reference import AudioReference
from dataset_builder.recording import Recording
from dataset_builder.split import assign_splits, overlaps


def _recordings(groups: int, takes: int, event: str = "bell") -> list[Recording]:
    return [
        Recording(
            id=f"source/{event}-{group}-{take}",
            audio=AudioReference(Path("absent.wav")),
            source="source",
            source_id=f"{event}-{group}-{take}",
            domain="sound",
            license="CC0-1.0",
            language=None,
            group=f"{event}-{group}",
            annotations={"event": event},
        )
        for group in range(groups)
        for take in range(takes)
    ]


def test_a_group_is_in_one_split():
    recordings = _recordings(groups=40, takes=3)
    splits = assign_splits(recordings, seed=0)
    by_group = {(recording.group, splits[recording.id]) for recording in recordings}
    assert len(by_group) == 40


def test_shares_are_kept():
    counts = Counter(assign_splits(_recordings(groups=1_000, takes=1), seed=0).values())
    assert counts == {"train": 750, "validation": 50, "test": 200}


def test_every_class_of_two_groups_is_in_train_and_test():
    recordings = [recording for number in range(30) for recording in _recordings(2, 2, event=f"event-{number}")]
    splits = assign_splits(recordings, seed=3)
    for number in range(30):
        found = {splits[r.id] for r in recordings if r.annotations["event"] == f"event-{number}"}
        assert found == {"train", "test"}


def test_splits_depend_on_the_seed_and_not_on_the_order():
    recordings = _recordings(groups=60, takes=2)
    assert assign_splits(recordings, seed=1) == assign_splits(recordings[::-1], seed=1)
    assert assign_splits(recordings, seed=1) != assign_splits(recordings, seed=2)


def test_overlaps_names_what_is_in_two_splits():
    assert overlaps({"train": ["a", "b", "b"], "test": ["c", "b"], "validation": ["d"]}) == ["b"]
