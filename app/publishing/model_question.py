"""A question to what is about to be sent, in a fresh process that loads it as anybody would.

That process cannot import this package and has no network (`evaluation.local.isolation`). Whether the answer is right
does not matter here: the model may never have heard a tone.
"""

from __future__ import annotations

import io
import tempfile
from dataclasses import dataclass
from pathlib import Path

from app.publishing.plan import Plan


QUESTION = "What is heard?"
NEW_TOKENS = 32
PITCH, SECONDS, RATE = 440.0, 1.0, 16_000


@dataclass(frozen=True)
class Answer:
    """What the model wrote, from how many embeddings of the tone, and its class's name."""

    text: str
    audio_tokens: int
    model_class: str


def tone() -> bytes:
    """A WAV file of a sine, in 16 bits."""
    import numpy as np
    import soundfile

    buffer = io.BytesIO()
    wave = 0.3 * np.sin(2 * np.pi * PITCH * np.arange(int(SECONDS * RATE)) / RATE)
    soundfile.write(buffer, wave, RATE, format="WAV", subtype="PCM_16")
    return buffer.getvalue()


def ask_in_fresh_process(plan: Plan) -> Answer:
    """Load exactly the files that would be sent, and ask about a tone.

    Raises:
        ValueError: they cannot be loaded, or the model does not answer or does not hear.
    """
    from evaluation.local.process import AnsweringProcess, ModelStopped

    content = [{"type": "audio", "name": "tone.wav"}, {"type": "text", "text": QUESTION}]
    options = {"max_new_tokens": NEW_TOKENS, "do_sample": False}
    with tempfile.TemporaryDirectory(prefix="audio-reasoner-") as name:
        staged = Path(name).resolve() / "model"
        stage(plan, staged)
        process = AnsweringProcess(staged, batch_size=1, ahead=1)
        try:
            request = process.submit([{"role": "user", "content": content}], (tone(),), options)
            answer = request.answer.result()
            facts = process.facts
        except (ModelStopped, ValueError) as error:
            said = str(error).replace(f"{staged}: ", "").replace(str(staged), str(plan.folder))
            raise ValueError(
                f"{plan.folder}: a fresh process in which this package is absent cannot load it and answer ({said})"
            ) from None
        finally:
            process.close()
    return Answer(answer["output"], answer["audio_tokens"], facts["model_class"].rpartition(".")[2])


def stage(plan: Plan, folder: Path) -> None:
    """Put the files of a plan into an empty folder, as links to those that lie on disk."""
    folder.mkdir(parents=True)
    for file in plan.files:
        target = folder / file.name
        target.parent.mkdir(parents=True, exist_ok=True)
        if isinstance(file.content, bytes):
            target.write_bytes(file.content)
        else:
            target.symlink_to(file.content.resolve())
