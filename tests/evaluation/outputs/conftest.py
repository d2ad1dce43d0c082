"""Small files of outputs in the official layouts, written by hand."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from evaluation.outputs.registry import benchmark_of
from evaluation.outputs.score import Scored, score_outputs


Rows = list[dict[str, Any]]


@pytest.fixture
def write(tmp_path: Path) -> Callable[..., Path]:
    """Writes rows as a JSON list, or as JSONL where the name says so."""

    def written(rows: Rows, name: str = "outputs.json") -> Path:
        path = tmp_path / name
        if name.endswith(".jsonl"):
            text = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
        else:
            text = json.dumps(rows)
        path.write_text(text, encoding="utf-8")
        return path

    return written


@pytest.fixture
def score(write) -> Callable[..., Scored]:
    """Scores rows as a benchmark's outputs."""

    def scored(benchmark: str, rows: Rows, name: str = "outputs.json", **options: Any) -> Scored:
        return score_outputs(benchmark_of(benchmark), write(rows, name), **options)

    return scored


@pytest.fixture
def mmau() -> Callable[..., dict[str, Any]]:
    """A row of MMAU about animals, with an output unless it is left away."""

    def row(number: int, output: str | None = None, **other: Any) -> dict[str, Any]:
        fields = {
            "id": f"item-{number}",
            "audio_id": f"./test-mini-audios/{number}.wav",
            "question": "Which animal is it?",
            "choices": ["dog", "cat", "a bird", "horse"],
            "answer": "cat",
            "dataset": "AudioSet",
            "task": ("sound", "music", "speech")[number % 3],
            "split": "test-mini",
            "category": "Reasoning",
            "sub-category": "Animals",
            "difficulty": ("easy", "medium", "hard")[number % 3],
        }
        return fields | ({} if output is None else {"model_output": output}) | other

    return row
