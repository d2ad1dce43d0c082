"""CoVoST 2: sentences of Common Voice 4 with their translations, from 21 languages into English and from it into 15.

Home: https://github.com/facebookresearch/covost. The sound is CC0-1.0, the translations are CC-BY-NC-4.0.

    <folder>/                               of one language of Common Voice 4, such as en
      covost_v2.en_zh-CN.train.tsv …dev.tsv …test.tsv     path, sentence, translation, client_id: what the authors'
                                            get_covost_splits.py writes; or, before it was run,
      covost_v2.en_zh-CN.tsv                path, translation, split
      validated.tsv                         of Common Voice: client_id, path, sentence, …
      clips/common_voice_en_18540003.mp3
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from .entry import Entry, Item, Place, recordings
from .folder_layout import require_file, require_folder
from .language_code import language_code
from .table_file import TableFile


HOME = "https://github.com/facebookresearch/covost"
LICENSE = "CC0-1.0 AND CC-BY-NC-4.0"
SPLITS = {"train": "train", "dev": "validation", "test": "test"}
_OF_ROW = {"train": "train", "train_covost": "train", "dev": "dev", "test": "test"}
"""The column `split` of the table without splits, as the authors' script reads it for version 2."""
_PAIR = re.compile(r"(?P<source>[a-zA-Z-]+)_(?P<target>[a-zA-Z-]+)")


class CoVoST2Source:
    """CoVoST 2, one pair of languages.

    Args:
        folder: as in the module's docstring.
        pair: such as `en_zh-CN`; default the one that the folder holds.
        splits: of train, dev and test (or validation); default all.
        clips: the folder of the clips, where it is not `clips` in the folder.

    Raises:
        FileNotFoundError: the folder or a table is not there.
        ValueError: an unknown split, or the folder holds several pairs and none is named.
    """

    name = "covost2"

    def __init__(
        self,
        folder: Path,
        pair: str | None = None,
        splits: Sequence[str] | None = None,
        clips: Path | None = None,
    ) -> None:
        self._folder = require_folder(folder, self.name, HOME)
        self._pair = pair or _only_pair(folder)
        match = _PAIR.fullmatch(self._pair)
        if match is None:
            raise ValueError(f"The pair {self._pair!r} of CoVoST 2 is not of the form en_zh-CN.")
        self._source, self._target = language_code(match["source"]), language_code(match["target"])
        names = {**{part: part for part in SPLITS}, "validation": "dev"}
        unknown = [split for split in splits or () if split not in names]
        if unknown:
            raise ValueError(f"CoVoST 2 has no split {unknown[0]!r}; it has {', '.join(SPLITS)}.")
        self._parts = [part for part in SPLITS if splits is None or part in {names[split] for split in splits}]
        self._clips = clips or folder / "clips"
        self._tables = {part: folder / f"covost_v2.{self._pair}.{part}.tsv" for part in self._parts}
        self._joined = not all(path.is_file() for path in self._tables.values())
        if self._joined:
            whole = f"covost_v2.{self._pair}.tsv"
            try:
                self._translations = require_file(folder, [whole], self.name, HOME)
                self._validated = require_file(folder, ["validated.tsv"], self.name, HOME)
            except FileNotFoundError:
                tables = " and ".join(path.name for path in self._tables.values())
                raise FileNotFoundError(
                    f"{folder} has neither {tables} nor {whole} with Common Voice's validated.tsv; get them from "
                    f"{HOME}."
                ) from None

    def read(self) -> Iterator[Item]:
        """The sentences. Where the tables of the splits are not made yet, the translations are held in memory."""
        return recordings(self.name, self._from_both if self._joined else self._from_splits)

    def _from_splits(self) -> Iterator[Entry]:
        for part, path in self._tables.items():
            for line in _table(path).lines():
                place = Place(path.name, line.number)
                yield Entry(place, problem=line.problem) if line.problem else self._entry(place, part, line.columns)

    def _from_both(self) -> Iterator[Entry]:
        waiting: dict[str, tuple[int, str, str]] = {}
        for line in _table(self._translations).lines():
            if line.problem:
                yield Entry(Place(self._translations.name, line.number), problem=line.problem)
                continue
            part = _OF_ROW.get(line.columns.get("split", ""))
            if part in self._parts:
                waiting[line.columns["path"]] = (line.number, part, line.columns.get("translation", ""))
        for line in _table(self._validated).lines():
            if line.problem:
                yield Entry(Place(self._validated.name, line.number), problem=line.problem)
                continue
            number, part, translation = waiting.pop(line.columns.get("path", ""), (0, "", ""))
            if part:
                columns = {**line.columns, "translation": translation}
                yield self._entry(Place(self._translations.name, number), part, columns)
        for path, (number, _, _) in waiting.items():
            reason = f"{path} has no line in {self._validated.name}."
            yield Entry(Place(self._translations.name, number), problem=reason)

    def _entry(self, place: Place, part: str, columns: dict[str, Any]) -> Entry:
        missing = [name for name in ("path", "sentence", "translation", "client_id") if not columns.get(name)]
        if missing:
            return Entry(place, problem=f"it has no {' and no '.join(missing)}.")
        clip = self._clips / columns["path"]
        speaker = f"common_voice/{columns['client_id']}"
        return Entry(
            place=place,
            source_id=f"{self._pair}/{clip.stem}",
            audio=[clip, clip.with_suffix(".mp3"), clip.with_suffix(".wav")],
            domain="speech",
            license=LICENSE,
            language=self._source,
            group=speaker,
            annotations={
                "transcript": columns["sentence"],
                f"translation_{self._target}": columns["translation"],
                "speaker": speaker,
            },
            split=SPLITS[part],
        )


def _table(path: Path) -> TableFile:
    return TableFile(path, "tsv", quoted=False, escape="\\")


def _only_pair(folder: Path) -> str:
    pairs = sorted({path.name.split(".")[1] for path in folder.glob("covost_v2.*.tsv")})
    if len(pairs) == 1:
        return pairs[0]
    if not pairs:
        raise FileNotFoundError(f"{folder} has no covost_v2.<from>_<to>.tsv; get CoVoST 2 from {HOME}.")
    raise ValueError(f"{folder} holds the pairs {', '.join(pairs)}: say which one by `pair: {pairs[0]}`.")
