"""Absolute paths of somebody's machine in a text: they say who made it and where, and lead nowhere elsewhere."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from pathlib import Path


PLACES = (
    "home",
    "Users",
    "root",
    "tmp",
    "var/folders",
    "mnt",
    "media",
    "scratch",
    "workspace",
    "work",
    "lustre",
    "gpfs",
)
"""Folders at a machine's root below which people keep what is theirs."""
_END = r"[^\s\"'`<>|,;:)\]}]*"
# They begin with what is rare in a text, so that most of it is passed over quickly; what stands before comes later.
_PATTERN = re.compile(rf"/(?:{'|'.join(PLACES)})/[\w.]{_END}")
_OF_WINDOWS = re.compile(rf":\\{{1,2}}Users\\{{1,2}}\w{_END}")
_PART_OF_A_NAME = re.compile(r"[\w.~/:-]")


def found_paths(text: str, own: Iterable[Path] = ()) -> Iterator[tuple[int, str]]:
    """Place in the text and the path, of each.

    Args:
        text: to be searched.
        own: folders of this machine, whose absolute paths are looked for wherever they lie.
    """
    found: dict[int, str] = {}
    for match in _PATTERN.finditer(text):
        start = match.start()
        if text.endswith("file://", 0, start) or not _PART_OF_A_NAME.match(text[start - 1 : start]):
            found[start] = match.group()
    for match in _OF_WINDOWS.finditer(text):
        start = match.start() - 1
        if start >= 0 and text[start].isalpha() and not text[max(0, start - 1) : start].isalnum():
            found[start] = text[start : match.end()]
    for path in map(str, filter(_telling, own)):
        if path in text:
            for match in re.finditer(rf"(?<![\w.~-]){re.escape(path)}(?![\w.-]){_END}", text):
                found.setdefault(match.start(), match.group())
    yield from sorted(found.items())


def _telling(path: Path) -> bool:
    """Whether an absolute path has parts enough to be of one machine."""
    return path.is_absolute() and len(path.parts) > 2
