"""What the tests of measuring share."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest


sys.path.insert(0, str(Path(__file__).parent))  # so that the tests import known_sounds


@pytest.fixture(scope="session")
def spoken() -> np.ndarray:
    """Two seconds of silence, three of a voice, two of silence, at 16 kHz, with the noise floor of a room."""
    from known_sounds import RATE, voice

    wave = np.concatenate([np.zeros(2 * RATE), voice(3.0), np.zeros(2 * RATE)])
    return (wave + 1e-4 * np.random.default_rng(1).standard_normal(len(wave))).astype(np.float32)
