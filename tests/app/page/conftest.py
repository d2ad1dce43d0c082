"""The page's model, of random weights, and recordings to ask it about."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import soundfile

from app.page.answering import Model, load


@pytest.fixture(scope="session")
def model(model_folder) -> Model:
    return load(str(model_folder))


@pytest.fixture
def tone(tmp_path) -> Path:
    """Two seconds at 8 kHz, in stereo."""
    wave = 0.3 * np.sin(np.arange(16_000) / 5)
    soundfile.write(tmp_path / "tone.wav", np.stack([wave, wave], axis=1), 8000)
    return tmp_path / "tone.wav"
