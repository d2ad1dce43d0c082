"""A corpus's entries held against the disk: what is there becomes a `Recording`, what is not a `BrokenRecording`.

Every reader says what its corpus lists, as `Entry`s; missing files, double names and wrong values are found here, once
for all. Nothing is opened.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ..audio_reference import AudioReference
from ..recording import BrokenRecording, Recording
from .annotation_keys import canonical


Item = Recording | BrokenRecording


@dataclass(frozen=True)
class Place:
    """Where an entry stands: a file of the corpus, and the number of a line (or element, row, sample) of it."""

    file: str
    number: int = 0
    unit: str = "line"

    def __str__(self) -> str:
        return f"{self.file}, {self.unit} {self.number}" if self.number else self.file

    @property
    def id(self) -> str:
        """The name of an entry that has no other."""
        return f"{self.file}:{self.number}" if self.number else self.file


@dataclass(frozen=True)
class Entry:
    """What a corpus lists.

    Args:
        place: where it is listed.
        source_id: its name within the corpus.
        audio: where its sound lies; or the files that may hold it, of which the first that exists is meant.
        problem: what is wrong with the entry; the other fields are not looked at then.
    """

    place: Place
    source_id: str = ""
    audio: AudioReference | Sequence[Path] = ()
    domain: str = ""
    license: str = ""
    language: str | None = None
    group: str = ""
    annotations: dict[str, Any] = field(default_factory=dict)
    split: str | None = None
    problem: str | None = None


def recordings(name: str, entries: Callable[[], Iterator[Entry]]) -> Iterator[Item]:
    """The recordings of the corpus `name`, one for each entry and in the same order.

    Of the names that were given, only the hashes are held (80 bytes each), to find those that come twice. Where a hash
    does, `entries` is called again, once, to find the places of all names.
    """
    seen: set[int] = set()
    places: dict[str, Place] | None = None
    for entry in entries():
        if entry.problem is not None:
            yield BrokenRecording(f"{name}/{entry.place.id}", name, f"{entry.place}: {entry.problem}")
            continue
        known = hash(entry.source_id)
        if known in seen:
            places = _first_places(entries()) if places is None else places
            first = places.get(entry.source_id, entry.place)
            if first != entry.place:  # else two names have one hash
                reason = f"{entry.place}: {entry.source_id!r} is listed before, in {first}; one of the two must go."
                yield BrokenRecording(f"{name}/{entry.place.id}", name, reason)
                continue
        seen.add(known)
        yield _held_against_the_disk(name, entry)


def _first_places(entries: Iterator[Entry]) -> dict[str, Place]:
    found: dict[str, Place] = {}
    for entry in entries:
        if entry.problem is None:
            found.setdefault(entry.source_id, entry.place)
    return found


def _held_against_the_disk(name: str, entry: Entry) -> Item:
    identifier = f"{name}/{entry.source_id}"
    audio = entry.audio
    if not isinstance(audio, AudioReference):
        path = next((path for path in audio if _is_file(path)), None)
        if path is None:
            return BrokenRecording(identifier, name, f"{entry.place}: {_missing(audio)}")
        audio = AudioReference(path)
    try:
        return Recording(
            id=identifier,
            audio=audio,
            source=name,
            source_id=entry.source_id,
            domain=entry.domain,  # type: ignore[arg-type]  # Recording checks it
            license=entry.license,
            language=entry.language,
            group=entry.group,
            annotations=canonical(entry.annotations),
            split=entry.split,
        )
    except ValueError as error:
        return BrokenRecording(identifier, name, f"{entry.place}: {error}")


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except OSError:  # such as a name of 5,000 letters in a damaged list
        return False


def _missing(paths: Sequence[Path]) -> str:
    if not paths:
        return "it names no audio file."
    if (link := next(filter(os.path.islink, paths), None)) is not None:
        return f"the audio file {link} is a link to {os.readlink(link)}, which is not there; mend or remove the link."
    others = f" nor under {len(paths) - 1} other names that the corpus uses" if len(paths) > 1 else ""
    return f"the audio file {paths[0]} is not there{others}; fetch it, or take it out of the list."
