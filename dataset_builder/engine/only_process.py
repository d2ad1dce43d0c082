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
from typing import IO


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
            if not hold(lock, path, wait=False):
                lock.seek(0)  # read here and not at the path, from which its holder may just take it away
                holder = lock.read() or "another process"
                raise ValueError(f"Another build {what}: {holder}. Wait until it has ended, or end it.")
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


@contextmanager
def in_turn(path: Path) -> Iterator[None]:
    """Hold a file for this process until the block ends; where another process holds it, wait for that first.

    Args:
        path: of the file, in a folder that is there; it stays there.

    Raises:
        OSError: the file system has no locks, or the file cannot be written.
    """
    with path.open("a", encoding="utf-8") as lock:
        hold(lock, path, wait=True)
        yield


def hold(file: IO[str], path: Path, wait: bool) -> bool:
    """Hold an open file for this process until it is closed.

    Args:
        path: of the file.
        wait: whether to wait for a process that holds it.

    Returns:
        Whether it is held; always, with `wait`.

    Raises:
        OSError: the file system has no locks.
    """
    try:
        fcntl.flock(file, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
    except OSError as error:
        if not wait and error.errno in (errno.EAGAIN, errno.EACCES):
            return False
        raise OSError(
            f"{path} cannot be locked ({error.strerror}), so two processes could write to one place: mount the file "
            "system with locks (`flock`), or put `output:` and `work:` on one that has them."
        ) from None
    return True
