"""What is put before a question: its recording, or a control in its place."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import io
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
from inspect_ai.model import ContentAudio, ContentText, ModelName
from inspect_ai.solver import TaskState

from evaluation.benchmarks.question import Question
from evaluation.benchmarks.recording import Recording
from evaluation.tasks.hearing import hear, sent
from evaluation.tasks.samples import samples


def asked(questions: Sequence[Question], heard: str) -> dict[str, TaskState]:
    """The states of the samples after they were given what they hear."""
    states = {}
    for sample in samples(questions, "tones", "listed", heard, 0):
        state = TaskState(
            model=ModelName("mockllm/model"),
            sample_id=sample.id,
            epoch=1,
            input=sample.input,
            messages=list(sample.input),
            metadata=dict(sample.metadata),
        )
        states[sample.id] = asyncio.run(hear(heard)(state, None))
    return states


def parts_of(state: TaskState) -> tuple[list[bytes], str]:
    """The audio files of a message, and its text, which comes last."""
    content = state.user_prompt.content
    assert isinstance(content[-1], ContentText)
    files = []
    for part in content[:-1]:
        assert isinstance(part, ContentAudio)
        head, data = part.audio.split(",")
        assert (head, part.format) == ("data:audio/wav;base64", "wav")
        files.append(base64.b64decode(data))
    return files, content[-1].text


def waveform(contents: bytes) -> tuple[np.ndarray, int]:
    return soundfile.read(io.BytesIO(contents))


def loudness(wave: np.ndarray) -> float:
    return float(np.sqrt(np.mean(wave**2)))


def test_the_recording_comes_before_the_question_as_it_is(questions) -> None:
    for question, state in zip(questions, asked(questions, "real").values(), strict=True):
        (contents,), text = parts_of(state)
        assert contents == Path(question.recordings[0].path).read_bytes()
        assert text == f"{question.text}\nChoose one: dog; cat; a bird; horse."
        noted = {"recording": question.recordings[0].path, "sent_sha256": hashlib.sha256(contents).hexdigest()}
        assert state.metadata["heard"] == {"condition": "real", "sent": [noted]}


def test_silence_is_as_long_as_the_recording(questions) -> None:
    for question, state in zip(questions, asked(questions, "silence").values(), strict=True):
        (contents,), _ = parts_of(state)
        wave, rate = waveform(contents)
        real, rate_of_real = waveform(question.recordings[0].contents())
        assert (len(wave), rate) == (len(real), rate_of_real)
        assert not wave.any()


def test_noise_is_as_long_and_as_loud(questions) -> None:
    for question, state in zip(questions, asked(questions, "noise").values(), strict=True):
        (contents,), _ = parts_of(state)
        wave, rate = waveform(contents)
        real, rate_of_real = waveform(question.recordings[0].contents())
        assert (len(wave), rate) == (len(real), rate_of_real)
        assert loudness(wave) == pytest.approx(loudness(real), rel=0.1)
        # White: what follows says nothing of what came before.
        assert abs(np.corrcoef(wave[:-1], wave[1:])[0, 1]) < 0.1


def test_noise_is_drawn_from_the_id(questions) -> None:
    first, again = (asked(questions, "noise") for _ in range(2))
    files = {name: parts_of(state)[0] for name, state in first.items()}
    assert files == {name: parts_of(state)[0] for name, state in again.items()}
    recording = questions[0].recordings[0]
    assert sent(recording, "noise", "q0/0")[0] == files["q0"][0]
    assert sent(recording, "noise", "q1/0")[0] != files["q0"][0]


def test_noise_in_place_of_silence_can_be_heard(tmp_path) -> None:
    soundfile.write(tmp_path / "silent.wav", np.zeros(8000), 8000, "PCM_16")
    contents, form = sent(Recording(str(tmp_path / "silent.wav")), "noise", "q")
    assert form == "wav"
    assert loudness(waveform(contents)[0]) == pytest.approx(1e-3, rel=0.1)


def test_in_shuffle_another_of_the_kind_is_heard(questions) -> None:
    files = {question.recordings[0].contents(): question for question in questions}
    states = asked(questions, "shuffle")
    for question in questions:
        (contents,), _ = parts_of(states[question.id])
        other = files[contents]
        assert (other.id != question.id, other.kind) == (True, question.kind)
        noted: dict[str, Any] = states[question.id].metadata["heard"]
        assert noted["sent"][0]["recording"] == other.recordings[0].path


def test_nothing_is_heard(questions) -> None:
    for state in asked(questions, "none").values():
        files, text = parts_of(state)
        assert (files, text[:9]) == ([], "Who is it")
        assert state.metadata["heard"] == {"condition": "none", "sent": []}


def test_an_mp3_is_sent_as_one(tmp_path) -> None:
    (tmp_path / "a.mp3").write_bytes(b"ID3 whatever follows")
    assert sent(Recording(str(tmp_path / "a.mp3")), "real", "q") == (b"ID3 whatever follows", "mp3")
