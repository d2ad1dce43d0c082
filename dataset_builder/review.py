"""The review of a row: named checks, each with a verdict. A row that fails one is not written."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from modeling_audio_reasoner import SECTIONS, parse_reasoning

from .clip import FLOOR_DB, decode_flac
from .question_text import question_text
from .schema import SAMPLING_RATE


AUDIBLE_DB = FLOOR_DB + 15
"""The loudest 20 ms of a clip have to be this loud."""


def review_row(row: Mapping[str, Any]) -> dict[str, Any]:
    """`{"verdict": "pass" | "fail", "checks": {name: "pass" | what is wrong}}` of a row in stored form."""
    checks = {
        "structure": _structure(row),
        "response": _equal("the response", row["response"], "the answer", row["answer"]),
        "answer": "pass" if row["answer"] in row["choices"] else f"the answer {row['answer']!r} is no choice",
        "messages": _messages(row),
        "clip": _clip(row),
    }
    return {"verdict": "pass" if set(checks.values()) == {"pass"} else "fail", "checks": checks}


def _equal(name: str, found: object, other: str, wanted: object) -> str:
    return "pass" if found == wanted else f"{name} {found!r} is not {other} {wanted!r}"


def _structure(row: Mapping[str, Any]) -> str:
    rendered = row["messages"][-1]["content"][0]["text"]
    parsed = parse_reasoning(rendered)
    if not parsed.complete:
        return f"the answer is malformed: {'; '.join(parsed.problems)}"
    for section in SECTIONS:
        if getattr(parsed, section) != row[section]:
            return f"the column {section!r} is not what the messages hold"
    return "pass" if parsed.render() == rendered else "the answer does not render as it was parsed"


def _messages(row: Mapping[str, Any]) -> str:
    if [message["role"] for message in row["messages"]] != ["system", "user", "assistant"]:
        return "the messages are not system, user, assistant"
    clip, text = row["messages"][1]["content"]
    if clip["audio"]["bytes"] != row["audio"]["bytes"]:
        return "the clip of the messages is not the clip of the row"
    return _equal("the text", text["text"], "the question", question_text(row["question"], row["choices"]))


def _clip(row: Mapping[str, Any]) -> str:
    try:
        waveform, rate = decode_flac(row["audio"]["bytes"])
    except ValueError as error:
        return str(error)
    if rate != SAMPLING_RATE:
        return f"the clip is at {rate} Hz instead of {SAMPLING_RATE}"
    if abs(len(waveform) / rate - row["duration"]) > 1e-3:
        return f"the clip lasts {len(waveform) / rate:.3f} s and not {row['duration']:.3f} s"
    size = SAMPLING_RATE // 50
    frames = waveform[: len(waveform) // size * size].reshape(-1, size)
    loudest = float(np.sqrt(np.mean(frames.astype(np.float64) ** 2, axis=1)).max(initial=0.0))
    return "pass" if loudest > 10 ** (AUDIBLE_DB / 20) else "the clip is silent"
