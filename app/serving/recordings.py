"""Uploaded bytes -> waveforms, after their headers have been held against what may be heard.

What a header claims is checked before anything is decoded, and no more is decoded than it claims. Reading itself is
the model's own code.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from types import ModuleType
from typing import TYPE_CHECKING

import soundfile

from app.serving.limits import MOST_SAMPLES
from app.serving.refusals import Refusal


if TYPE_CHECKING:
    import numpy as np


def hear(contents: Sequence[tuple[str, bytes]], audio: ModuleType, rate: int, most: float) -> list[np.ndarray]:
    """The recordings of one request, (samples,) float32 each.

    Args:
        contents: name and encoded bytes of each.
        audio: the model's module `audio_loading`.
        rate: the model's, in Hz.
        most: seconds, all together.

    Raises:
        Refusal: one cannot be heard whole or holds nothing to hear, or together they are too long.
    """
    seconds = sum(_claimed(encoded, name, most) for name, encoded in contents)
    if seconds > most:
        raise _too_long("The recordings last", seconds, most)
    waveforms = []
    for name, encoded in contents:
        try:
            waveform = audio.load_audio({"bytes": encoded, "path": name}, rate)
            audio.check_audible(waveform, name)
        except (ValueError, OSError, MemoryError) as error:
            said = " ".join(str(error).split()) or f"{name} cannot be read: send another"
            raise Refusal(400, said, code="recording_not_heard", param="messages") from None
        waveforms.append(waveform)
    return waveforms


def _claimed(encoded: bytes, name: str, most: float) -> float:
    """Seconds of a recording by its own account; of one that cannot be opened 0, since reading says what it is."""
    try:
        with soundfile.SoundFile(io.BytesIO(encoded)) as file:
            frames, rate, channels = file.frames, file.samplerate, file.channels
    except (soundfile.LibsndfileError, OSError, ValueError, TypeError):
        return 0.0
    if not 0 <= frames < 2**62:
        raise Refusal(
            400,
            f"{name} does not say how long it is: write it to a file, and not to a pipe.",
            code="recording_not_heard",
            param="messages",
        )
    if frames / rate > most:
        raise _too_long(f"{name} lasts", frames / rate, most)
    if frames * channels > MOST_SAMPLES:
        raise Refusal(
            413,
            f"{name} holds {frames * channels:,} samples, and this server decodes {MOST_SAMPLES:,}: convert it to "
            "mono at 16 kHz.",
            code="recording_too_long",
            param="messages",
        )
    return frames / rate


def _too_long(said: str, seconds: float, most: float) -> Refusal:
    return Refusal(
        413,
        f"{said} {seconds:.1f} s, and this server hears {most:g} s in one request: cut out what you ask about.",
        code="recording_too_long",
        param="messages",
    )
