"""Copies are found among many, in the same order every time, and what was added survives a kill."""

from __future__ import annotations

import os
import signal
import subprocess
import sys

import numpy as np
import pytest
from known_sounds import RATE, melody

from dataset_builder.measuring.fingerprint import SAME, fingerprint
from dataset_builder.measuring.fingerprint_index import COMMON, FingerprintIndex


def random_items(count: int, seed: int) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 2**32, count, dtype=np.uint32)


def damaged(items: np.ndarray, share: float, seed: int = 0) -> np.ndarray:
    """The items with this share of their bits turned over."""
    bits = np.random.default_rng(seed).random((len(items), 32)) < share
    return items ^ np.packbits(bits, axis=1).view(np.uint32)[:, 0]


@pytest.fixture
def path(tmp_path):
    return tmp_path / "audio.sqlite"


def test_a_recording_and_its_copies_are_found(path):
    with FingerprintIndex(path) as index:
        for seed in range(6):
            index.add(f"melody-{seed}", fingerprint(melody(6, seed=seed), RATE))
        original = melody(6, seed=3)
        noisy = original + np.float32(0.003) * np.random.default_rng(0).standard_normal(len(original))
        for copy in (original, 0.3 * original, original[2 * RATE : 5 * RATE], noisy):
            found = index.matches(fingerprint(copy.astype(np.float32), RATE))
            assert [id for id, _ in found] == ["melody-3"]
            assert found[0][1] >= SAME
        assert index.matches(fingerprint(melody(6, seed=99), RATE)) == []


def test_a_fingerprint_is_given_back(path):
    with FingerprintIndex(path) as index:
        index.add("a", random_items(60, seed=1))
    with FingerprintIndex(path, finished=True) as index:
        assert np.array_equal(index.fingerprint("a"), random_items(60, seed=1))
        with pytest.raises(KeyError):
            index.fingerprint("b")


def test_among_many(path):
    with FingerprintIndex(path) as index:
        for seed in range(3_000):
            index.add(f"{seed:04}", random_items(60, seed))
        assert len(index) == 3_000
        found = index.matches(damaged(random_items(60, 1_234), 0.05))
        assert [id for id, _ in found] == ["1234"]
        assert found[0][1] == pytest.approx(0.9, abs=0.03)
        inside = np.concatenate([random_items(30, 9_001), random_items(60, 77)[10:50], random_items(30, 9_002)])
        assert index.matches(inside, 0.99) == []
        assert index.matches(random_items(60, 77)[13:45], 0.99) == [("0077", 1.0)]


def test_a_cut_of_a_long_recording(path):
    with FingerprintIndex(path) as index:
        index.add("long", random_items(20_000, 1))
        index.add("other", random_items(20_000, 2))
        assert index.matches(random_items(20_000, 1)[12_345:12_385]) == [("long", 1.0)]


def test_short_ones_are_found_although_every_item_differs(path):
    """Items that differ by one bit are looked up as well."""
    items = random_items(10, 1)
    with FingerprintIndex(path) as index:
        index.add("short", items)
        assert [id for id, _ in index.matches(items ^ np.uint32(1 << 17))] == ["short"]


def test_the_most_alike_comes_first_and_ties_by_name(path):
    items = random_items(80, 1)
    with FingerprintIndex(path) as index:
        for name, share in (("c", 0.08), ("b", 0.0), ("d", 0.02), ("a", 0.0)):
            index.add(name, damaged(items, share))
        assert [id for id, _ in index.matches(items)] == ["a", "b", "d", "c"]
        assert [id for id, _ in index.matches(items, 0.9)] == ["a", "b", "d"]


def test_what_everybody_has_finds_nobody(path):
    """An item of silence says nothing; the items around it still do."""
    silence = np.full(40, 627964279, dtype=np.uint32)
    with FingerprintIndex(path) as index:
        for seed in range(COMMON // 10 + 1):
            index.add(f"{seed}", np.concatenate([random_items(4, seed), silence]))
        assert [id for id, _ in index.matches(np.concatenate([random_items(4, 3), silence]), 0.99)] == ["3"]
        assert index.matches(silence, 0.99) == []


def test_more_than_one_part_of_the_table(path, monkeypatch):
    monkeypatch.setattr("dataset_builder.measuring.fingerprint_index.SEGMENT", 4)
    with FingerprintIndex(path) as index:
        for seed in range(30):
            index.add(f"{seed}", random_items(40, seed))
        for seed in (0, 3, 4, 17, 29):
            assert index.matches(random_items(40, seed)) == [(f"{seed}", 1.0)]


def test_adding_again_changes_nothing_and_another_is_refused(path):
    with FingerprintIndex(path) as index:
        index.add("a", random_items(10, 1))
        index.add("a", random_items(10, 1))
        assert len(index) == 1
        assert "a" in index and "b" not in index
        with pytest.raises(ValueError, match="another fingerprint of 'a'"):
            index.add("a", random_items(10, 2))


def test_it_is_there_after_closing(path):
    with FingerprintIndex(path) as index:
        index.add("a", random_items(40, 1))
        index.add("empty", np.zeros(0, dtype=np.uint32))
    with FingerprintIndex(path) as index:
        assert index.matches(random_items(40, 1)) == [("a", 1.0)]
        assert index.matches(np.zeros(0, dtype=np.uint32)) == []
        index.add("b", random_items(40, 2))
        assert len(index) == 3


def test_nothing_in_an_empty_index(path):
    with FingerprintIndex(path) as index:
        assert index.matches(random_items(40, 1)) == []


def test_a_kill_leaves_an_index_that_goes_on(path):
    """What was not yet on disk is added again; nothing is there twice or by half."""
    script = f"""
import numpy as np
from dataset_builder.measuring.fingerprint_index import FingerprintIndex
index = FingerprintIndex({str(path)!r})
for seed in range(100_000):
    index.add(str(seed), np.random.default_rng(seed).integers(0, 2**32, 20, dtype=np.uint32))
    if seed % 500 == 499:
        index.commit()
    if seed == 1_700:
        print("far enough", flush=True)
"""
    process = subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, cwd=os.getcwd())
    assert process.stdout is not None
    process.stdout.readline()
    process.send_signal(signal.SIGKILL)
    process.wait()
    with FingerprintIndex(path) as index:
        there = len(index)
        assert there >= 1_500 and there % 500 == 0
        for seed in range(there + 10):
            index.add(str(seed), random_items(20, seed))
        assert len(index) == there + 10
        assert index.matches(random_items(20, 1_600 % there)) == [(str(1_600 % there), 1.0)]


def test_another_file_is_not_overwritten(path):
    path.write_bytes(b"not a database, but something of somebody's" * 100)
    with pytest.raises(ValueError, match=r"audio\.sqlite is not an index of fingerprints"):
        FingerprintIndex(path)
    assert path.read_bytes().startswith(b"not a database")
