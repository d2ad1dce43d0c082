"""Room on the cache's disk: asked for before a download, explained where it runs out on the way."""

from __future__ import annotations

import errno
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


def check_free_space(cache: Path, needed: int) -> None:
    """Raises OSError where the disk of `cache` has less than `needed` bytes free."""
    cache.mkdir(parents=True, exist_ok=True)
    free = shutil.disk_usage(cache).free
    if free < needed:
        raise OSError(
            f"The recordings need {needed / 1e9:.2f} GB and the disk of the cache folder {cache} has "
            f"{free / 1e9:.2f} GB free; make room or name another folder in AUDIO_REASONER_CACHE.",
        )


@contextmanager
def explained_disk_errors(cache: Path) -> Iterator[None]:
    """Turn a disk that is full, over quota or read-only into one sentence that names the cache folder."""
    try:
        yield
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise OSError(
                f"No space is left on the disk of the cache folder {cache}; make room or name another folder in "
                "AUDIO_REASONER_CACHE, then run the command again.",
            ) from error
        if error.errno in (errno.EACCES, errno.EROFS, errno.EPERM):
            raise OSError(
                f"The cache folder {cache} cannot be written to ({error.strerror}: {error.filename}); name another "
                "folder in AUDIO_REASONER_CACHE.",
            ) from error
        raise
