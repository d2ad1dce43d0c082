"""Texts of a build that are nearly the same."""

from __future__ import annotations

import random

import numpy as np
import pytest

from dataset_builder.checks.near_text import FILE, jaccard, near_duplicate_texts, shingles


def _texts(count: int, seed: int = 0) -> list[tuple[str, str]]:
    """Texts of 100 words; every fourth has up to 12 words of an earlier one changed."""
    rng = random.Random(seed)
    vocabulary = [f"word{number}" for number in range(500)]
    made: list[tuple[str, str]] = []
    for number in range(count):
        if number % 4 == 3:
            tokens = rng.choice(made)[1].split()
            for _ in range(rng.randrange(13)):
                tokens[rng.randrange(len(tokens))] = rng.choice(vocabulary)
        else:
            tokens = rng.choices(vocabulary, k=100)
        made.append((f"id{number}", " ".join(tokens)))
    return made


def _by_brute_force(texts: list[tuple[str, str]]) -> list[tuple[str, str]]:
    kept: list[tuple[str, np.ndarray]] = []
    near = []
    for id, text in texts:
        grams = shingles(text)
        first = next((other for other, earlier in kept if jaccard(grams, earlier) >= 0.85), None)
        if first is None:
            kept.append((id, grams))
        else:
            near.append((id, first))
    return near


def test_it_finds_what_comparing_all_finds(tmp_path):
    texts = _texts(400)
    expected = _by_brute_force(texts)
    found = list(near_duplicate_texts(texts, tmp_path))
    assert len(expected) > 20
    assert set(found) <= set(expected)  # nothing below the threshold is called near
    assert len(found) >= 0.95 * len(expected)


def test_the_result_depends_on_the_texts_alone(tmp_path):
    texts = _texts(60, seed=1) * 9  # 540: two chunks
    texts = [(f"{id}-{number}", text) for number, (id, text) in enumerate(texts)]
    once = list(near_duplicate_texts(iter(texts), tmp_path))
    assert len(once) >= 480
    assert list(near_duplicate_texts(texts, tmp_path)) == once
    assert list(near_duplicate_texts(texts, tmp_path / "new" / "folder", workers=2)) == once
    assert (tmp_path / FILE).is_file()


def test_the_first_is_one_that_is_kept_and_near(tmp_path):
    words = [f"w{number}" for number in range(100)]
    chain = [" ".join(["x"] * step + words[step:]) for step in range(0, 41, 5)]
    texts = [(str(step), text) for step, text in enumerate(chain)]
    found = dict(near_duplicate_texts(texts, tmp_path))
    assert found
    assert not set(found) & set(found.values())
    for id, first in found.items():
        assert jaccard(shingles(chain[int(id)]), shingles(chain[int(first)])) >= 0.85
    assert "8" not in found or found["8"] != "0"  # it shares 60 of 100 words with the first


def test_short_and_empty_texts(tmp_path):
    texts = [("a", "A dog."), ("b", "a dog"), ("c", ""), ("d", "!"), ("e", "a cat"), ("f", "狗叫"), ("g", "狗叫。")]
    assert list(near_duplicate_texts(texts, tmp_path)) == [("b", "a"), ("d", "c"), ("g", "f")]


def test_jaccard():
    one, other = np.array([1, 2, 3, 4], np.uint64), np.array([3, 4, 5], np.uint64)
    assert jaccard(one, other) == pytest.approx(2 / 5)
    assert jaccard(one, one) == 1.0
    assert jaccard(one[:0], other) == 0.0
    assert jaccard(one[:0], one[:0]) == 1.0


def test_known_distances():
    words = [f"w{number}" for number in range(100)]
    changed = [*words[:50], "other", *words[51:]]
    one, other = shingles(" ".join(words)), shingles(" ".join(changed))
    assert len(one) == 98
    assert len(set(one.tolist()) & set(other.tolist())) == 95
    assert jaccard(one, other) == pytest.approx(95 / 101)


def test_a_threshold_that_buckets_cannot_keep(tmp_path):
    with pytest.raises(ValueError, match="threshold is 0.5"):
        list(near_duplicate_texts([], tmp_path, threshold=0.5))
