"""Stage `read`: every entry of every source as a row, with its split; nothing is decoded.

A group of recordings is in one split. Corpora that share recordings (AudioCaps, MusicCaps and AudioSet are all cut
from YouTube) may put one group in several: it is then in the most held-out of them.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

from ..engine.first_seen import FirstSeen
from ..engine.stage import Left, Outcome, Row, Stage, TaskPlace
from ..group_splits import GroupSplits
from ..recording import BrokenRecording, Recording
from ..schema import SPLITS
from ..sources.source import open_source


READING = "3"
"""Raised where the same sources give other rows."""


class Read(Stage):
    """Lists the recordings.

    Args:
        sources: settings of the sources, in the order in which they are read.
        base: the folder that their paths start from.
        splits: shares for recordings without a split of their corpus.
        seed: of the draw.
    """

    name = "read"
    once = True

    def __init__(
        self, sources: Sequence[Mapping[str, Any]], base: Path, splits: Mapping[str, float], seed: int
    ) -> None:
        self.sources, self.base, self.splits, self.seed = list(sources), base, dict(splits), seed

    def version(self) -> dict[str, Any]:
        sources = [dict(source) for source in self.sources]
        return {"sources": sources, "splits": self.splits, "seed": self.seed, "version": READING}

    def inputs(self, place: TaskPlace) -> Iterator[Row]:
        # Which split a group is in is known when all sources are read; until then the rows wait on disk.
        path = place.folder.file("read", 0, "jsonl")
        groups = GroupSplits()
        ids, sounds = (FirstSeen(place.folder.file(name, place.rank, "sqlite")) for name in ("ids", "sounds"))
        with path.open("w", encoding="utf-8") as rows, closing(ids), closing(sounds):
            for row in self._read(groups, ids, sounds):
                rows.write(json.dumps(row, ensure_ascii=False) + "\n")
        moved: Counter[tuple[str, str]] = Counter()
        with path.open(encoding="utf-8") as lines:
            for line in lines:
                yield self._with_split(json.loads(line), groups, moved)
        path.unlink()
        _note(place, moved)

    def _read(self, groups: GroupSplits, seen: FirstSeen, sounds: FirstSeen) -> Iterator[Row]:
        """The rows as the sources give them; the splits that corpora name go to `groups`."""
        for settings in self.sources:
            source = open_source(settings, self.base)
            for item in source.read():
                name, where = item.id, f"the source {source.name!r}"
                reason: str | None
                if before := seen.before(name, where):
                    reason = f"The id {name!r} of {where} was given before, by {before}; ids must be unique."
                    yield {"id": f"{name}#again", "broken": reason}
                elif isinstance(item, BrokenRecording):
                    yield {"id": name, "broken": item.reason}
                elif reason := _in_another_group(item, sounds):
                    yield {"id": name, "broken": reason}
                else:
                    if item.split is not None:
                        groups.add(item.group, item.split)
                    yield {"id": name, "recording": item.to_json()}

    def _with_split(self, row: Row, groups: GroupSplits, moved: Counter[tuple[str, str]]) -> Row:
        if "broken" in row:
            return row
        recording = row["recording"]
        own = recording["split"] or draw_split(recording["group"], self.splits, self.seed)
        split = groups.of(recording["group"]) or own
        if split != own:
            moved[own, split] += 1
            recording["split"] = split
        return row | {"split": split}

    async def process(self, row: Row) -> Outcome:
        if "broken" in row:
            return Left({"id": row["id"]}, "error", "unreadable", row["broken"])
        return row


def _in_another_group(recording: Recording, sounds: FirstSeen) -> str | None:
    """What is wrong where the file of a recording came before under another name, by a link or a second listing.

    Of one group the two are together in a split, as where AudioCaps and AudioSet name one clip.
    """
    audio = recording.audio
    try:
        file = os.stat(audio.path)
    except OSError:  # has gone since it was listed, which the next stage says
        return None
    part = (file.st_dev, file.st_ino, audio.member, audio.column, audio.row, audio.start, audio.end)
    first = sounds.before(json.dumps(part), json.dumps([recording.group, recording.id]))
    if first is None or (before := json.loads(first))[0] == recording.group:
        return None
    link = f", a link to {os.path.realpath(audio.path)}," if audio.path.is_symlink() else ""
    return (
        f"Its file {audio}{link} is that of {before[1]!r} too, and the two are not of one group: remove one of the "
        "names, or give both one `group`, so that no sound is in two splits."
    )


def draw_split(group: str, shares: Mapping[str, float], seed: int) -> str:
    """The split of a group of recordings: depends on its name, the shares and the seed alone."""
    digest = hashlib.sha256(f"{seed}/{group}".encode()).digest()
    drawn = int.from_bytes(digest[:8], "big") / 2**64
    for split in SPLITS:
        drawn -= shares[split]
        if drawn < 0:
            return split
    return SPLITS[0]


def _note(place: TaskPlace, moved: Mapping[tuple[str, str], int]) -> None:
    """Say in the stage's folder how many recordings follow their group."""
    if moved:
        ways = ", ".join(f"{count} from {own} to {split}" for (own, split), count in sorted(moved.items()))
        note = f"{sum(moved.values())} recordings are in the split in which a corpus holds out their group: {ways}.\n"
        place.folder.file("notes", 0, "txt").write_text(note, encoding="utf-8")
