"""Stage `measure`: each recording is decoded once, and what can be measured of it goes into its row."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Any

import numpy as np

from ..audio_reference import AudioReference
from ..clip import AUDIBLE_DB, active_bounds, audible_problem
from ..engine.stage import Left, Outcome, Row, Stage
from ..measuring import MEASURING
from ..schema import SAMPLING_RATE


class Measure(Stage):
    """Measures recordings and leaves behind those in which there is nothing to hear.

    Args:
        max_seconds: a longer recording is an error.
        min_seconds: a shorter recording is left behind.
        facts: groups of facts to measure, of `level`, `silence`, `speech` and `music`; None for all that fit the
            domain.
        fingerprint: whether to take an acoustic fingerprint, for finding near-duplicates.

    Raises:
        ValueError: there are no such facts, or `min_seconds` is none.
    """

    name = "measure"

    def __init__(
        self,
        max_seconds: float,
        min_seconds: float = 0.1,
        facts: Sequence[str] | None = None,
        fingerprint: bool = True,
    ) -> None:
        from ..measuring.facts import check_groups

        check_groups(facts)
        if not 0 <= min_seconds <= max_seconds:
            raise ValueError(f"min_seconds is {min_seconds:g}: give seconds from 0 to max_seconds, {max_seconds:g}.")
        self.max_seconds, self.min_seconds, self.fingerprint = max_seconds, min_seconds, fingerprint
        self.facts = None if facts is None else list(facts)
        self.imports = ("soundfile", "soxr", *(("pyloudnorm",) if facts is None or "level" in facts else ()))

    def version(self) -> dict[str, Any]:
        return {
            "max_seconds": self.max_seconds,
            "min_seconds": self.min_seconds,
            "facts": self.facts,
            "fingerprint": self.fingerprint,
            "measuring": MEASURING,
        }

    async def process(self, row: Row) -> Outcome:
        from modeling_audio_reasoner.audio_resampling import resample

        from ..measuring.facts import measure
        from ..measuring.fingerprint import fingerprint, to_text

        recording = row["recording"]
        try:
            waveform, rate = AudioReference.from_json(recording["audio"]).waveform(self.max_seconds)
        except (ValueError, OSError) as error:
            return Left(row, "error", kind_of(error), " ".join(str(error).split()))
        found = dict(row, content=content_hash(waveform, rate))
        heard = resample(waveform, rate, SAMPLING_RATE)
        first, last = active_bounds(heard, SAMPLING_RATE)
        if first == last:
            return Left(found, "rejected", "silent", "The recording is digital silence.")
        if audible_problem(heard):  # which would be said of its clip when every teacher has been paid
            reason = f"The recording is nowhere louder than {AUDIBLE_DB:g} dBFS (RMS of 20 ms): nothing can be heard."
            return Left(found, "rejected", "silent", reason)
        if len(waveform) < self.min_seconds * rate:
            reason = f"The recording lasts {len(waveform) / rate:.3f} s and not {self.min_seconds:g} s."
            return Left(found, "rejected", "too short", reason)
        facts = measure(waveform, rate, recording["domain"], self.facts)
        found["measured"] = facts
        found["seconds"] = {"all": len(waveform) / rate, "active": (last - first) / SAMPLING_RATE}
        if self.fingerprint:
            found["fingerprint"] = to_text(fingerprint(waveform, rate))
        return found


KINDS = (
    ("is empty (0 bytes)", "empty file"),
    ("is truncated", "truncated"),
    ("zero samples", "no samples"),
    ("NaN or infinite", "samples not finite"),
    ("full scale", "samples out of range"),
    ("more than the maximum", "too long"),
    ("not audio that can be decoded", "not audio"),
    ("no sound that can be decoded", "not audio"),
    ("needs torchcodec", "FFmpeg missing"),
    ("ends within its member", "truncated"),
    ("after the recording", "part beyond the end"),
    ("holds no bytes", "empty cell"),
)
"""What the reading of a recording says, and in few words what was wrong, by which errors are counted."""


def kind_of(error: ValueError | OSError) -> str:
    """What was wrong with a recording that could not be read."""
    if isinstance(error, FileNotFoundError):
        return "missing file"
    if isinstance(error, OSError):
        return "unreadable file"
    return next((kind for phrase, kind in KINDS if phrase in str(error)), "not read")


def content_hash(waveform: np.ndarray, rate: int) -> str:
    """The same for two files with the same samples, however they are named, tagged or losslessly packed."""
    digest = hashlib.sha256(f"{rate}/".encode())
    digest.update(np.clip(np.rint(waveform * 32768.0), -32768, 32767).astype("<i2").tobytes())
    return digest.hexdigest()[:32]
