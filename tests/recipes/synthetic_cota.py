"""A data set in CoTA's layout whose clips are tones: what is heard is known exactly, and it is written in a second."""

from __future__ import annotations

import hashlib
import io
from pathlib import Path

import numpy as np
import soundfile
from datasets import Dataset

from dataset_builder.question_text import question_text
from dataset_builder.schema import SAMPLING_RATE, features
from modeling_audio_reasoner import SYSTEM_PROMPT, Reasoning


PITCHES = {"low": 300.0, "high": 2400.0}
QUESTIONS = ("Is the tone low or high?", "Which pitch has the tone?")
README = """---
configs:
- config_name: default
  default: true
  description: content {digest}
  data_files:
  - split: train
    path: data/train.parquet
  - split: validation
    path: data/validation.parquet
---
"""


def tone(pitch: str, generator: np.random.Generator, seconds: float) -> np.ndarray:
    """A tone within a third of an octave of the pitch, at a random phase and loudness, in weak noise: float32."""
    frequency = PITCHES[pitch] * 2 ** generator.uniform(-1 / 6, 1 / 6)
    times = np.arange(round(seconds * SAMPLING_RATE)) / SAMPLING_RATE
    wave = generator.uniform(0.2, 0.6) * np.sin(2 * np.pi * (frequency * times + generator.random()))
    return (wave + 0.01 * generator.standard_normal(len(times))).astype(np.float32)


def flac(waveform: np.ndarray) -> bytes:
    """The clip as FLAC."""
    buffer = io.BytesIO()
    soundfile.write(buffer, waveform, SAMPLING_RATE, format="FLAC", subtype="PCM_16")
    return buffer.getvalue()


def row(index: int, split: str, generator: np.random.Generator, structured: bool, heard: str) -> dict:
    """One row. `heard` is "tone", "silence", or "other": a tone that has nothing to do with the answer."""
    answer = list(PITCHES)[index % 2]
    choices = list(generator.permutation(list(PITCHES)))
    sounding = answer if heard == "tone" else list(PITCHES)[int(generator.integers(2))]
    waveform = tone(sounding, generator, seconds=generator.uniform(0.5, 1.0))
    clip = {"bytes": flac(waveform * (heard != "silence")), "path": f"{split}-{index}.flac"}
    question = QUESTIONS[int(generator.integers(len(QUESTIONS)))]
    other = next(choice for choice in choices if choice != answer)
    reasoning = Reasoning(
        planning="I listen for the pitch.",
        caption=f"The tone is {answer}.",
        reasoning=f"That is {answer}, not {other}.",
        summary=f"The tone is {answer}.",
        response=answer,
    )
    parts = [{"type": "audio", "text": None, "audio": clip}, _text(question_text(question, choices))]
    messages = [
        {"role": "system", "content": [_text(SYSTEM_PROMPT)]},
        {"role": "user", "content": parts},
        {"role": "assistant", "content": [_text(reasoning.render() if structured else answer)]},
    ]
    return {
        "id": f"{split}-{index}",
        "audio": clip,
        "duration": len(waveform) / SAMPLING_RATE,
        "domain": "sound",
        "task": "pitch",
        "language": None,
        "source": "tones",
        "source_id": str(index),
        "license": "CC0-1.0",
        "annotations": {"label": answer},
        "question": question,
        "choices": choices,
        "answer": answer,
        **{name: getattr(reasoning, name) for name in ("planning", "caption", "reasoning", "summary", "response")},
        "messages": messages,
        "images": [],
        "length": len(waveform) // 100,
        "teacher": {"model": "annotations"},
        "review": {},
    }


def write_cota(
    folder: Path, train: int = 64, validation: int = 32, seed: int = 0, structured: bool = True, heard: str = "tone"
) -> Path:
    """Write the data set and return its folder. Answers alternate, so that a guess costs ln(2) nats a row."""
    generator = np.random.default_rng(seed)
    (folder / "data").mkdir(parents=True)
    for split, count in (("train", train), ("validation", validation)):
        rows = [row(index, split, generator, structured, heard) for index in range(count)]
        Dataset.from_list(rows, features=features()).to_parquet(folder / "data" / f"{split}.parquet")
    parts = [(folder / "data" / f"{split}.parquet").read_bytes() for split in ("train", "validation")]
    digest = hashlib.sha256(b"".join(parts)).hexdigest()[:16]
    (folder / "README.md").write_text(README.format(digest=digest), encoding="utf-8")
    return folder


def _text(text: str) -> dict:
    return {"type": "text", "text": text, "audio": None}
