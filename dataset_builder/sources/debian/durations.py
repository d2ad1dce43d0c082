"""How long the recordings of each source last, kept in the cache so that it is measured once."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from pathlib import Path

from ...recording import Recording


FILE = "hours.json"


def hours_by_source(
    cache: Path,
    recordings: list[Recording],
    progress: Callable[[int, int], None] = lambda done, whole: None,
) -> dict[str, float]:
    """Source -> hours, from the files' headers; a file that is not audio counts as nothing.

    Args:
        progress: called with the recordings measured so far and those to measure; not at all where all are known.
    """
    by_source: dict[str, list[Recording]] = {}
    for recording in recordings:
        by_source.setdefault(recording.source, []).append(recording)
    try:
        known = json.loads((cache / FILE).read_text())
    except (OSError, ValueError):
        known = {}
    prints = {source: _fingerprint(found) for source, found in by_source.items()}
    unknown = [source for source in by_source if known.get(source, {}).get("of") != prints[source]]
    done, whole = 0, sum(len(by_source[source]) for source in unknown)
    for source in unknown:
        seconds = 0.0
        for recording in by_source[source]:
            seconds += _seconds(recording.audio.path)
            done += 1
            progress(done, whole)
        known[source] = {"of": prints[source], "hours": seconds / 3600}
    if unknown:
        partial = cache / f".{FILE}"
        partial.write_text(json.dumps(known, indent=1) + "\n")
        partial.rename(cache / FILE)
    return {source: known[source]["hours"] for source in by_source}


def _fingerprint(recordings: list[Recording]) -> str:
    names = "\n".join(f"{recording.id} {recording.audio.path.stat().st_size}" for recording in recordings)
    return hashlib.sha256(names.encode()).hexdigest()


def _seconds(path: Path) -> float:
    import soundfile

    try:
        return float(soundfile.info(str(path)).duration)
    except RuntimeError:
        return 0.0
