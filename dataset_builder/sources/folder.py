"""A folder of audio files: with metadata in the `audiofolder` convention of Hugging Face `datasets`, or without any.

    <folder>/
      metadata.csv              file_name,transcript,speaker …    or metadata.jsonl, or metadata.parquet; in any
      clips/0001.wav            folder, for the files in it and below it
      train/… validation/… test/…                                  folders of these names are splits

`file_name` (or one `…_file_name`) is relative to the metadata file. A file that no metadata file lists is reported as
broken; a folder without metadata gives every audio file in it. Hidden files are not read, and a folder that links lead
to again is read once; a warning counts both.
"""

from __future__ import annotations

import logging
import os
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from .column_map import ColumnMap, known_splits, split_of_path
from .entry import Entry, Item, Place, recordings
from .folder_layout import AUDIO_SUFFIXES, require_folder
from .folder_walk import walk
from .table_file import Line, TableFile


HOME = "wherever the recordings are"
METADATA = ("metadata.jsonl", "metadata.csv", "metadata.parquet")
_log = logging.getLogger(__name__)


class FolderSource:
    """A folder of audio files.

    Args:
        folder: as in the module's docstring.
        name: of the corpus; default the folder's.
        columns, domain, license, language: as in `ColumnMap`.
        splits: of train, validation and test, by the folders' names or a column `split`; default all files.
        folder_label: annotation key that takes the name of each file's folder, such as `event`, where there are no
            metadata.

    Raises:
        FileNotFoundError: the folder is not there, or holds neither metadata nor audio.
        ValueError: the metadata have no `file_name`, or domain or licence are not said anywhere.
    """

    def __init__(
        self,
        folder: Path,
        name: str | None = None,
        columns: Mapping[str, str | None] | None = None,
        domain: str | None = None,
        license: str | None = None,
        language: str | None = None,
        splits: Sequence[str] | None = None,
        folder_label: str | None = None,
    ) -> None:
        self.name = name or folder.resolve().name
        self._folder = require_folder(folder, self.name, HOME)
        self._splits = known_splits(splits)
        self._map = ColumnMap(self.name, columns, domain, license, language)
        self._label = folder_label
        self._metadata: dict[Path, str] = {}
        passed_over: list[Path] = []
        for path in walk(folder, passed_over.append):
            if path.name in METADATA:
                header = _header(path)
                self._metadata[path] = _file_name_column(header, path)
                self._map.require([column for column in header if column != self._metadata[path]], path)
        _warn(folder, passed_over)
        if not self._metadata:
            if next(self._audio_files(), None) is None:
                raise FileNotFoundError(
                    f"{folder} has neither {', '.join(METADATA)} nor any audio file "
                    f"({', '.join(sorted(AUDIO_SUFFIXES))}); name the folder that holds the recordings."
                )
            self._map.require([folder_label] if folder_label else [], folder)

    def read(self) -> Iterator[Item]:
        """The recordings in the order of the metadata, then the files that these do not list; by name without."""
        return recordings(self.name, self._listed if self._metadata else self._unlisted)

    def _audio_files(self) -> Iterator[Path]:
        return filter(_is_audio, walk(self._folder))

    def _wanted(self, entry: Entry) -> bool:
        return entry.problem is not None or self._splits is None or entry.split in self._splits

    def _listed(self) -> Iterator[Entry]:
        listed: set[int] = set()  # hashes, which take less than the names
        for path, column in self._metadata.items():
            relative = str(path.relative_to(self._folder))
            unit = "row" if path.suffix == ".parquet" else "line"
            for line in _lines(path):
                place = Place(relative, line.number, unit)
                if line.problem is not None:
                    yield Entry(place, problem=line.problem)
                    continue
                file_name = line.columns.get(column)
                if not isinstance(file_name, str) or not file_name.strip():
                    yield Entry(place, problem=f"it has no {column}.")
                    continue
                audio = path.parent / file_name.strip()
                source_id = _relative(audio, self._folder)
                listed.add(_same_spelt(source_id))
                if Path(source_id).is_absolute() and not self._named(line.columns):
                    reason = (
                        f"its {column} {file_name.strip()} leaves the folder by an absolute path, which is no id that "
                        "holds elsewhere: add a column `id`, or write it relative to the metadata file."
                    )
                    yield Entry(place, problem=reason)
                    continue
                files = [path.parent / spelling for spelling in _spellings(file_name.strip())]
                entry = self._map.entry(place, line.columns, source_id, files, split_of_path(Path(source_id)))
                if self._wanted(entry):
                    yield entry
        for audio in self._audio_files():
            source_id = _relative(audio, self._folder)
            wanted = self._splits is None or split_of_path(Path(source_id)) in self._splits
            if _same_spelt(source_id) not in listed and wanted:
                names = " or ".join(_relative(path, self._folder) for path in list(self._metadata)[:3])
                yield Entry(Place(source_id), problem=f"it has no line in {names}.")

    def _named(self, columns: Mapping[str, Any]) -> bool:
        return any(self._map.target(column) == "id" and value for column, value in columns.items())

    def _unlisted(self) -> Iterator[Entry]:
        for audio in self._audio_files():
            source_id = _relative(audio, self._folder)
            row = {self._label: audio.parent.name} if self._label else {}
            entry = self._map.entry(Place(source_id), row, source_id, [audio], split_of_path(Path(source_id)))
            if self._wanted(entry):
                yield entry


