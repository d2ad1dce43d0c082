"""A row of CoTA as it is stored: assembled from a reviewed row and its clip, and held to what every row must be."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from modeling_audio_reasoner import SECTIONS, SYSTEM_PROMPT, Reasoning, parse_reasoning
from modeling_audio_reasoner.audio_resampling import resample

from .audio_reference import AudioReference
from .checks.check import PASS
from .clip import audible_problem, decode_flac, encode_flac
from .question_text import question_text
from .schema import SAMPLING_RATE, row_length


def make_messages(
    question: str, choices: Sequence[str], answer: str, audio: Mapping[str, Any]
) -> list[dict[str, Any]]:
    """The conversation: the paper's system prompt, the clip with the question, the structured answer."""

    def text(value: str) -> dict[str, Any]:
        return {"type": "text", "text": value, "audio": None}

    clip = {"type": "audio", "text": None, "audio": dict(audio)}
    return [
        {"role": "system", "content": [text(SYSTEM_PROMPT)]},
        {"role": "user", "content": [clip, text(question_text(question, choices))]},
        {"role": "assistant", "content": [text(answer)]},
    ]


def stored_row(row: Mapping[str, Any]) -> dict[str, Any]:
    """A reviewed row as `schema.features` stores it (Json columns as text), with its clip in 16 kHz mono FLAC.

    Raises:
        ValueError: the clip cannot be decoded, or the finished row is not what a row must be.
        OSError: the clip is not there.
    """
    flac = clip_flac(AudioReference.from_json(row["clip"]))
    audio = {"bytes": flac, "path": row["id"].replace("/", "_") + ".flac"}
    rendered = Reasoning(**{name: row[name] for name in SECTIONS}).render()
    teachers = row["teachers"]
    stored = {
        "id": row["id"],
        "audio": audio,
        "duration": len(decode_flac(flac)[0]) / SAMPLING_RATE,
        **{name: row[name] for name in ("domain", "task", "language", "source", "source_id", "license")},
        "annotations": json.dumps(_annotations(row), ensure_ascii=False),
        "question": row["question"],
        "choices": list(row["choices"]),
        "answer": row["answer"],
        **{name: row[name] for name in SECTIONS},
        "messages": make_messages(row["question"], row["choices"], rendered, audio),
        "images": [],
        "length": 0,
        "teacher": json.dumps(teachers["reason"] | _others(teachers)),
        "review": json.dumps(row["review"], ensure_ascii=False),
    }
    stored["length"] = row_length(stored["duration"], [row["question"], *row["choices"], rendered])
    if wrong := {name: found for name, found in check_stored(stored).items() if found != PASS}:
        name, found = next(iter(wrong.items()))
        raise ValueError(f"{name}: {found}")
    return stored


def _annotations(row: Mapping[str, Any]) -> dict[str, Any]:
    """What the corpus says, and what was measured and noted down, where it was."""
    found = dict(row["annotations"])
    for name in ("measured", "labels", "kind", "difficulty", "evidence"):
        if row.get(name):
            found[name] = row[name]
    return found


def _others(teachers: Mapping[str, Any]) -> dict[str, Any]:
    others = {name: found for name, found in teachers.items() if name != "reason"}
    return {"stages": others} if others else {}


def clip_flac(reference: AudioReference) -> bytes:
    """The sound of a clip as 16 kHz, 16-bit mono FLAC; a file that is that already is taken as it is.

    Raises:
        ValueError, OSError: as `AudioReference.waveform`.
    """
    if reference.start is None and reference.end is None and reference.path.suffix == ".flac":
        contents = reference.contents()
        if _is_clip(contents):
            return contents
    waveform = resample(*reference.waveform(), SAMPLING_RATE)
    return encode_flac(np.clip(waveform, -1.0, 1.0))


def _is_clip(contents: bytes) -> bool:
    import io

    import soundfile

    try:
        with soundfile.SoundFile(io.BytesIO(contents)) as file:
            kind = (file.format, file.subtype, file.samplerate, file.channels)
    except soundfile.LibsndfileError:
        return False
    return kind == ("FLAC", "PCM_16", SAMPLING_RATE, 1)


def check_stored(row: Mapping[str, Any]) -> dict[str, str]:
    """`{check: "pass" | what is wrong}` of a row in stored form: structure, answer, messages, clip, review."""
    return {
        "structure": _structure(row),
        "answer": _answer(row),
        "messages": _messages(row),
        "clip": _clip(row),
        "review": PASS if json.loads(row["review"])["verdict"] == PASS else "the review of the row failed",
    }


def _structure(row: Mapping[str, Any]) -> str:
    rendered = row["messages"][-1]["content"][0]["text"]
    parsed = parse_reasoning(rendered)
    if not parsed.complete:
        return f"the answer is malformed: {'; '.join(parsed.problems)}"
    for section in SECTIONS:
        if getattr(parsed, section) != row[section]:
            return f"the column {section!r} is not what the messages hold"
    return PASS if parsed.render() == rendered else "the answer does not render as it was parsed"


def _answer(row: Mapping[str, Any]) -> str:
    if row["choices"] and row["answer"] not in row["choices"]:
        return f"the answer {row['answer']!r} is no choice"
    return PASS if row["answer"].strip() else "the answer is empty"


def _messages(row: Mapping[str, Any]) -> str:
    if [message["role"] for message in row["messages"]] != ["system", "user", "assistant"]:
        return "the messages are not system, user, assistant"
    clip, text = row["messages"][1]["content"]
    if clip["audio"]["bytes"] != row["audio"]["bytes"]:
        return "the clip of the messages is not the clip of the row"
    wanted = question_text(row["question"], row["choices"])
    return PASS if text["text"] == wanted else f"the text {text['text']!r} is not the question {wanted!r}"


def _clip(row: Mapping[str, Any]) -> str:
    try:
        waveform, rate = decode_flac(row["audio"]["bytes"])
    except ValueError as error:
        return str(error)
    if rate != SAMPLING_RATE:
        return f"the clip is at {rate} Hz instead of {SAMPLING_RATE}"
    if abs(len(waveform) / rate - row["duration"]) > 1e-3:
        return f"the clip lasts {len(waveform) / rate:.3f} s and not {row['duration']:.3f} s"
    return audible_problem(waveform) or PASS
