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
_PATTERN = re.compile(rf"(?<![\w.~/:-])/(?:{'|'.join(PLACES)})/\w{_END}|\b[A-Za-z]:\\{{1,2}}Users\\{{1,2}}\w{_END}")
_URL_PATTERN = re.compile(rf"\bfile://{_END}")


def found_paths(text: str, own: Iterable[Path] = ()) -> Iterator[tuple[int, str]]:
    """Place in the text and the path, of each.

    Args:
        text: to be searched.
        own: folders of this machine, whose absolute paths are looked for wherever they lie.
    """
    seen = set()
    patterns = [_PATTERN, _URL_PATTERN]
    patterns += [re.compile(rf"(?<![\w.~-]){re.escape(str(path))}(?![\w.-]){_END}") for path in own if _telling(path)]
    for pattern in patterns:
        for match in pattern.finditer(text):
            if match.start() not in seen:
                seen.add(match.start())
                yield match.start(), match.group()


def _telling(path: Path) -> bool:
    """Whether an absolute path has parts enough to be of one machine."""
    return path.is_absolute() and len(path.parts) > 2
