"""MTG-Jamendo: 55,525 full tracks of Jamendo with tags of genre, instrument and mood.

Home: https://github.com/MTG/mtg-jamendo-dataset. Each track has its own Creative Commons licence, the tags are
CC-BY-NC-SA-4.0. The repository, with the audio beside it:

    <folder>/
      data/splits/split-0/autotagging-train.tsv …-validation.tsv …-test.tsv
            TRACK_ID	ARTIST_ID	ALBUM_ID	PATH	DURATION	TAGS           and one column more for each tag
            track_0000214	artist_000014	album_000031	14/214.mp3	124.6	genre---punkrock
      audio_licenses.txt     14/214.mp3, then a line with the title, then one that ends in the licence's address
      audio/14/214.mp3       or raw_30s/audio/14/214.mp3, or 14/214.low.mp3 of the smaller download

The splits share no artist, and the artist is the group.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from .entry import Entry, Item, Place, recordings
from .folder_layout import require_file, require_folder
from .spdx import UNSTATED, licensed, spdx


HOME = "https://github.com/MTG/mtg-jamendo-dataset"
ANNOTATIONS_LICENSE = "CC-BY-NC-SA-4.0"
SPLITS = ("train", "validation", "test")
_TAGS = ("genre", "instrument", "moodtheme", "top50tags")
SUBSETS = ("autotagging", *(f"autotagging_{tags}" for tags in _TAGS))
_FIXED = ("TRACK_ID", "ARTIST_ID", "ALBUM_ID", "PATH", "DURATION")
_FOLDERS = ("audio", "raw_30s/audio", "audio-low", "raw_30s/audio-low", "autotagging_moodtheme/audio", ".")


class MtgJamendoSource:
    """MTG-Jamendo.

    Args:
        folder: as in the module's docstring.
        splits: of train, validation and test; default all.
        subset: which tags, one of `SUBSETS`.
        split_set: which of the five official sets of splits, 0 to 4.
        audio: the folder, relative to `folder`, that holds `14/214.mp3`.

    Raises:
        FileNotFoundError: the folder, a table or the licences are not there.
        ValueError: an unknown split or subset.
    """

    name = "mtg_jamendo"

    def __init__(
        self,
        folder: Path,
        splits: Sequence[str] | None = None,
        subset: str = "autotagging",
        split_set: int = 0,
        audio: str | None = None,
    ) -> None:
        self._folder = require_folder(folder, self.name, HOME)
        unknown = [split for split in splits or () if split not in SPLITS]
        if unknown:
            raise ValueError(f"MTG-Jamendo has no split {unknown[0]!r}; it has {', '.join(SPLITS)}.")
        if subset not in SUBSETS:
            raise ValueError(f"MTG-Jamendo has no subset {subset!r}; it has {', '.join(SUBSETS)}.")
        self._tables = {
            split: require_file(folder, [f"data/splits/split-{split_set}/{subset}-{split}.tsv"], self.name, HOME)
            for split in splits or SPLITS
        }
        self._licenses = require_file(folder, ["audio_licenses.txt", "data/audio_licenses.txt"], self.name, HOME)
        self._audio = (audio,) if audio is not None else _FOLDERS

    def read(self) -> Iterator[Item]:
        """The tracks, split by split in the order of the lines. The licences of all are held in memory."""
        return recordings(self.name, self._entries)

    def _entries(self) -> Iterator[Entry]:
        licenses = read_licenses(self._licenses)
        for split, path in self._tables.items():
            relative = str(path.relative_to(self._folder))
            with path.open(encoding="utf-8", errors="replace") as lines:
                for number, line in enumerate(lines, start=1):
                    if number > 1 and line.strip():
                        yield self._entry(split, Place(relative, number), line.rstrip("\r\n").split("\t"), licenses)

    def _entry(self, split: str, place: Place, fields: Sequence[str], licenses: dict[str, str]) -> Entry:
        if len(fields) <= len(_FIXED):
            return Entry(place, problem=f"it has {len(fields)} fields; {', '.join(_FIXED)} and a tag are expected.")
        track, artist, _, path, *_ = fields
        tags: dict[str, list[str]] = {}
        for text in fields[len(_FIXED) :]:
            category, dashes, tag = text.partition("---")
            if not dashes:
                return Entry(place, problem=f"the tag {text!r} is not of the form category---tag.")
            tags.setdefault(category, []).append(tag)
        small = Path(path).with_suffix(".low.mp3")
        instruments = tags.get("instrument", [])
        return Entry(
            place=place,
            source_id=track,
            audio=[self._folder / base / name for base in self._audio for name in (path, small)],
            domain="music",
            license=licensed(licenses.get(path, UNSTATED), ANNOTATIONS_LICENSE),
            group=f"jamendo/{artist}",
            annotations={
                "genre": ", ".join(tags.get("genre", [])),
                "mood": ", ".join(tags.get("mood/theme", [])),
                "instruments": instruments,
                "instrument": instruments[0] if len(instruments) == 1 else None,
                "labels": [tag for found in tags.values() for tag in found],
            },
            split=split,
        )


def read_licenses(path: Path) -> dict[str, str]:
    """SPDX expression of each track by its path, from blocks of path, title and licence."""
    found: dict[str, str] = {}
    track = None
    for line in path.read_text(encoding="utf-8", errors="replace").splitlines():
        line = line.strip()
        if line.endswith(".mp3") and " " not in line:
            track = line
        elif track is not None and "creativecommons.org/" in line:
            found[track] = spdx(line)
    return found
