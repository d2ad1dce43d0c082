"""LibriSpeech: 1,000 hours of read English books.

Home: https://www.openslr.org/12. CC-BY-4.0. The folder `LibriSpeech` of the archives, or the one that holds it:

    <folder>/
      SPEAKERS.TXT                        ;ID  |SEX| SUBSET           |MINUTES| NAME
      train-clean-100/103/1240/103-1240.trans.txt       103-1240-0000 CHAPTER ONE MISSUS RACHEL LYNDE IS SURPRISED
      train-clean-100/103/1240/103-1240-0000.flac
      train-clean-360/… train-other-500/… dev-clean/… dev-other/… test-clean/… test-other/…
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from .entry import Entry, Item, Place, recordings
from .folder_layout import require_file, require_folder


HOME = "https://www.openslr.org/12"
LICENSE = "CC-BY-4.0"
SUBSETS = {
    "train-clean-100": "train",
    "train-clean-360": "train",
    "train-other-500": "train",
    "dev-clean": "validation",
    "dev-other": "validation",
    "test-clean": "test",
    "test-other": "test",
}
_SEXES = {"F": "female", "M": "male"}


class LibriSpeechSource:
    """LibriSpeech.

    Args:
        folder: as in the module's docstring.
        splits: names of subsets, or train, validation and test; default the subsets that are there.

    Raises:
        FileNotFoundError: the folder, `SPEAKERS.TXT` or a named subset is not there.
        ValueError: an unknown split.
    """

    name = "librispeech"

    def __init__(self, folder: Path, splits: Sequence[str] | None = None) -> None:
        require_folder(folder, self.name, HOME)
        inner = folder / "LibriSpeech"
        self._folder = inner if inner.is_dir() else folder
        there = [subset for subset in SUBSETS if (self._folder / subset).is_dir()]
        unknown = [split for split in splits or () if split not in SUBSETS and split not in SUBSETS.values()]
        if unknown:
            raise ValueError(f"LibriSpeech has no split {unknown[0]!r}; it has {', '.join(SUBSETS)}.")
        missing = [split for split in splits or () if split in SUBSETS and split not in there]
        self._subsets = [name for name in there if splits is None or {name, SUBSETS[name]} & set(splits)]
        if missing or not self._subsets:
            raise FileNotFoundError(
                f"{self._folder} has no folder {' or '.join(missing or splits or SUBSETS)}; name the folder that "
                f"holds the subsets of LibriSpeech, or get it from {HOME}."
            )
        self._speakers = require_file(self._folder, ["SPEAKERS.TXT"], self.name, HOME)

    def read(self) -> Iterator[Item]:
        """The utterances, subset by subset, speaker by speaker, chapter by chapter."""
        return recordings(self.name, self._entries)

    def _entries(self) -> Iterator[Entry]:
        sexes = _read_sexes(self._speakers)
        for subset in self._subsets:
            for speaker in _numbered(self._folder / subset):
                for chapter in _numbered(speaker):
                    yield from self._chapter(subset, chapter, sexes.get(speaker.name))

    def _chapter(self, subset: str, chapter: Path, sex: str | None) -> Iterator[Entry]:
        speaker = chapter.parent.name
        transcripts = chapter / f"{speaker}-{chapter.name}.trans.txt"
        relative = str(transcripts.relative_to(self._folder))
        if not transcripts.is_file():
            reason = f"it is not there: the recordings of {chapter.relative_to(self._folder)} have no transcripts."
            yield Entry(Place(relative), problem=reason)
            return
        listed = set()
        for number, line in enumerate(transcripts.read_text(encoding="utf-8", errors="replace").splitlines(), start=1):
            name, _, text = line.strip().partition(" ")
            if not name:
                continue
            listed.add(name)
            if not text.strip():
                yield Entry(Place(relative, number), problem=f"{name!r} has no transcript.")
                continue
            yield Entry(
                place=Place(relative, number),
                source_id=name,
                audio=[chapter / f"{name}.flac", chapter / f"{name}.wav"],
                domain="speech",
                license=LICENSE,
                language="en",
                group=f"librispeech/{speaker}",
                annotations={"transcript": text, "speaker": f"librispeech/{speaker}", "gender": sex},
                split=SUBSETS[subset],
            )
        unlisted = sorted(path.stem for path in chapter.glob("*.flac") if path.stem not in listed)
        for name in unlisted:
            place = Place(str((chapter / f"{name}.flac").relative_to(self._folder)))
            yield Entry(place, problem=f"it has no line in {transcripts.name}.")


def _numbered(folder: Path) -> list[Path]:
    """The folders of speakers or chapters, in the order of their numbers."""
    folders = [path for path in folder.iterdir() if path.is_dir() and path.name.isdigit()]
    return sorted(folders, key=lambda path: int(path.name))


def _read_sexes(path: Path) -> dict[str, str]:
    found = {}
    for line in path.read_text(encoding="utf-8", errors="replace").splitlines():
        fields = [field.strip() for field in line.split("|")]
        if not line.startswith(";") and len(fields) >= 2 and fields[1] in _SEXES:
            found[fields[0]] = _SEXES[fields[1]]
    return found