def _warn(folder: Path, passed_over: Sequence[Path]) -> None:
    """Say what below the folder is not read: hidden audio, but for the `._` that macOS leaves, and links back."""
    folders = [path for path in passed_over if path.is_dir()]
    links = [path for path in folders if not path.name.startswith(".")]
    closed = [path for path in folders if path not in links and any(map(_is_audio, walk(path)))]
    hidden = [path for path in passed_over if _is_audio(path) and not path.name.startswith("._")]
    hidden = [path for path in hidden if path not in folders]
    if hidden:
        _log.warning(
            "%s: hidden audio files are not read, %d of them, such as %s; rename what is a recording.",
            folder,
            len(hidden),
            hidden[0].relative_to(folder),
        )
    if closed:
        _log.warning(
            "%s: hidden folders are not read, %d of them with audio files: %s; rename what holds recordings.",
            folder,
            len(closed),
            ", ".join(str(path.relative_to(folder)) for path in closed[:3]) + ", …" * (len(closed) > 3),
        )
    if links:
        _log.warning(
            "%s: links to folders that are read under another name are not followed, %d of them, such as %s.",
            folder,
            len(links),
            links[0].relative_to(folder),
        )


def _is_audio(path: Path) -> bool:
    return path.suffix.lower() in AUDIO_SUFFIXES


def _spellings(name: str) -> list[str]:
    """A name as it is given, then with its accents in characters of their own and in those of their letters.

    macOS writes the one into names of files where people, and tables, write the other; they look the same.
    """
    return list(dict.fromkeys([name, *(unicodedata.normalize(form, name) for form in ("NFD", "NFC"))]))


def _same_spelt(name: str) -> int:
    """A hash that names have in common which look the same."""
    return hash(unicodedata.normalize("NFC", name))


def _relative(path: Path, folder: Path) -> str:
    """The path from the folder on, with slashes, whatever the place of the folder; absolute where it was given so.

    A path that leaves the folder and comes back is resolved first.
    """
    absolute = not path.is_relative_to(folder)
    if ".." in path.parts or absolute:
        path, folder = path.resolve(), folder.resolve()
    try:
        return path.relative_to(folder).as_posix()
    except ValueError:
        return path.as_posix() if absolute else Path(os.path.relpath(path, folder)).as_posix()


def _file_name_column(columns: Sequence[str], path: Path) -> str:
    if "file_name" in columns:
        return "file_name"
    named = [column for column in columns if column.endswith("_file_name")]
    if len(named) != 1:
        raise ValueError(
            f"{path} has the columns {', '.join(columns) or 'none'}; one called file_name (or one *_file_name) must "
            "hold the path of each audio file, relative to the metadata file."
        )
    return named[0]


def _header(path: Path) -> list[str]:
    if path.suffix == ".parquet":
        import pyarrow.parquet

        return list(pyarrow.parquet.read_schema(path).names)
    file = TableFile(path, path.suffix.removeprefix("."))
    header = file.header()
    if header is None:
        first = next((line for line in file.lines() if line.problem is None), None)
        if first is None:
            raise ValueError(f"{path} has no line that is a JSON object.")
        header = list(first.columns)
    return header


def _lines(path: Path) -> Iterator[Line]:
    if path.suffix != ".parquet":
        yield from TableFile(path, path.suffix.removeprefix(".")).lines()
        return
    import pyarrow.parquet

    with pyarrow.parquet.ParquetFile(path) as file:
        number = 0
        for batch in file.iter_batches(batch_size=1024):
            rows: list[dict[str, Any]] = batch.to_pylist()
            for number, row in enumerate(rows, start=number + 1):  # noqa: B020
                yield Line(number, row)
