"""The files below a folder, each real folder once, whatever links there are. Knows no audio and no metadata."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Iterator
from pathlib import Path


def walk(folder: Path, passed_over: Callable[[Path], None] | None = None) -> Iterator[Path]:
    """All files below a folder but the hidden ones, by name; a folder's own before those of its folders.

    Links to folders are followed after all the rest, so that a folder that lies below has the name of its place.

    Args:
        passed_over: is told of hidden files and folders, and of links to folders whose files are given under another
            name.
    """
    tell = passed_over or (lambda _: None)
    seen: set[tuple[int, int]] = set()
    links: deque[Path] = deque()

    def below(place: Path) -> Iterator[Path]:
        status = place.stat()
        if (status.st_dev, status.st_ino) in seen:
            tell(place)
            return
        seen.add((status.st_dev, status.st_ino))
        with os.scandir(place) as entries:
            found = sorted((entry.name, os.path.isdir(entry), entry.is_symlink()) for entry in entries)
        # Names and no paths: folders hold a million files. A link to nothing is among them, to be reported.
        for name, is_folder, _ in found:
            if not is_folder and name.startswith("."):
                tell(place / name)
            elif not is_folder:
                yield place / name
        for name, is_folder, is_link in found:
            if is_folder and name.startswith("."):
                tell(place / name)
            elif is_folder and is_link:
                links.append(place / name)
            elif is_folder:
                yield from below(place / name)

    yield from below(folder)
    while links:
        yield from below(links.popleft())
