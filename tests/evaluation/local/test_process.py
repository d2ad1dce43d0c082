"""A tiny model of random weights answers in a process of its own; what ends it is said to all that wait."""

from __future__ import annotations

import io
import shutil
from pathlib import Path

import numpy as np
import pytest
import soundfile

from evaluation.local.process import AnsweringProcess, ModelStopped


OPTIONS = {"do_sample": False, "max_new_tokens": 4}


def wav(seconds: float) -> bytes:
    written = io.BytesIO()
    time = np.arange(round(16_000 * seconds)) / 16_000
    soundfile.write(written, 0.3 * np.sin(440 * 2 * np.pi * time), 16_000, format="WAV")
    return written.getvalue()


def asked(text: str, clips: int = 1) -> list[dict]:
    parts = [{"type": "audio", "name": f"{number}.wav"} for number in range(clips)]
    return [{"role": "user", "content": [*parts, {"type": "text", "text": text}]}]


@pytest.fixture(scope="module")
def process(tiny_model: Path):
    running = AnsweringProcess(tiny_model, batch_size=2, ahead=4)
    yield running
    running.close()


def test_answers_come_back_to_who_asked(process: AnsweringProcess) -> None:
    requests = [process.submit(asked(f"What {number}?"), (wav(0.5 + number),), OPTIONS) for number in range(3)]
    requests.append(process.submit(asked("Only text?", clips=0), (), OPTIONS))
    answers = [request.answer.result(60) for request in requests]
    # 80 ms a token.
    assert [0.08 * answer["audio_tokens"] for answer in answers] == pytest.approx([0.5, 1.5, 2.5, 0.0], abs=0.08)
    assert all(answer["new_tokens"] <= 4 and isinstance(answer["output"], str) for answer in answers)
    assert all(answer["truncated"] or answer["new_tokens"] < 4 for answer in answers)
    alone = process.submit(asked("What 1?"), (wav(1.5),), OPTIONS).answer.result(60)
    assert alone["output"] == answers[1]["output"], "what it is answered with makes no difference"
    assert process.facts["isolated"] and process.facts["model_class"].startswith("transformers_modules.")


def test_a_recording_that_cannot_be_read_fails_alone(process: AnsweringProcess) -> None:
    good = process.submit(asked("Good?"), (wav(0.5),), OPTIONS)
    bad = process.submit(asked("Bad?"), (b"no audio at all",), OPTIONS)
    assert good.answer.result(60)["audio_tokens"] > 0
    with pytest.raises(ValueError, match="0.wav"):
        bad.answer.result(60)


def test_a_model_whose_code_is_missing_fails_in_one_sentence(tiny_model: Path, tmp_path: Path) -> None:
    """The folder has to stand by itself: the project's own copy of the code is not found in the process."""
    broken = Path(shutil.copytree(tiny_model, tmp_path / "broken"))
    (broken / "processing_audio_reasoner.py").unlink()
    running = AnsweringProcess(broken, batch_size=2, ahead=4)
    request = running.submit(asked("Anyone?"), (wav(0.5),), OPTIONS)
    with pytest.raises(ModelStopped, match="processing_audio_reasoner"):
        request.answer.result(60)
    with pytest.raises(ModelStopped, match="processing_audio_reasoner"):
        running.submit(asked("Still there?"), (wav(0.5),), OPTIONS)


def test_a_process_that_was_killed_is_said(tiny_model: Path) -> None:
    running = AnsweringProcess(tiny_model, batch_size=1, ahead=1)
    running.submit(asked("First?"), (wav(0.5),), OPTIONS).answer.result(60)
    running.child.kill()
    request = running.submit(asked("Second?"), (wav(0.5),), OPTIONS)
    with pytest.raises(ModelStopped, match="ended by signal 9"):
        request.answer.result(60)


def test_a_folder_that_is_no_model(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="not a model folder, it has no config.json"):
        AnsweringProcess(tmp_path, batch_size=1, ahead=1)
