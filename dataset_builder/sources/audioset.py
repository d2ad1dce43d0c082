"""AudioSet: clips of 10 s of YouTube videos with the classes that are heard in them, weakly or with their times.

Home: https://research.google.com/audioset/download.html. The labels are CC-BY-4.0; the sound stays its owners'.

    <folder>/
      balanced_train_segments.csv unbalanced_train_segments.csv eval_segments.csv
            # YTID, start_seconds, end_seconds, positive_labels        (three lines of comment)
            --PJHxphWEs, 30.000, 40.000, "/m/09x0r,/t/dd00088"
      class_labels_indices.csv              index,mid,display_name; or ontology.json, or both
      ontology.json                         the tree of classes, by which music and speech are told from other sounds
      audioset_train_strong.tsv audioset_eval_strong.tsv               segment_id, start_time_seconds, …, label
      mid_to_display_name.tsv               the classes of the strong labels, without a header
      balanced_train_segments/--PJHxphWEs.wav unbalanced_train_segments/… eval_segments/…

Clips may also lie in `audio/` or `audios/`, be called `Y--PJHxphWEs.wav` or `--PJHxphWEs_30000.wav`, and be FLAC,
M4A or MP3; any other place is a template: `audio: "wav/{ytid}_{start|int}.wav"`.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from itertools import groupby, product
from pathlib import Path

from .audioset_ontology import Ontology
from .column_value import Template
from .entry import Entry, Item, Place, recordings
from .folder_layout import require_file, require_folder
from .table_file import Line, TableFile


HOME = "https://research.google.com/audioset/download.html"
LICENSE = "LicenseRef-YouTube AND CC-BY-4.0"
WEAK = {"balanced_train": "train", "unbalanced_train": "train", "eval": "test"}
STRONG = {"train": "train", "eval": "test"}
CLIP_SECONDS = 10
_COLUMNS = ("YTID", "start_seconds", "end_seconds", "positive_labels")
_FOLDERS = ("{part}_segments", "audio/{part}_segments", "audios/{part}_segments", "{part}", "audio/{part}", "audio")
_NAMES = ("{ytid}", "Y{ytid}", "{ytid}_{start|ms}", "{ytid}_{start|int}")
_SUFFIXES = ("wav", "flac", "m4a", "mp3")


class AudioSetSource:
    """AudioSet with its weak or its strong labels.

    Args:
        folder: as in the module's docstring.
        splits: of weak labels `balanced_train`, `unbalanced_train`, `eval`; of strong ones `train`, `eval`; default
            those whose file is there.
        strong: whether to read the strong labels, which give `events`, in place of the weak ones.
        audio: templates of paths, with `{ytid}`, `{start}`, `{end}` (seconds) and `{part}` (the split).

    Raises:
        FileNotFoundError: the folder, a segments file or the names of the classes are not there.
        ValueError: an unknown split.
    """

    name = "audioset"

    def __init__(
        self,
        folder: Path,
        splits: Sequence[str] | None = None,
        strong: bool = False,
        audio: str | Sequence[str] | None = None,
    ) -> None:
        self._folder = require_folder(folder, self.name, HOME)
        self._strong = strong
        parts = STRONG if strong else WEAK
        unknown = [split for split in splits or () if split not in parts]
        if unknown:
            raise ValueError(
                f"AudioSet has no split {unknown[0]!r} of {'strong' if strong else 'weak'} labels; it has "
                f"{', '.join(parts)}."
            )
        names = {part: f"audioset_{part}_strong.tsv" if strong else f"{part}_segments.csv" for part in parts}
        if splits is None:
            there = [part for part in parts if (folder / names[part]).is_file()]
            if not there:
                require_file(folder, list(names.values()), self.name, HOME)
            splits = there
        self._files = {part: require_file(folder, [names[part]], self.name, HOME) for part in splits}
        self._splits = {part: parts[part] for part in splits}
        self._ontology = Ontology.read(folder, HOME)
        given = [audio] if isinstance(audio, str) else list(audio or ())
        usual = [f"{place}/{name}.{end}" for place, name, end in product(_FOLDERS, _NAMES, _SUFFIXES)]
        self._audio = [Template(text) for text in given or usual]

    def read(self) -> Iterator[Item]:
        """The clips, part by part in the order of the lines."""
        return recordings(self.name, self._entries)

    def _entries(self) -> Iterator[Entry]:
        for part, path in self._files.items():
            yield from self._strong_clips(part, path) if self._strong else self._weak_clips(part, path)

    def _weak_clips(self, part: str, path: Path) -> Iterator[Entry]:
        for line in TableFile(path, "csv", columns=_COLUMNS, comment="#").lines():
            place = Place(path.name, line.number)
            if line.problem is not None:
                yield Entry(place, problem=line.problem)
                continue
            try:
                start, end = float(line.columns["start_seconds"]), float(line.columns["end_seconds"])
                if not 0 <= start < end < math.inf:
                    raise ValueError(f"from {start} to {end}")
            except ValueError as error:
                yield Entry(place, problem=f"start and end are not seconds ({error}).")
                continue
            mids = [mid.strip() for mid in line.columns["positive_labels"].split(",") if mid.strip()]
            yield self._entry(part, place, line.columns["YTID"].strip(), start, end, mids, [])

    def _strong_clips(self, part: str, path: Path) -> Iterator[Entry]:
        # The lines of a clip follow each other.
        for segment, group in groupby(TableFile(path, "tsv").lines(), key=lambda line: line.columns.get("segment_id")):
            lines = list(group)
            if segment is None:
                reason = "it has no column segment_id."
                yield from (Entry(Place(path.name, line.number), problem=line.problem or reason) for line in lines)
                continue
            yield self._strong_clip(part, Place(path.name, lines[0].number), segment, lines)

    def _strong_clip(self, part: str, place: Place, segment: str, lines: Sequence[Line]) -> Entry:
        ytid, _, milliseconds = segment.rpartition("_")
        try:
            start = int(milliseconds) / 1000
            events = [
                {
                    "label": self._ontology.name(line.columns["label"]),
                    "start": float(line.columns["start_time_seconds"]),
                    "end": float(line.columns["end_time_seconds"]),
                }
                for line in lines
            ]
        except (KeyError, ValueError) as error:
            return Entry(place, problem=f"its segment {segment!r} has no times or an event without ({error}).")
        mids = list(dict.fromkeys(line.columns["label"] for line in lines))
        return self._entry(part, place, ytid, start, start + CLIP_SECONDS, mids, events)

    def _entry(
        self, part: str, place: Place, ytid: str, start: float, end: float, mids: Sequence[str], events: list
    ) -> Entry:
        row = {"ytid": ytid, "start": start, "end": end, "part": part}
        try:
            labels = [self._ontology.name(mid) for mid in mids]
        except ValueError as error:
            return Entry(place, problem=str(error))
        return Entry(
            place=place,
            source_id=f"{ytid}_{round(start * 1000)}",
            audio=[self._folder / path for path in (template.fill(row) for template in self._audio) if path],
            domain=self._ontology.domain(mids),
            license=LICENSE,
            group=f"youtube/{ytid}",
            annotations={"labels": labels, "events": events},
            split=self._splits[part],
        )
