"""Turns an error the user can mend into one sentence.

Knows nothing of commands: the command line decides what to print and how to exit.
"""

from __future__ import annotations

import errno
from typing import TypeGuard


# Which extra brings a package that only some commands need.
EXTRA_OF = {
    "datasets": "build",
    "torchcodec": "build",
    "pyarrow": "build",
    "yaml": "build",
    "sklearn": "build",
    "trl": "train",
    "peft": "train",
    "accelerate": "train",
    "matplotlib": "eval",
    "gradio": "app",
    "prometheus_client": "serve",
    "sacrebleu": "eval",
}

# Disk full, and the same by quota.
NO_SPACE = (errno.ENOSPC, errno.EDQUOT)


def sentence(error: ValueError | OSError | ImportError) -> str:
    """One line that says what was found and, where the system's own message does not, what to do.

    `error` is one that a user can mend: bad input, a file that cannot be read or written, an extra not installed.
    """
    if isinstance(error, ImportError):
        package = (error.name or "").partition(".")[0]
        if package in EXTRA_OF:
            return f"{package} is not installed: pip install 'audio-reasoner[{EXTRA_OF[package]}]'."
    if isinstance(error, OSError) and error.errno in NO_SPACE:
        place = f" for {error.filename}" if error.filename else ""
        return f"There is no space left on the disk{place}: free some and run the command again."
    if isinstance(error, OSError) and error.errno is not None and error.filename is not None:
        other = f" -> {error.filename2}" if error.filename2 is not None else ""
        return f"{error.filename}{other}: {error.strerror}."
    return " ".join(str(error).split()) or type(error).__name__


def is_mendable(error: BaseException) -> TypeGuard[ValueError | OSError | ImportError]:
    """Whether `error` is the user's to mend, rather than a fault of the program."""
    if isinstance(error, ModuleNotFoundError):
        return (error.name or "").partition(".")[0] in EXTRA_OF
    if isinstance(error, ImportError):
        return error.name is None  # of ours, which say what to install; Python's own name a module
    # A pipe that was closed by its reader, as in `audio-reasoner … | head`, is Typer's to end quietly.
    return isinstance(error, (ValueError, OSError)) and not isinstance(error, BrokenPipeError)
