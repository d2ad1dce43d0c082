"""Whether the recordings of questions are there and can be read, found out before anything is asked.

What is missing or broken is counted, and the first few are named. Knows nothing of models: what is whole and too long
for one is its own to say.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache
from pathlib import Path

from evaluation.benchmarks.place import Source
from evaluation.benchmarks.question import Question
from evaluation.benchmarks.recording import Recording, decoded


NAMED = 3
"""So many recordings are named."""


def check_there(questions: Sequence[Question], folder: Path, source: Source) -> None:
    """Refuse questions whose recordings are missing: none is asked before all are there.

    Raises:
        FileNotFoundError: says how many are missing, which, and where to get them.
    """
    files = dict.fromkeys(recording.path for question in questions for recording in question.recordings)
    missing = [_from(folder, path) for path in files if not Path(path).is_file()]
    if missing:
        named = f"the recording {missing[0]}"
        if len(missing) > 1:
            named = f"{len(missing)} of {len(files)} recordings ({_first(missing, ', ')})"
        raise FileNotFoundError(
            f"{folder} lacks {named}: unpack the audio of {source.benchmark} there ({source.site})."
        )


def check_readable(questions: Sequence[Question], source: Source) -> None:
    """Refuse questions with a recording that is no audio, empty or cut off; each is decoded, once a process.

    Where the benchmark is published with empty files, questions about these are let by, and fail when they are asked.

    Raises:
        ValueError: says how many cannot be read, which and why.
    """
    recordings = list(dict.fromkeys(recording for question in questions for recording in question.recordings))
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        faults = [fault for fault in pool.map(lambda one: _fault(one, _stamp(one), source.empty), recordings) if fault]
    if faults:
        raise ValueError(
            f"{len(faults)} of {len(recordings)} recordings of {source.benchmark} cannot be read, so nothing was "
            f"asked: {_first(faults, '; ')}."
        )


@lru_cache(maxsize=1 << 16)
def _fault(recording: Recording, stamp: tuple[int, int], empty: bool) -> str | None:
    """Why a recording cannot be read; None of one that can. `stamp` tells a file that was changed from what it was."""
    try:
        contents = recording.contents()
        if contents or not empty:
            decoded(contents, str(recording))
    except (OSError, ValueError, RuntimeError) as error:  # the last of torchcodec without FFmpeg's libraries
        return next(iter(str(error).splitlines()), type(error).__name__).rstrip(".")
    return None


def _stamp(recording: Recording) -> tuple[int, int]:
    facts = os.stat(recording.path)
    return facts.st_size, facts.st_mtime_ns


def _from(folder: Path, path: str) -> str:
    """A path as it is called from the folder, where it lies in it."""
    return str(Path(path).relative_to(folder)) if Path(path).is_relative_to(folder) else path


def _first(texts: Sequence[str], between: str) -> str:
    more: Iterable[str] = [f"and {len(texts) - NAMED} more"] if len(texts) > NAMED else []
    return between.join([*texts[:NAMED], *more])
