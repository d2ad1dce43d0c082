"""From a plan to a row of CoTA: mix the clip, let the teacher write, review."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from modeling_audio_reasoner import SYSTEM_PROMPT

from .clip import (
    FLOOR_DB,
    LEVEL_DB,
    LEVEL_SPREAD_DB,
    add_floor,
    crop,
    encode_flac,
    fade,
    level,
    place,
    resample,
)
from .question_text import question_text
from .recording import Recording
from .recording_audio import trimmed
from .review import review_row
from .row_plan import RowPlan
from .schema import SAMPLING_RATE, row_length
from .teacher_annotations import TEACHER, reason


def row_rng(seed: int, row_id: str) -> np.random.Generator:
    """Random numbers that depend on the seed and the row alone, so that the number of workers changes nothing."""
    digest = hashlib.sha256(f"{seed}/{row_id}".encode()).digest()
    return np.random.default_rng(np.frombuffer(digest, dtype=np.uint32))


def mix_clip(
    plan: RowPlan, recordings: Mapping[str, Recording], rng: np.random.Generator
) -> tuple[np.ndarray, list[dict[str, Any]]]:
    """The clip, float32 (samples,) at 16 kHz, and where each recording is heard in it.

    Segments with the same recording are the same cut of it: a repeated event is repeated exactly but for its level.

    Raises:
        ValueError: a recording cannot be read or is silent, or the segments do not fit in the clip.
    """
    rate = plan.bandwidth
    cuts: dict[str, np.ndarray] = {}
    contents, gains = [], []
    for segment in plan.draft.segments:
        if segment.recording not in cuts:
            start = 0.0 if segment.crop == "start" else float(rng.random())
            waveform = trimmed(recordings[segment.recording].audio, rate)
            cuts[segment.recording] = fade(crop(waveform, rate, segment.seconds, start), rate)
        gains.append(LEVEL_DB + float(rng.uniform(-LEVEL_SPREAD_DB, LEVEL_SPREAD_DB)))
        contents.append(level(cuts[segment.recording], rate, gains[-1]))
    clip, spans = place(contents, rate, plan.draft.seconds, rng, plan.draft.gap_seconds)
    clip = resample(add_floor(clip, rng), rate, SAMPLING_RATE)
    heard = [
        {
            "id": segment.recording,
            "group": recordings[segment.recording].group,
            "start": round(start, 3),
            "end": round(end, 3),
            "level_db": round(gain, 1),
            "facts": recordings[segment.recording].annotations,
        }
        for segment, (start, end), gain in zip(plan.draft.segments, spans, gains, strict=True)
    ]
    return clip, heard


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


def make_row(plan: RowPlan, recordings: Mapping[str, Recording], seed: int) -> dict[str, Any]:
    """The row, as `schema.features` stores it (Json columns as text). Its `review` may say that it failed.

    Raises:
        ValueError: a recording cannot be read or is silent, or the segments do not fit in the clip.
    """
    draft = plan.draft
    clip, heard = mix_clip(plan, recordings, row_rng(seed, plan.id))
    duration = len(clip) / SAMPLING_RATE
    audio = {"bytes": encode_flac(clip), "path": f"{plan.id}.flac"}
    reasoning = reason(plan.task, plan.question, plan.choices, draft.answer)
    used = [recordings[name] for name in dict.fromkeys(segment.recording for segment in draft.segments)]
    languages = {recording.language for recording in used}
    annotations = {
        **({"label": draft.label} if draft.label is not None else {}),
        **draft.facts,
        "recordings": heard,
        "bandwidth_hz": plan.bandwidth // 2,
        "floor_db": FLOOR_DB,
    }
    rendered = reasoning.render()
    row: dict[str, Any] = {
        "id": plan.id,
        "audio": audio,
        "duration": duration,
        "domain": draft.domain,
        "task": plan.task,
        "language": languages.pop() if len(languages) == 1 else None,
        "source": "+".join(sorted({recording.source for recording in used})),
        "source_id": "+".join(recording.source_id for recording in used),
        "license": " AND ".join(sorted({recording.license for recording in used})),
        "annotations": json.dumps(annotations, ensure_ascii=False),
        "question": plan.question,
        "choices": list(plan.choices),
        "answer": draft.answer,
        "planning": reasoning.planning,
        "caption": reasoning.caption,
        "reasoning": reasoning.reasoning,
        "summary": reasoning.summary,
        "response": reasoning.response,
        "messages": make_messages(plan.question, plan.choices, rendered, audio),
        "images": [],
        "length": row_length(duration, [plan.question, *plan.choices, rendered]),
        "teacher": json.dumps(TEACHER),
    }
    row["review"] = json.dumps(review_row(row))
    return row
