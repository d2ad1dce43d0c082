"""Tiny trees in the official layouts, with tones for recordings, and what the scorers make of their questions."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

from evaluation.benchmarks.question import Question
from evaluation.outputs.registry import BENCHMARKS
from evaluation.outputs.score import Scored, score_outputs


class Tree:
    """A folder that is filled file by file."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir()

    def path(self, name: str) -> Path:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        return path

    def text(self, name: str, *lines: str) -> Path:
        self.path(name).write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
        return self.path(name)

    def json(self, name: str, value: Any) -> Path:
        return self.text(name, json.dumps(value, ensure_ascii=False))

    def sound(self, name: str, frequency: float = 440.0) -> bytes:
        """A tone of 50 ms, as FLAC whatever the name says where that is no WAV; its bytes."""
        wave = 0.5 * np.sin(2 * np.pi * frequency * np.arange(400) / 8000)
        written = io.BytesIO()
        form = "WAV" if name.endswith(".wav") else "FLAC"
        soundfile.write(written, wave.astype(np.float32), 8000, format=form, subtype="PCM_16")
        self.path(name).write_bytes(written.getvalue())
        return written.getvalue()


@pytest.fixture
def tree(tmp_path: Path) -> Tree:
    """An empty folder of a benchmark."""
    return Tree(tmp_path / "benchmark")


@pytest.fixture
def scored(tmp_path: Path) -> Callable[..., Scored]:
    """What `evaluation.outputs` makes of questions with an answer each, in the file that `evaluate` writes."""

    def score(benchmark: str, questions: Sequence[Question], answers: Sequence[str]) -> Scored:
        known = BENCHMARKS[benchmark]
        pairs = zip(questions, answers, strict=True)
        entries = [{**question.entry, known.layout.asked_key: answer} for question, answer in pairs]
        path = tmp_path / "outputs.json"
        path.write_text(json.dumps(entries), encoding="utf-8")
        return score_outputs(known, path)

    return score
