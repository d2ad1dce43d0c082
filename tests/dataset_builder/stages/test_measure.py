"""What is left behind before a teacher is paid, because there is nothing to hear."""

from __future__ import annotations

import asyncio

import numpy as np
import pytest
import soundfile

from dataset_builder.audio_reference import AudioReference
from dataset_builder.clip import audible_problem
from dataset_builder.engine.stage import Left
from dataset_builder.stages.measure import Measure


def outcome(folder, wave: np.ndarray):
    path = folder / "sound.wav"
    soundfile.write(path, wave, 16_000, subtype="FLOAT")
    row = {"id": "1", "recording": {"audio": AudioReference(path).to_json(), "domain": "sound"}}
    return asyncio.run(Measure(60.0, facts=["level"], fingerprint=False).process(row))


@pytest.mark.parametrize("decibels, heard", [(-50.0, True), (-56.0, True), (-58.0, False), (-90.0, False)])
def test_what_is_too_soft_to_hear_is_left_behind(tmp_path, decibels, heard):
    """The loudest 20 ms of a square wave are as loud as all of it; a clip needs -57 dBFS."""
    wave = (10 ** (decibels / 20) * np.sign(np.sin(2 * np.pi * 200 * np.arange(32_000) / 16_000))).astype(np.float32)
    found = outcome(tmp_path, wave)
    assert (audible_problem(wave) is None) is heard
    if heard:
        assert found["seconds"]["all"] == 2.0
    else:
        assert isinstance(found, Left) and (found.fate, found.check) == ("rejected", "silent")
        assert found.reason == "The recording is nowhere louder than -57 dBFS (RMS of 20 ms): nothing can be heard."


def test_digital_silence_is_called_so(tmp_path):
    found = outcome(tmp_path, np.zeros(16_000, dtype=np.float32))
    assert isinstance(found, Left) and found.reason == "The recording is digital silence."
