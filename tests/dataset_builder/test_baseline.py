"""Text-only baselines: at chance on a fair dataset, far above it where a leak is planted."""

from __future__ import annotations

import numpy as np
import pytest

from dataset_builder.baseline import text_baselines


LABELS = ("bell", "drum", "horn", "whistle", "click", "buzz")


def _rows(count: int, seed: int, leak: str | None = None) -> list[dict]:
    rng = np.random.default_rng(seed)
    rows = []
    for _ in range(count):
        choices = [LABELS[index] for index in rng.permutation(len(LABELS))[:4]]
        answer = choices[rng.integers(4)]
        question = f"Which sound is it, in wording {rng.integers(4)}?"
        if leak == "label" and rng.random() < 0.8:
            answer = min(choices)
        if leak == "place" and rng.random() < 0.8:
            answer = choices[2]
        if leak == "wording":
            question = f"Is it the sound that a {answer} makes?"
        if leak == "order":
            one, other, third = choices[:3]
            answer = f"{one} then {other}"
            choices = [answer, f"{other} then {one}", f"{one} then {third}", f"{third} then {other}"]
            choices = [choices[index] for index in rng.permutation(4)]
        row = {"question": question, "choices": choices, "answer": answer, "domain": "sound", "task": "sound_event"}
        rows.append(row)
    return rows


def test_both_are_at_chance_without_a_leak():
    scores = text_baselines(_rows(1_500, 0), _rows(1_500, 1))
    assert scores["majority"]["overall"] == pytest.approx(0.25, abs=0.04)
    assert scores["bag_of_words"]["overall"] == pytest.approx(0.25, abs=0.04)
    assert scores["bag_of_words"]["by_task"] == {"sound_event": scores["bag_of_words"]["overall"]}


@pytest.mark.parametrize(("leak", "least"), [("label", 0.6), ("place", 0.6), ("wording", 0.9), ("order", 0.45)])
def test_a_planted_leak_is_found(leak, least):
    scores = text_baselines(_rows(1_500, 0, leak), _rows(500, 1, leak))
    assert scores["bag_of_words"]["overall"] > least


def test_the_majority_answer_finds_a_frequent_label():
    scores = text_baselines(_rows(1_500, 0, "label"), _rows(500, 1, "label"))
    assert scores["majority"]["overall"] > 0.6
