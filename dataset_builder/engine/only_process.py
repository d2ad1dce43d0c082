"""A file that one process holds at a time, of one machine or of several that share the folder."""

from __future__ import annotations

import errno
import fcntl
import os
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def only_process(path: Path, what: str) -> Iterator[None]:
    """Hold a file for this process until the block ends, and take it away then.

    It is the kernel that holds it and lets go of it however the process ends: a file that a killed one left behind
    keeps nobody out.

    Args:
        path: of the file, in a folder that is there.
        what: is to be done by one process alone, as `"builds cota"`.

    Raises:
        ValueError: another process holds it; names that process and its machine.
        OSError: the file system has no locks, or the file cannot be written.
    """
    while True:
        with path.open("a+", encoding="utf-8") as lock:
            _lock(lock.fileno(), path, what)
            try:
                is_current = os.path.samestat(os.fstat(lock.fileno()), path.stat())
            except FileNotFoundError:
                is_current = False
            if not is_current:  # its holder took it away between our opening and our locking it
                continue
            lock.truncate(0)
            lock.write(f"process {os.getpid()} on {socket.gethostname()}, since {time.strftime('%Y-%m-%d %H:%M:%S')}")
            lock.flush()
            try:
                yield
            finally:
                path.unlink(missing_ok=True)
            return


def _lock(descriptor: int, path: Path, what: str) -> None:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        if error.errno not in (errno.EAGAIN, errno.EACCES):
            raise OSError(
                f"{path} cannot be locked ({error.strerror}), so two builds could write to one place: mount the file "
                "system with locks (`flock`), or put `output:` and `work:` on one that has them."
            ) from None
        holder = path.read_text(encoding="utf-8") or "another process"
        raise ValueError(f"Another build {what}: {holder}. Wait until it has ended, or end it.") from None
