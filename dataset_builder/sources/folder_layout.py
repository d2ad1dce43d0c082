"""Folders and metadata files that a corpus must have, or an error that says where they were looked for and got."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path


AUDIO_SUFFIXES = frozenset(
    (".wav", ".flac", ".mp3", ".ogg", ".oga", ".opus", ".m4a", ".aac", ".aif", ".aiff", ".au", ".wma", ".w64", ".caf")
    + (".mp4", ".mkv", ".webm", ".mov")
)
"""Of files that may hold sound: what libsndfile or FFmpeg reads and corpora use."""


def require_folder(folder: Path, corpus: str, home: str) -> Path:
    """The folder of a corpus.

    Raises:
        FileNotFoundError: it is not there, or is a file.
    """
    if not folder.is_dir():
        what = "is a file" if folder.exists() else "is not there"
        mend = f"get the corpus from {home}" if home.startswith("http") else "name the one that holds the recordings"
        raise FileNotFoundError(f"The folder {folder} of {corpus} {what}; {mend}.")
    return folder


def require_file(folder: Path, paths: Sequence[str], corpus: str, home: str) -> Path:
    """The first of the paths in the folder that is a file.

    Raises:
        FileNotFoundError: none is.
    """
    found = next((folder / path for path in paths if (folder / path).is_file()), None)
    if found is None:
        raise FileNotFoundError(
            f"{folder} has no {' or '.join(paths)}, which {corpus} keeps there; name the folder that holds it, or get "
            f"the corpus from {home}."
        )
    return found
