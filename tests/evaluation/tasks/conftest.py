"""Questions about tones of different lengths and loudness."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
import soundfile

from evaluation.benchmarks.question import Question
from evaluation.benchmarks.recording import Recording


RATE = 8000


@pytest.fixture
def questions(tmp_path: Path) -> list[Question]:
    """Six questions of two kinds; the clip of number N lasts 0.1 · (N + 1) s, and two of one kind share a source."""
    found = []
    for number in range(6):
        time = np.arange(int(0.1 * (number + 1) * RATE)) / RATE
        written = io.BytesIO()
        soundfile.write(written, 0.1 * (number + 1) * np.sin(2 * np.pi * 300 * time), RATE, "PCM_16", format="WAV")
        path = tmp_path / f"{number}.wav"
        path.write_bytes(written.getvalue())
        choices = ["dog", "cat", "a bird", "horse"]
        answer = choices[number % 4]
        fields = {"id": f"q{number}", "question": f"Who is it, {number}?", "choices": choices, "answer": answer}
        found.append(
            Question(
                id=f"q{number}",
                entry=fields | {"task": ("sound", "music")[number % 2], "difficulty": "easy"},
                text=f"Who is it, {number}?",
                answer=answer,
                choices=tuple(choices),
                recordings=(Recording(str(path)),),
                kind=("sound", "music")[number % 2],
                origin=f"source-{number // 4}",
            )
        )
    return found
