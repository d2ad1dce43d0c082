"""The reader of every corpus whose metadata are tables: it follows the corpus's description and knows no corpus."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby
from pathlib import Path
from typing import Any

from .column_value import Row, Template, Value, first_filled
from .corpus_description import CorpusDescription, JoinDescription, TableDescription, describe_corpus
from .entry import Entry, Item, Place, recordings
from .folder_layout import require_file, require_folder
from .language_code import language_code
from .spdx import licensed, spdx
from .table_file import Line, TableFile


class TableSource:
    """A corpus in the layout that its file under `corpora/` shows.

    Args:
        corpus: its name, or a description.
        folder: where it lies.
        splits: official names of its parts, or train, validation and test; default those that its description says.
        audio: templates of paths that take the place of the description's, for audio that lies elsewhere; relative
            to `folder`.

    Raises:
        FileNotFoundError: the folder or a metadata file is not there.
        ValueError: an unknown split, or a metadata file without the columns that are needed.
    """

    def __init__(
        self,
        corpus: str | CorpusDescription,
        folder: Path,
        splits: Sequence[str] | None = None,
        audio: str | Sequence[str] | None = None,
    ) -> None:
        self._corpus = describe_corpus(corpus) if isinstance(corpus, str) else corpus
        self.name = self._corpus.name
        self._folder = require_folder(folder, self.name, self._corpus.home)
        given = [audio] if isinstance(audio, str) else list(audio or ())
        self._audio = [Template(text) for text in given]
        self._splits = set(splits) if splits is not None else None
        self._tables = self._chosen(splits)
        self._files = {table.name: self._file(table) for table in self._tables}

    def read(self) -> Iterator[Item]:
        """The recordings, table by table in the order of the lines."""
        return recordings(self.name, self._entries)

    def _chosen(self, splits: Sequence[str] | None) -> list[TableDescription]:
        tables = self._corpus.tables
        if splits is None:
            return [table for table in tables.values() if table.default]
        names = {table.split for table in tables.values() if isinstance(table.split, str)}
        if any(isinstance(table.split, Value) for table in tables.values()):
            names |= {"train", "validation", "test"}
        for split in splits:
            if split not in tables and split not in names:
                known = ", ".join(dict.fromkeys([*tables, *sorted(names)]))
                raise ValueError(f"{self.name} has no split {split!r}; it has {known}.")
        return [table for table in tables.values() if self._wants(table)]

    def _wants(self, table: TableDescription) -> bool:
        wanted = self._splits or set()
        if table.name in wanted:
            return True
        return table.default and (isinstance(table.split, Value) or table.split in wanted)

    def _file(self, table: TableDescription) -> TableFile:
        path = require_file(self._folder, table.paths, self.name, self._corpus.home)
        file = TableFile(path, table.format, table.encoding, quoted=table.quoted, inside=table.inside)
        header = file.header()
        if header is not None:
            for what, columns in _needed(table):
                if not any(column in header or "." in column or column == "table" for column in columns):
                    raise ValueError(
                        f"{path} has the columns {', '.join(header)}, and none called {' or '.join(columns)}, which "
                        f"the {what} of {self.name} needs; see {self._corpus.home}."
                    )
        for join in self._corpus.joins.values():
            require_file(self._folder, [join.path.replace("{table}", table.name)], self.name, self._corpus.home)
        return file

    def _entries(self) -> Iterator[Entry]:
        reported: set[Place] = set()
        for table in self._tables:
            file = self._files[table.name]
            relative = str(file.path.relative_to(self._folder))
            joined: dict[str, dict[str, Row]] = {}
            for name, join in self._corpus.joins.items():
                joined[name], broken = self._joined(name, join, table)
                yield from (entry for entry in broken if entry.place not in reported)
                reported.update(entry.place for entry in broken)  # tables may share a second one
            for lines in _merged(table, file.lines()):
                place = Place(relative, lines[0].number, file.unit)
                problem = lines[0].problem
                if problem is not None:
                    yield Entry(place, problem=problem)
                    continue
                rows = [self._joined_row(table, line.columns, joined) for line in lines]
                entry = self._entry(table, place, rows)
                if entry is not None:
                    yield entry

    def _joined(self, name: str, join: JoinDescription, table: TableDescription) -> tuple[dict[str, Row], list[Entry]]:
        """A second table by its key, and its broken lines.

        It is held in memory: those of the corpora have a line for each sound, not for each use of one.
        """
        path = self._folder / join.path.replace("{table}", table.name)
        file = TableFile(path, join.format, join.encoding, inside=join.inside)
        found: dict[str, Row] = {}
        broken = []
        for line in file.lines():
            key = join.key.fill(line.columns) if line.problem is None else None
            if line.problem is not None:
                place = Place(str(path.relative_to(self._folder)), line.number, file.unit)
                broken.append(Entry(place, problem=line.problem))
            elif key is not None:
                found[key] = {f"{name}.{column}": value for column, value in line.columns.items()}
        return found, broken

    def _joined_row(self, table: TableDescription, columns: Row, joined: Mapping[str, Mapping[str, Row]]) -> Row:
        row: dict[str, Any] = {"table": table.name, **columns}
        for name, join in self._corpus.joins.items():
            row.update(joined[name].get(join.equals.fill(columns) or "", {}))
        return row

    def _entry(self, table: TableDescription, place: Place, rows: Sequence[Row]) -> Entry | None:
        """The entry of a recording's rows; None where the build did not ask for its split."""
        row = rows[0]
        try:
            split = table.split.of(rows) if isinstance(table.split, Value) else table.split
            if self._splits is not None and not {table.name, split} & self._splits:
                return None
            source_id, group = first_filled(table.id, row), first_filled(table.group, row)
            if source_id is None or group is None:
                needed = (table.id if source_id is None else table.group)[-1].text
                return Entry(place, problem=f"it has no value for {needed}.")
            license_ = table.license
            audio_license = spdx(license_.of(rows)) if isinstance(license_, Value) else license_
            paths = [template.fill(row) for template in self._audio or table.audio]
            return Entry(
                place=place,
                source_id=source_id,
                audio=[self._folder / path for path in paths if path is not None],
                domain=table.domain.of(rows) if isinstance(table.domain, Value) else table.domain,
                license=licensed(audio_license, self._corpus.annotations_license),
                language=language_code(_given(table.language, rows)),
                group=group,
                annotations={key: value.of(rows) for key, value in table.annotations.items()},
                split=split,
            )
        except ValueError as error:
            return Entry(place, problem=str(error))


