"""The records of a CSV or TSV text. A record that is broken costs no other: what it swallowed is read again."""

from __future__ import annotations

import csv
from collections import deque
from collections.abc import Iterable, Iterator
from typing import Any


class _Lines:
    """The lines of a text with their numbers, without comments; lines can be put back."""

    def __init__(self, lines: Iterable[str], comment: str | None) -> None:
        self._numbered = enumerate(lines, start=1)
        self._comment = comment
        self._waiting: deque[tuple[int, str]] = deque()
        self.taken: list[tuple[int, str]] = []

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        while True:
            number, line = self._waiting.popleft() if self._waiting else next(self._numbered)
            if self._comment is None or not line.startswith(self._comment):
                self.taken.append((number, line))
                return line

    def put_back_all_but_the_first(self) -> None:
        self._waiting.extendleft(reversed(self.taken[1:]))


def read_records(
    lines: Iterable[str], width: int | None = None, comment: str | None = None, **dialect: Any
) -> Iterator[tuple[int, list[str] | str]]:
    """The number of each record's first line, and its fields or the sentence that says why it has none.

    A quotation mark that is not closed makes one record of many lines: it is a problem of the first of them, and the
    others are records of their own again.

    Args:
        width: how many fields a record has; default as many as the first.
        comment: what the lines begin with that are to be skipped.
        dialect: as `csv.reader` takes it.
    """
    source = _Lines(lines, comment)
    reader = csv.reader(source, **dialect)
    while True:
        source.taken.clear()
        try:
            fields = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            problem = f"it cannot be split into fields ({error})."
        else:
            if not fields:
                continue
            width = width or len(fields)
            if len(fields) == width:
                yield source.taken[0][0], fields
                continue
            problem = f"it has {len(fields)} fields and the header {width}."
        if len(source.taken) > 1:
            problem = "a quotation mark is opened and not closed before the end of the line."
            source.put_back_all_but_the_first()
        yield source.taken[0][0], problem
