"""Answers to judge, and a judge that is a server of the tests; each test has a cache of replies of its own."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random
from typing import Any

import pytest

from tests.fault_server import FaultServer


JUDGE = "openai-api/local/judge"
Say = Callable[[str, dict], str]


class JudgeServer(FaultServer):
    """Replies by `say`, a function of the prompt and the request, and remembers what it was asked.

    `requests` are those that were answered, in their order; those that a fault met are not among them.
    """

    def __init__(self, say: Say, **options: Any):
        self.requests: list[dict] = []

        def recorded(request: dict, random: Random) -> str:
            text = say(request["messages"][-1]["content"], request)
            self.requests.append(request)
            return text

        super().__init__(say=recorded, **options)

    @property
    def prompts(self) -> list[str]:
        return [request["messages"][-1]["content"] for request in self.requests]


@pytest.fixture(autouse=True)
def set_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A key for the judge, an empty cache, and no wait before OpenAI's client asks again."""
    monkeypatch.setenv("LOCAL_API_KEY", "none")
    monkeypatch.setattr("openai._base_client.INITIAL_RETRY_DELAY", 0.01)
    monkeypatch.setenv("INSPECT_CACHE_DIR", str(tmp_path / "cache"))


@pytest.fixture
def serve() -> Iterator[Callable[..., JudgeServer]]:
    """Starts judges, which end with the test."""
    started: list[JudgeServer] = []

    def start(say: Say, **options: Any) -> JudgeServer:
        started.append(JudgeServer(say, **options))
        return started[-1].__enter__()  # type: ignore[return-value]

    yield start
    for server in started:
        server.__exit__()


@pytest.fixture
def write(tmp_path: Path) -> Callable[..., Path]:
    """Writes lines as the items of a run."""

    def write(lines: list[dict], name: str = "items.jsonl") -> Path:
        path = tmp_path / name
        path.write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
        return path

    return write