def _given(value: str | Value | None, rows: Sequence[Row]) -> str | None:
    return value.of(rows) if isinstance(value, Value) else value


def _needed(table: TableDescription) -> Iterator[tuple[str, list[str]]]:
    """What a recording cannot be without, each with columns of which one must be there."""
    for what, templates in (("id", table.id), ("group", table.group), ("audio path", table.audio)):
        if len(templates) == 1:
            for column in templates[0].columns:
                yield what, [column]
    for key, value in table.annotations.items():
        if value.template is None and not value.all_of and value.columns:
            yield f"annotation {key!r}", value.columns


def _merged(table: TableDescription, lines: Iterator[Line]) -> Iterator[list[Line]]:
    """The lines of each recording; a line with a problem stands alone."""
    if table.rows == "one":
        yield from ([line] for line in lines)
        return
    if table.rows == "consecutive":
        for _, group in groupby(lines, key=lambda line: _name(table, line)):
            yield list(group)
        return
    alike: dict[Any, list[Line]] = {}
    for line in lines:
        alike.setdefault(_name(table, line), []).append(line)
    yield from alike.values()


def _name(table: TableDescription, line: Line) -> Any:
    """What the lines of one recording have in common."""
    row = {"table": table.name, **line.columns}
    return (first_filled(table.id, row) if line.problem is None else None) or line.number
