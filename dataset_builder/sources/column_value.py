"""Values and names made of a table's columns, as a corpus's description asks for them.

A template is a text with `{column}` in it; a value says which column, and what becomes of its text. Neither knows of
recordings.
"""

from __future__ import annotations

import ast
import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from functools import lru_cache
from pathlib import PurePosixPath
from typing import Any


Row = Mapping[str, Any]
FILTERS: dict[str, Callable[[str, str], str]] = {
    "stem": lambda text, _: PurePosixPath(text).stem,
    "last": lambda text, _: text.rstrip("/").rpartition("/")[2],
    "first": lambda text, count: text[: int(count)],
    "drop": lambda text, count: text[int(count) :],
    "int": lambda text, _: str(int(float(text))),
    "ms": lambda text, _: str(round(float(text) * 1000)),
    "lower": lambda text, _: text.lower(),
}
"""What can follow a column in a template: `{link|last}` is what stands after the last slash, `{start|ms}` seconds as
milliseconds, `{name|first:11}` the first 11 characters, `{name|drop:1}` all but the first."""


class Template:
    """A text with `{column}` or `{column|filter:argument|…}` in it."""

    def __init__(self, text: str) -> None:
        self.text = text
        self._parts: list[str | tuple[str, list[tuple[str, str]]]] = []
        for index, part in enumerate(re.split(r"\{([^{}]+)\}", text)):
            if index % 2 == 0:
                self._parts.append(part)
                continue
            column, *filters = part.split("|")
            named = [(name, argument) for name, _, argument in (filter_.partition(":") for filter_ in filters)]
            unknown = [name for name, _ in named if name not in FILTERS]
            if unknown:
                raise ValueError(f"{text!r} asks for {unknown[0]!r}; what can be asked for is {', '.join(FILTERS)}.")
            self._parts.append((column, named))

    @property
    def columns(self) -> list[str]:
        return [part[0] for part in self._parts if isinstance(part, tuple)]

    def fill(self, row: Row) -> str | None:
        """The text with the row's values, or None where a column is empty or a value does not fit its filter."""
        done = []
        for part in self._parts:
            if isinstance(part, str):
                done.append(part)
                continue
            column, filters = part
            text = plain(row.get(column))
            if text is None:
                return None
            try:
                for name, argument in filters:
                    text = FILTERS[name](text, argument)
            except (ValueError, OverflowError):
                return None
            done.append(text)
        return "".join(done)


@lru_cache(maxsize=256)
def _template(text: str) -> Template:
    return Template(text)


def first_filled(templates: Sequence[Template], row: Row) -> str | None:
    """The first of the templates that the row can fill."""
    return next((text for text in (template.fill(row) for template in templates) if text), None)


def plain(value: Any) -> str | None:
    """A cell as text without spaces around it, None where it is empty."""
    if value is None:
        return None
    text = str(value).strip()
    return text or None


