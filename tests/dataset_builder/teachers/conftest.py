"""Teachers that ask a server of the tests, with short waits."""

from __future__ import annotations

import asyncio
import io
from collections.abc import Callable
from typing import Any, Literal

import numpy as np
import pytest
import soundfile
from pydantic import BaseModel, Field

from dataset_builder.teachers.call import Prompt
from dataset_builder.teachers.call_ledger import CallLedger
from dataset_builder.teachers.retry import Backoff
from dataset_builder.teachers.settings import TeacherSettings
from dataset_builder.teachers.teacher import Answer, Teacher


KEY = "sk-test-0123456789abcdefNEVERSHOWN"


class Event(BaseModel):
    """A part of `Annotation`."""

    name: str
    start: float = Field(ge=0, le=10)


class Annotation(BaseModel):
    """An answer with the shapes that the stages ask for."""

    caption: str = Field(min_length=10)
    domain: Literal["sound", "speech", "music"]
    events: list[Event]
    speakers: int = Field(ge=0, le=4)
    language: str | None


def prompt(text: str = "What is heard?") -> Prompt:
    return Prompt("You describe recordings.", text, "v1")


def clip(seconds: float = 0.5, file_format: str = "FLAC") -> bytes:
    """A tone at 16 kHz as the bytes of a file."""
    written = io.BytesIO()
    tone = 0.3 * np.sin(2 * np.pi * 440 * np.arange(round(16_000 * seconds)) / 16_000)
    soundfile.write(written, tone, 16_000, format=file_format)
    return written.getvalue()


@pytest.fixture
def settings(monkeypatch) -> Callable[..., TeacherSettings]:
    """Makes settings for a server; the key is in the environment."""
    monkeypatch.setenv("TEST_TEACHER_KEY", KEY)

    def make(base_url: str, **changed: Any) -> TeacherSettings:
        fields: dict[str, Any] = {
            "model": "test-model",
            "base_url": base_url,
            "api_key_env": "TEST_TEACHER_KEY",
            "parameters": {"temperature": 0.5, "seed": 1},
            "hears": True,
            "tokens_per_audio_second": 25,
            "timeout": 5.0,
        }
        return TeacherSettings.from_mapping({**fields, **changed})

    return make


@pytest.fixture
def ledger(tmp_path):
    with CallLedger(tmp_path / "calls.sqlite") as opened:
        yield opened


def ask_all(
    settings: TeacherSettings, ledger: CallLedger, keys: list[str], audio: bytes | None = None, **teacher: Any
) -> list[Answer | BaseException]:
    """Ask once for each key, all at the same time: the answers and the errors, in order."""

    async def run() -> list[Answer | BaseException]:
        teacher.setdefault("backoff", Backoff(first=0.01, longest=0.05))
        async with Teacher(settings, ledger, **teacher) as asked:
            calls = [asked.ask(prompt(f"About {key}"), Annotation, audio, key) for key in keys]
            return await asyncio.gather(*calls, return_exceptions=True)

    return asyncio.run(run())
