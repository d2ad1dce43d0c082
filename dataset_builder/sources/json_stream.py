"""The members of one large JSON file, one at a time: neither the text nor the values are held as a whole.

Corpora ship arrays and objects of hundreds of megabytes; the standard library only reads them at once.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, TextIO


CHUNK = 1 << 16
"""Characters read at a time."""
_SPACE = " \t\r\n"
_LONGEST_WORD = 16
"""So near to the end of what was read, a word, a number or an escape may go on; elsewhere an error is an error."""


class BrokenJson(ValueError):
    """The file is not JSON from here on; what was read before is sound."""


class _Text:
    """A file's text with a place in it. The text before the place is forgotten."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._text = ""
        self._start = 0
        self._ended = False
        self._decoder = json.JSONDecoder()

    def _more(self) -> bool:
        chunk = self._stream.read(CHUNK)
        self._text = self._text[self._start :] + chunk
        self._start = 0
        self._ended = self._ended or not chunk
        return not self._ended

    def peek(self) -> str:
        """The next character that is no space, "" at the end."""
        while True:
            while self._start < len(self._text) and self._text[self._start] in _SPACE:
                self._start += 1
            if self._start < len(self._text):
                return self._text[self._start]
            if not self._more():
                return ""

    def take(self, wanted: str) -> str:
        """Read one character, which must be one of `wanted`."""
        found = self.peek()
        if found not in wanted or not found:
            raise BrokenJson(f"{'the end' if not found else repr(found)} stands where one of {wanted!r} belongs")
        self._start += 1
        return found

    def value(self) -> Any:
        """Read one value of any kind."""
        self.peek()
        while True:
            try:
                value, end = self._decoder.raw_decode(self._text, self._start)
            except json.JSONDecodeError as error:
                cut = error.msg.startswith("Unterminated string") or error.pos > len(self._text) - _LONGEST_WORD
                if not cut or not self._more():
                    raise BrokenJson(error.msg) from None
                continue
            if end > len(self._text) - _LONGEST_WORD:  # a number may go on in the next chunk
                before = self._start
                if self._more():
                    continue
                end -= before
            self._start = end
            return value


def json_members(path: Path, inside: Sequence[str] = ()) -> Iterator[tuple[str, Any]]:
    """Key and value of each member of the object or array in a file; an array's keys are "0", "1", ….

    Args:
        inside: keys that lead from the file's outermost object to the object or array that is meant.

    Raises:
        BrokenJson: where the text ceases to be JSON; the members before have been given by then.
        OSError: the file cannot be read.
    """
    with path.open(encoding="utf-8-sig", errors="surrogateescape") as stream:
        text = _Text(stream)
        for name in inside:
            _enter(text, name)
        opened = text.take("{[")
        closing = "}" if opened == "{" else "]"
        if text.peek() == closing:
            return
        for index in range(1 << 62):
            key = str(index)
            if opened == "{":
                key = text.value()
                if not isinstance(key, str):
                    raise BrokenJson(f"{key!r} stands where a key belongs")
                text.take(":")
            yield key, text.value()
            if text.take("," + closing) == closing:
                return


def _enter(text: _Text, name: str) -> None:
    """Read up to the value of the key `name` of the object that begins here."""
    text.take("{")
    while True:
        key = text.value()
        text.take(":")
        if key == name:
            return
        text.value()
        if text.take(",}") == "}":
            raise BrokenJson(f"there is no key {name!r}")
