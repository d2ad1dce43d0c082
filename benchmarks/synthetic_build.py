"""A build of any number of short recordings with a teacher that answers at once, in the building process itself.

What is left is the pipeline: reading, decoding, measuring, comparing, prompts, requests as they would be sent, answers
checked and kept, review, shards. There is no server, no socket and no waiting.
"""

from __future__ import annotations

import json
import sys
from hashlib import sha256
from pathlib import Path
from random import Random

import numpy as np
import soundfile
import yaml


ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT))

from dataset_builder.engine.stage import TaskPlace  # noqa: E402
from dataset_builder.stages.asking import Asking  # noqa: E402
from dataset_builder.teachers.call import Call  # noqa: E402
from dataset_builder.teachers.completion import Completion  # noqa: E402
from dataset_builder.teachers.openai_endpoint import chat_body  # noqa: E402
from dataset_builder.teachers.settings import TeacherSettings  # noqa: E402
from dataset_builder.teachers.usage import text_tokens  # noqa: E402
from tests.dataset_builder.listening_teacher import answer  # noqa: E402


RATE = 16_000
FILES_PER_FOLDER = 1_000


class InstantEndpoint:
    """Answers a call at once, by what is asked alone."""

    def __init__(self, settings: TeacherSettings) -> None:
        self._settings = settings

    async def complete(self, call: Call, sample: int = 0) -> Completion:
        """The answer, after the request was written as it is for a server."""
        body = chat_body(self._settings, call, sample)
        value = answer(body, call.schema, Random(sha256(f"{call.hash}/{sample}".encode()).digest()))  # type: ignore[arg-type]
        text = json.dumps(value)
        usage = call.input_usage(self._settings.tokens_per_audio_second)
        return Completion(text, type(usage)(usage.input_tokens, text_tokens(text), usage.audio_tokens))

    async def close(self) -> None:
        """Nothing was opened."""


class InstantAsking(Asking):
    """Asks an `InstantEndpoint`; all else is as in any build."""

    def require_server(self) -> None:
        """There is none."""

    async def open(self, place: TaskPlace) -> None:
        await super().open(place)
        assert self._teacher is not None
        await self._teacher._endpoint.close()
        self._teacher._endpoint = InstantEndpoint(self._settings)


def ask_instantly() -> None:
    """From here on builds of this process, and their workers, ask an `InstantEndpoint`."""
    from dataset_builder import build_stages

    build_stages.Asking = InstantAsking  # type: ignore[misc]


def write_recordings(folder: Path, count: int, seconds: float) -> None:
    """Melodies of random tones in 16-bit WAV, no two alike, a thousand a folder, and one metadata.jsonl."""
    times = np.arange(round(seconds * RATE)) / RATE
    with _opened(folder / "metadata.jsonl") as lines:
        for number in range(count):
            draw = np.random.default_rng(number)
            name = f"{number // FILES_PER_FOLDER:04d}/{number:07d}.wav"
            pitches = np.repeat(2 ** draw.uniform(7, 11, size=-(-len(times) // 1_600)), 1_600)[: len(times)]
            wave = 0.3 * np.sin(2 * np.pi * np.cumsum(pitches) / RATE) + 0.01 * draw.standard_normal(len(times))
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            soundfile.write(folder / name, wave, RATE)
            facts = {"file_name": name, "event": "tone", "domain": "sound", "license": "CC0-1.0"}
            lines.write(json.dumps(facts) + "\n")


def _opened(path: Path):
    path.parent.mkdir(parents=True, exist_ok=True)
    return path.open("w", encoding="utf-8")


def write_build_file(folder: Path, recordings: Path, shard_megabytes: float, tasks: int = 16) -> Path:
    """A build file with every stage that there is, a question a recording."""
    benchmark = folder / "mmau"
    benchmark.mkdir(parents=True)
    item = {"id": "0", "audio_id": "./0.wav", "question": "Who speaks here, and to whom?", "dataset": "AudioSet"}
    item |= {"choices": ["A man", "A woman"], "answer": "A man", "task": "speech"}
    (benchmark / "mmau-test-mini.json").write_text(json.dumps([item]), encoding="utf-8")
    soundfile.write(benchmark / "0.wav", 0.1 * np.random.default_rng(0).standard_normal(48_000), 16_000)
    common = {"base_url": "http://localhost:9/v1", "in_flight": 16, "audio_format": "flac"}
    settings = {
        "output": "cota",
        "tasks": tasks,
        "sources": [{"corpus": "folder", "folder": str(recordings), "name": "tones"}],
        "teachers": {"ear": {"model": "ear", "hears": True, **common}, "writer": {"model": "writer", **common}},
        "measure": {"unique": True},
        "annotate": {"teacher": "ear"},
        "question": {"teacher": "writer", "per_recording": 1},
        "reason": {"teacher": "ear"},
        "review": {"blind": {"teacher": "ear"}, "text_only": {"teacher": "writer"}, "unique": True},
        "decontaminate": {"benchmarks": {"mmau": "mmau"}},
        "publish": {"shard_megabytes": shard_megabytes},
    }
    path = folder / "build.yaml"
    path.write_text(yaml.safe_dump(settings), encoding="utf-8")
    return path
