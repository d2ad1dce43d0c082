"""What a question's model hears: its recording, or a control in its place. Knows nothing of scores.

- `real`: the recording.
- `silence`: digital silence of its length.
- `noise`: white noise of its length and loudness, drawn from the question's id.
- `shuffle`: the recording of another question of its kind.
- `none`: nothing; the question alone.
"""

from __future__ import annotations

import base64
import hashlib
from typing import Any

import numpy as np
from inspect_ai.model import ChatMessageUser, ContentAudio, ContentText
from inspect_ai.solver import Generate, Solver, TaskState, solver

from evaluation.benchmarks.recording import Recording, decoded, portable, wav


SILENT_LOUDNESS = 1e-3
"""Of the noise in place of a recording without sound, root mean square of full scale."""


@solver
def hear(heard: str = "real") -> Solver:
    """Put the recordings before the question, as WAV or MP3 in the message; what was sent is noted in the metadata.

    The sample's metadata name the recordings: "recordings", and for `shuffle` those of another question, "others".

    Args:
        heard: one of `evaluation.heard.HEARD`.
    """

    async def solve(state: TaskState, generate: Generate) -> TaskState:
        places = state.metadata["others" if heard == "shuffle" else "recordings"]
        parts, noted = [], []
        for number, fields in enumerate([] if heard == "none" else places):
            recording = Recording.from_json(fields)
            contents, form = sent(recording, heard, f"{state.sample_id}/{number}")
            noted.append({"recording": str(recording), "sent_sha256": hashlib.sha256(contents).hexdigest()})
            parts.append(ContentAudio(audio=data_uri(contents, form), format=form))
        message = state.user_prompt
        message.content = [*parts, ContentText(text=message.text)]
        state.metadata["heard"] = {"condition": heard, "sent": noted}
        return state

    return solve


def sent(recording: Recording, heard: str, seed: str) -> tuple[bytes, Any]:
    """The file that is sent for a recording, and its format.

    Args:
        recording: of the question, or of another one.
        heard: one of `HEARD` but `none`.
        seed: of the noise.
    """
    contents = recording.contents()
    if heard in ("real", "shuffle"):
        return portable(contents, str(recording))
    waveform, rate = decoded(contents, str(recording))
    if heard == "silence":
        return wav(np.zeros_like(waveform), rate), "wav"
    draw = np.random.default_rng(int.from_bytes(hashlib.sha256(seed.encode()).digest()[:8], "big"))
    loudness = float(np.sqrt(np.mean(np.square(waveform, dtype=np.float64))))
    noise = draw.standard_normal(len(waveform)) * max(loudness, SILENT_LOUDNESS)
    return wav(np.clip(noise, -1, 1).astype(np.float32), rate), "wav"


def data_uri(contents: bytes, form: str) -> str:
    """A file as inspect's messages hold it."""
    kind = "mpeg" if form == "mp3" else "wav"
    return f"data:audio/{kind};base64,{base64.b64encode(contents).decode()}"


def user_message(text: str) -> ChatMessageUser:
    """A question before its recording is put to it."""
    return ChatMessageUser(content=[ContentText(text=text)])
