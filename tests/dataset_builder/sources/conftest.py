"""Tiny trees in the layouts of corpora: text as the corpus writes it, and real audio files of 20 ms."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import soundfile

from dataset_builder.recording import BrokenRecording, Recording
from dataset_builder.sources.source import open_source


class Tree:
    """A folder that a test fills."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def text(self, name: str, *lines: str, encoding: str = "utf-8") -> Path:
        path = self._path(name)
        path.write_text("".join(f"{line}\n" for line in lines), encoding=encoding)
        return path

    def audio(self, *names: str) -> None:
        """Files of 20 ms; what libsndfile does not write (mp4, m4a) is empty, for nothing opens it here."""
        for name in names:
            path = self._path(name)
            if path.suffix in (".wav", ".flac", ".mp3", ".ogg"):
                soundfile.write(path, np.zeros(320, dtype=np.float32), 16_000)
            else:
                path.touch()

    def _path(self, name: str) -> Path:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        return path

    def read(self, corpus: str, **settings) -> tuple[list[Recording], list[BrokenRecording]]:
        """What a build's entry gives of this folder: the recordings and the broken ones."""
        items = list(open_source({"corpus": corpus, "folder": ".", **settings}, self.folder).read())
        return (
            [item for item in items if isinstance(item, Recording)],
            [item for item in items if isinstance(item, BrokenRecording)],
        )

    def sound(self, recording: Recording) -> str:
        """The path of a recording below the folder."""
        return recording.audio.path.relative_to(self.folder).as_posix()


@pytest.fixture
def tree(tmp_path: Path) -> Tree:
    return Tree(tmp_path)


@pytest.fixture
def only() -> Callable:
    """The one recording of a corpus that has nothing else."""

    def check(found: tuple[list[Recording], list[BrokenRecording]]) -> Recording:
        recordings, broken = found
        assert broken == []
        assert len(recordings) == 1
        return recordings[0]

    return check
