"""An OpenAI-compatible endpoint that takes `input_audio` and often fails: no item is lost, and failures are named."""

from __future__ import annotations

import base64
import io
import json
from collections.abc import Callable
from pathlib import Path
from random import Random

import numpy as np
import pytest
import soundfile

from evaluation.benchmarks.cota import read
from evaluation.benchmarks.question import Question
from evaluation.runs.run import SCORES, run
from evaluation.runs.settings import RunSettings
from tests.fault_server import FaultServer


FAULTS = dict.fromkeys(("rate_limited", "server_error", "connection"), 0.1)
SEED = 14
"""With it half of the first attempts fail, and no request more than twice in a row, after which inspect would wait."""


@pytest.fixture(autouse=True)
def set_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """A key for the endpoint, and no wait before OpenAI's client asks again."""
    monkeypatch.setenv("LOCAL_API_KEY", "none")
    monkeypatch.setattr("openai._base_client.INITIAL_RETRY_DELAY", 0.01)


class Endpoint:
    """Answers each question by its first choice, but for those that it refuses, and remembers what it heard."""

    def __init__(self) -> None:
        self.heard: list[tuple[str, bytes]] = []
        self.refuses: Callable[[str, bytes], bool] = lambda text, wav: False

    def __call__(self, request: dict, random: Random) -> str:
        (message,) = [message for message in request["messages"] if message["role"] == "user"]
        audio, text = message["content"]
        assert (audio["type"], audio["input_audio"]["format"], text["type"]) == ("input_audio", "wav", "text")
        wav = base64.b64decode(audio["input_audio"]["data"], validate=True)
        if self.refuses(text["text"], wav):
            raise ValueError("this recording is not to my taste")
        self.heard.append((text["text"], wav))
        first = text["text"].split("Choose one: ")[1].split(";")[0]
        return f"<THINK><PLANNING>Listen.</PLANNING></THINK><RESPONSE>{first}</RESPONSE>"


def settings(cota: Path, server: FaultServer) -> RunSettings:
    return RunSettings("cota", "openai-api/local/tiny", data=str(cota), base_url=server.base_url, max_tokens=64)


def samples(contents: bytes) -> np.ndarray:
    """The samples of a file, 16 bits."""
    return soundfile.read(io.BytesIO(contents), dtype="int16")[0]


def is_of(question: Question, text: str, wav: bytes) -> bool:
    """Whether what was sent is this question with its own recording, bit for bit."""
    (recording,) = question.recordings
    return text.startswith(question.text) and np.array_equal(samples(wav), samples(recording.contents()))


def test_every_item_is_heard_and_answered_once(cota: Path, tmp_path: Path) -> None:
    endpoint = Endpoint()
    with FaultServer(say=endpoint, faults=FAULTS, seed=SEED) as server:
        scores = run(settings(cota, server), tmp_path)
        assert server.counts.faults.total() > 0 and server.counts.undecodable == 0
    assert (scores["n"], scores["failed"], scores["failures"]) == (12, 0, [])
    # The first of four choices is right in one of four items of each task.
    assert (scores["official"], scores["strict"], scores["unresolved"]) == (1 / 4, 1 / 4, 0)
    questions = read(cota, "test")
    assert len(questions) == 12
    for question in questions:
        assert sum(is_of(question, *heard) for heard in endpoint.heard) == 1, question.id
    assert all(wav[:4] == b"RIFF" and wav[8:12] == b"WAVE" for _, wav in endpoint.heard)


def test_failures_that_persist_are_named_and_asked_again(cota: Path, tmp_path: Path) -> None:
    endpoint = Endpoint()
    refused = read(cota, "test")[5]
    endpoint.refuses = lambda text, wav: is_of(refused, text, wav)
    with FaultServer(say=endpoint, faults=FAULTS, seed=SEED) as server:
        scores = run(settings(cota, server), tmp_path)
        assert (scores["n"], scores["failed"], scores["skipped"]) == (12, 1, 1)
        written = json.loads((tmp_path / SCORES).read_text(encoding="utf-8"))
        (failure,) = written["failures"]
        assert failure["id"] == refused.id and "this recording is not to my taste" in failure["error"]
        assert len(endpoint.heard) == 11

        endpoint.refuses = lambda text, wav: False
        scores = run(settings(cota, server), tmp_path)
    assert (scores["failed"], scores["failures"], scores["answered_now"]) == (0, [], True)
    assert len(endpoint.heard) == 12 and is_of(refused, *endpoint.heard[-1])
    assert (scores["official"], scores["skipped"]) == (1 / 4, 0)
