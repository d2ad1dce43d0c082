"""The sound of the test items as fingerprints on disk: taken once for a build, looked up by all of its tasks.

Knows nothing of rows, nor of what a fingerprint is.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from typing import Any, Protocol

from ..audio_reference import AudioReference
from .benchmark_items import BenchmarkItem


COMMIT_EVERY = 100
"""Fingerprints: what a process that is killed has to take again."""


class SoundStore(Protocol):
    """Fingerprints by id, to be added to; `dataset_builder.measuring` has one on disk."""

    def __contains__(self, id: str, /) -> bool: ...

    def add(self, id: str, items: Any, /) -> None: ...

    def commit(self) -> None: ...


def items_key(items: Sequence[BenchmarkItem], version: str) -> str:
    """Another one where the items, the place, size or time of an audio file, or `version` are others."""
    digest = hashlib.sha256(version.encode())
    for item in items:
        state = None
        if item.audio is not None:
            found = item.audio.path.stat()
            state = (found.st_size, found.st_mtime_ns)
        digest.update(repr((item, state)).encode())
    return digest.hexdigest()[:16]


def fingerprint_sounds(
    items: Sequence[BenchmarkItem],
    sounds: SoundStore,
    fingerprint: Callable[[AudioReference], Any],
    progress: Callable[[int, int], None] | None = None,
) -> dict[int, str]:
    """Add to `sounds`, under the number of the item, what it lacks; of items with one recording, under the first's.

    Args:
        progress: called with the items that are done and all of them, where a fingerprint was missing.

    Returns:
        The numbers of the items whose sound is not there or cannot be read, with the reason.
    """
    first: dict[AudioReference, int] = {}
    unheard: dict[int, str] = {}
    tried = 0
    for number, item in enumerate(items):
        if item.audio is None:
            unheard[number] = "its audio is not beside the benchmark's file"
        elif (before := first.setdefault(item.audio, number)) != number:
            if before in unheard:
                unheard[number] = unheard[before]
        elif str(number) not in sounds:
            try:
                sounds.add(str(number), fingerprint(item.audio))
            except (OSError, ValueError) as error:
                unheard[number] = " ".join(str(error).split())
            tried += 1
            if tried % COMMIT_EVERY == 0:
                sounds.commit()
                if progress is not None:
                    progress(number + 1, len(items))
    sounds.commit()
    if tried and progress is not None:
        progress(len(items), len(items))
    return unheard
