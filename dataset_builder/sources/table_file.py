"""The lines of a metadata file as dictionaries: CSV, TSV, JSON and JSON lines, read as they are asked for.

Knows formats, not what the columns mean. A line that cannot be read is given with its problem, and the rest goes on.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TextIO

from .delimited import read_records
from .json_stream import BrokenJson, json_members


FORMATS = ("csv", "tsv", "json", "jsonl")


@dataclass(frozen=True)
class Line:
    """One line (or element) of a table: its columns, or the problem that keeps it from being read."""

    number: int
    columns: dict[str, Any]
    problem: str | None = None


@dataclass(frozen=True)
class TableFile:
    """How a metadata file is written.

    Args:
        path: the file.
        format: one of `FORMATS`; a `json` file holds an array or object of objects, whose key is the column `key`.
        encoding: of the text; a byte that does not fit makes its line a problem.
        columns: names of the columns where a CSV or TSV file has no header.
        comment: what the lines begin with that are to be skipped.
        quoted: whether a quotation mark at the beginning of a field opens a quotation.
        escape: a character that takes its meaning from the next one.
        inside: for `json`, the keys that lead to the array or object.
    """

    path: Path
    format: str = "csv"
    encoding: str = "utf-8-sig"
    columns: Sequence[str] = ()
    comment: str | None = None
    quoted: bool = True
    escape: str | None = None
    inside: Sequence[str] = ()

    def __post_init__(self) -> None:
        if self.format not in FORMATS:
            raise ValueError(f"{self.path} has the format {self.format!r}; use one of {', '.join(FORMATS)}.")

    def header(self) -> list[str] | None:
        """The columns, read from the first line; None for a format where every line has its own.

        Raises:
            ValueError: the file is empty, or its first line is not text.
        """
        if self.format in ("json", "jsonl"):
            return None
        if self.columns:
            return list(self.columns)
        with self._open() as stream:
            for _, fields in self._records(stream):
                if isinstance(fields, list) and _undecoded("".join(fields)):
                    raise ValueError(f"{self.path} begins with bytes that are not {self.encoding}: is it a table?")
                if isinstance(fields, list):
                    return fields
        raise ValueError(f"{self.path} is empty: a first line with the names of the columns is expected.")

    def lines(self) -> Iterator[Line]:
        """The lines in order, those with a problem among them."""
        if self.format == "json" or (self.format == "jsonl" and self._is_array()):
            yield from self._members()
        elif self.format == "jsonl":
            yield from self._json_lines()
        else:
            yield from self._delimited()

    @property
    def unit(self) -> str:
        """What one entry of the file is called."""
        return "element" if self.format == "json" else "line"

    def _open(self) -> TextIO:
        return self.path.open(encoding=self.encoding, errors="surrogateescape", newline="")

    def _records(self, stream: TextIO) -> Iterator[tuple[int, list[str] | str]]:
        return read_records(
            stream,
            width=len(self.columns) or None,
            comment=self.comment,
            delimiter="\t" if self.format == "tsv" else ",",
            quoting=csv.QUOTE_MINIMAL if self.quoted else csv.QUOTE_NONE,
            escapechar=self.escape,
            # A space after the comma belongs to the corpus's style (AudioSet), never to a value.
            skipinitialspace=self.format == "csv",
        )

    def _delimited(self) -> Iterator[Line]:
        header = list(self.columns)
        with self._open() as stream:
            for number, fields in self._records(stream):
                if isinstance(fields, str):
                    yield Line(number, {}, fields)
                elif not header:
                    header = fields
                elif _undecoded("".join(fields)):
                    yield Line(number, {}, f"it has bytes that are not {self.encoding}.")
                else:
                    yield Line(number, dict(zip(header, fields, strict=True)))

    def _json_lines(self) -> Iterator[Line]:
        with self._open() as stream:
            for number, text in enumerate(stream, start=1):
                if not text.strip():
                    continue
                try:
                    columns = json.loads(text)
                except json.JSONDecodeError as error:
                    yield Line(number, {}, f"it is not JSON ({error.msg}, column {error.colno}).")
                    continue
                yield _line(number, columns, _undecoded(text))

    def _members(self) -> Iterator[Line]:
        number = 0
        try:
            for number, (key, value) in enumerate(json_members(self.path, self.inside), start=1):
                columns = {"key": key, **value} if isinstance(value, dict) else value
                yield _line(number, columns, undecoded=False)
        except BrokenJson as error:
            problem = f"it is not JSON ({error}); this element and what follows it cannot be read."
            yield Line(number + 1, {}, problem)

    def _is_array(self) -> bool:
        with self._open() as stream:
            return stream.read(256).lstrip().startswith("[")


def _line(number: int, columns: Any, undecoded: bool) -> Line:
    if not isinstance(columns, dict):
        return Line(number, {}, f"it is a {type(columns).__name__}, not an object.")
    return Line(number, columns, "it has bytes that are not UTF-8." if undecoded else None)


def _undecoded(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return True
    return False
