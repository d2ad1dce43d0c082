"""A file that is there whole or not at all. Knows nothing of what is in it."""

from __future__ import annotations

import os
from pathlib import Path


def write_whole_bytes(path: Path, content: bytes) -> None:
    """Write `content` to `path` whole or not at all.

    Raises:
        OSError: the file cannot be written.
    """
    partial = path.with_name(path.name + ".partial")
    partial.write_bytes(content)
    os.replace(partial, path)