@dataclass(frozen=True)
class Value:
    """How a value is made of the rows of a recording.

    Exactly one of the first six says from where; the others say what becomes of it, in this order.

    Args:
        column: a column, or several of which the first that is not empty counts.
        all_of: columns whose values together are a list.
        pair: two columns that hold lists, joined item by item as `a: b`.
        records: a list of objects, one for each row: the names of their fields and the columns of these.
        template: a text made of columns.
        constant: the value itself.
        rows: the list of the values of all rows, not the value of the first.
        majority: of `records` that are alike but for this field, one with the most frequent value of it; the share of
            the rows that have it stands in `agreement`.
        absent: texts that mean that there is no value.
        literal: the text is a list in the notation of Python or JSON.
        split: the text is a list, with this between its items.
        repair: an encoding; characters that UTF-8 does not use (0x80 to 0x9f) are read in it.
        words: underscores and hyphens between words become spaces, capitals small letters.
        map: texts and what they become; others stay as they are.
        choose: texts and what they become; of a list, the first of these that is in it, else `otherwise`.
        join: a list becomes one text, with this between its items.
        otherwise: the value where there would be none.
    """

    column: str | Sequence[str] = ()
    all_of: Sequence[str] = ()
    pair: Sequence[str] = ()
    records: Mapping[str, str] = field(default_factory=dict)
    template: str | None = None
    constant: Any = None
    rows: bool = False
    majority: str | None = None
    absent: Sequence[str] = ()
    literal: bool = False
    split: str | None = None
    repair: str | None = None
    words: bool = False
    map: Mapping[str, Any] = field(default_factory=dict)
    choose: Mapping[str, Any] = field(default_factory=dict)
    join: str | None = None
    otherwise: Any = None

    @classmethod
    def read(cls, spec: Any, what: str) -> Value:
        """The value that a description states: a column's name, or the fields above.

        Raises:
            ValueError: an unknown field, or not exactly one origin; `what` names the value.
        """
        if isinstance(spec, str):
            return cls(column=spec)
        if not isinstance(spec, Mapping):
            raise ValueError(f"{what} is {spec!r}; give the name of a column, or what is to be done with it.")
        known = [field_.name for field_ in fields(cls)]
        unknown = [name for name in spec if name not in known]
        if unknown:
            raise ValueError(f"{what} has {unknown[0]!r}; what is known is {', '.join(known)}.")
        origins = [name for name in known[:6] if name in spec]
        if len(origins) != 1:
            raise ValueError(f"{what} must have exactly one of {', '.join(known[:6])}; it has {origins or 'none'}.")
        return cls(**spec)

    @property
    def columns(self) -> list[str]:
        """The columns of which at least one must be there, for each origin that needs one."""
        if self.template is not None:
            return _template(self.template).columns
        return [*self._columns(), *self.all_of, *self.pair, *self.records.values()]

    def _columns(self) -> list[str]:
        return [self.column] if isinstance(self.column, str) else list(self.column)

    def of(self, rows: Sequence[Row]) -> Any:
        """The value, None where there is none.

        Raises:
            ValueError: a list in Python's notation that is none.
        """
        if self.records:
            return self._records(rows)
        if self.rows:
            values: Any = [value for value in (self._one(row) for row in rows) if value is not None]
            return values or self.otherwise
        value = self._one(rows[0])
        return self.otherwise if value is None else value

    def _one(self, row: Row) -> Any:
        if self.constant is not None:
            return self.constant
        if self.pair:
            return self._pair(row)
        if self.all_of:
            value: Any = [text for text in (self._text(row.get(name)) for name in self.all_of) if text is not None]
        elif self.template is not None:
            value = self._text(_template(self.template).fill(row))
        else:
            cells = (row.get(name) for name in self._columns())
            value = self._list(next((cell for cell in cells if cell is not None and cell != ""), None))
        if self.choose:
            present = value if isinstance(value, list) else [value]
            value = next((chosen for name, chosen in self.choose.items() if name in present), None)
        if isinstance(value, list):
            if not value:
                return None
            return self.join.join(map(str, value)) if self.join is not None else value
        return value

    def _list(self, value: Any) -> Any:
        """The cell with its items converted: a list where it is or becomes one."""
        if isinstance(value, str) and self.literal and value.strip():
            try:
                value = ast.literal_eval(value.strip())
            except (ValueError, SyntaxError, MemoryError, RecursionError):
                raise ValueError(f"{value[:80]!r} is not a list in Python's notation.") from None
        elif isinstance(value, str) and self.split is not None:
            value = value.split(self.split)
        if isinstance(value, (list, tuple)):
            return [text for text in map(self._text, value) if text is not None]
        return self._text(value)

    def _text(self, value: Any) -> Any:
        if value is None or isinstance(value, (bool, int, float, dict)):
            return self.map.get(str(value), value)
        # Before the spaces go: 0x85 is one in Unicode and an ellipsis in Windows-1252.
        text = (str(value) if self.repair is None else _repaired(str(value), self.repair)).strip()
        if not text or text in self.absent:
            return None
        if self.words:
            text = " ".join(re.split(r"[_\-\s]+", text)).lower()
        return self.map.get(text, text)

    def _pair(self, row: Row) -> list[str] | None:
        first, second = (row.get(name) or [] for name in self.pair)
        if len(first) != len(second):
            raise ValueError(f"{self.pair[0]} has {len(first)} items and {self.pair[1]} has {len(second)}.")
        return [f"{self._text(a)}: {self._text(b)}" for a, b in zip(first, second, strict=True)] or None

    def _records(self, rows: Sequence[Row]) -> list[dict[str, Any]] | None:
        found = []
        for row in rows:
            record = {name: self._text(row.get(column)) for name, column in self.records.items()}
            if all(value is not None for value in record.values()):
                found.append(record)
        return (_most_frequent(found, self.majority) if self.majority is not None else found) or None


def _most_frequent(records: Sequence[dict[str, Any]], name: str) -> list[dict[str, Any]]:
    alike: dict[tuple[Any, ...], list[Any]] = {}
    firsts: dict[tuple[Any, ...], dict[str, Any]] = {}
    for record in records:
        rest = tuple(value for key, value in record.items() if key != name)
        alike.setdefault(rest, []).append(record[name])
        firsts.setdefault(rest, record)
    found = []
    for rest, values in alike.items():
        value, count = Counter(values).most_common(1)[0]
        found.append({**firsts[rest], name: value, "agreement": round(count / len(values), 3)})
    return found


def _repaired(text: str, encoding: str) -> str:
    def mended(match: re.Match[str]) -> str:
        return bytes([ord(match[0])]).decode(encoding, errors="replace")

    return re.sub("[\x80-\x9f]", mended, text)
