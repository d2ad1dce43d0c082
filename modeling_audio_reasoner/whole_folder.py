"""Writes a folder that is either whole or not there, however the process ends.

Knows nothing of what the folder holds. It is not among the files that travel with the weights.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from fnmatch import fnmatch
from pathlib import Path


@contextmanager
def whole_folder(
    target: str | os.PathLike, marker: str = "config.json", known: tuple[str, ...] = ("*",)
) -> Iterator[Path]:
    """Give a new folder beside `target` to write into, and put it in `target`'s place when the block ends well.

    When the block raises, what it wrote is removed and `target` stays as it was. A process that is killed leaves at
    most a folder named `.<target>.<random>.partial` behind, which nothing reads and the next run removes.

    Args:
        target: where the folder is to be. An older one is replaced when it is empty or holds `marker`.
        marker: a file that every folder of this kind holds, so that no foreign folder is ever removed.
        known: patterns of the names that such a folder may hold, so that nothing else is removed with it.

    Raises:
        ValueError: `target` is a file, or a folder of something else.
        OSError: the disk is full or the place cannot be written to.
    """
    target = Path(os.path.abspath(target))
    if target.exists() and not target.is_dir():
        raise ValueError(f"{target} is a file, not a folder: name another place to write to.")
    if target.is_dir() and any(target.iterdir()) and not (target / marker).is_file():
        raise ValueError(
            f"{target} holds other files and no {marker}: name a new folder, since this one would be replaced."
        )
    held = sorted(path.name for path in target.iterdir()) if target.is_dir() else []
    foreign = [name for name in held if not any(fnmatch(name, pattern) for pattern in known)]
    if foreign:
        more = f" and {len(foreign) - 3} more" if len(foreign) > 3 else ""
        raise ValueError(
            f"{target} also holds {', '.join(foreign[:3])}{more}: move that away, or name a new folder, since this "
            "one would be replaced."
        )
    target.parent.mkdir(parents=True, exist_ok=True)
    for leftover in target.parent.glob(f".{target.name}.*.partial"):
        shutil.rmtree(leftover, ignore_errors=True)
    partial = Path(tempfile.mkdtemp(prefix=f".{target.name}.", suffix=".partial", dir=target.parent))
    try:
        partial.chmod(0o755)
        yield partial
        if target.is_dir():
            shutil.rmtree(target)
        os.replace(partial, target)
    except BaseException:
        shutil.rmtree(partial, ignore_errors=True)
        raise
