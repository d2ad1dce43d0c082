"""The audio-blind floor on an example worked by hand."""

from __future__ import annotations

import math
from pathlib import Path

import pytest

from evaluation.cota import split_files
from evaluation.floor import audio_blind_floor, split_floor


def test_by_hand() -> None:
    # ln 4 + ln 2 + ln 1 = 3 ln 2 nats over 10 + 20 + 30 tokens.
    assert audio_blind_floor([4, 2, 1], [10, 20, 30]) == pytest.approx(3 * math.log(2) / 60)


@pytest.mark.parametrize(("choices", "tokens"), [([], []), ([4], [1, 2]), ([0], [3]), ([4], [0])])
def test_impossible_numbers_are_refused(choices: list[int], tokens: list[int]) -> None:
    with pytest.raises(ValueError, match="choices and trained_tokens"):
        audio_blind_floor(choices, tokens)


def test_tokens_are_those_of_the_assistant(cota: Path, tiny_model: Path) -> None:
    """The tiny tokenizer has a token a byte, so that the trained tokens are the answer's bytes and the end token."""
    import pyarrow.parquet as parquet

    files = split_files(cota, "validation")
    answers = [
        row["messages"][-1]["content"][0]["text"]
        for file in files
        for row in parquet.read_table(file, columns=["messages"]).to_pylist()
    ]
    tokens = sum(len(answer.encode()) + 1 for answer in answers)
    found = split_floor(tiny_model, files)
    assert found["trained_tokens"] == tokens
    assert found["floor"] == pytest.approx(len(answers) * math.log(4) / tokens)
