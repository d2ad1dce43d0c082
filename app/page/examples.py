"""Example recordings: audio files that have a question beside them, in a text file of the same name."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from dataset_builder.question_text import split_question


AUDIO_SUFFIXES = (".flac", ".mp3", ".ogg", ".wav")


@dataclass(frozen=True)
class Example:
    """A recording with a question, and the choices of a multiple-choice one."""

    recording: Path
    question: str
    choices: tuple[str, ...]

    @property
    def name(self) -> str:
        return self.recording.stem.replace("_", " ")


def examples_in(folder: Path) -> list[Example]:
    """The examples of a folder, by name: NAME.flac (or .mp3, .ogg, .wav) with NAME.txt, which holds its question.

    Raises:
        ValueError: a text file is empty or not in UTF-8.
    """
    found = []
    for recording in sorted(folder.iterdir()):
        asked = recording.with_suffix(".txt")
        if recording.suffix.lower() not in AUDIO_SUFFIXES or not asked.is_file():
            continue
        text = asked.read_text(encoding="utf-8").strip()
        if not text:
            raise ValueError(f"{asked} is empty: write the question about {recording.name} into it.")
        found.append(Example(recording.resolve(), *split_question(text)))
    return found
