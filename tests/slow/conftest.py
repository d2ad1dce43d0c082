"""Recordings and builds for the slow tests of the builder."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import soundfile


RATE = 16_000


def melody(number: int, seconds: float = 1.2) -> np.ndarray:
    """Random tones of 0.1 s, float64 (samples,) at 16 kHz; another number gives others."""
    draw = np.random.default_rng(number)
    pitches = np.repeat(2 ** draw.uniform(7, 11, size=max(1, round(10 * seconds))), RATE // 10)
    return 0.3 * np.sin(2 * np.pi * np.cumsum(pitches) / RATE) + 0.01 * draw.standard_normal(len(pitches))


@pytest.fixture(scope="session")
def melodies(tmp_path_factory) -> Callable[[int], Path]:
    """A folder of so many melodies with a label each."""

    def write(count: int) -> Path:
        folder = tmp_path_factory.mktemp("melodies")
        lines = []
        for number in range(count):
            soundfile.write(folder / f"tone-{number}.wav", melody(number), RATE)
            facts = {"file_name": f"tone-{number}.wav", "event": "tone", "domain": "sound", "license": "CC0-1.0"}
            lines.append(json.dumps(facts) + "\n")
        (folder / "metadata.jsonl").write_text("".join(lines))
        return folder

    return write
