"""What datatrove calls for each slice of a stage, wherever it runs, and what the slice leaves behind if it fails.

```
<stage>/stopped/00000.txt   why the build has to stop here, in a sentence
<stage>/failed/00000.json   what went wrong: kind, reason, traceback
```
"""

from __future__ import annotations

import json
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

from .only_process import hold
from .stage import BuildStopped, Stage, TaskPlace
from .stage_folder import StageFolder, write_whole
from .stage_task import run_slice


MENDABLE: dict[str, type[Exception]] = {"ValueError": ValueError, "OSError": OSError, "ImportError": ImportError}
"""Errors whose sentence is all that a user needs, by the name under which they are noted."""


class StageTask:
    """A slice of a stage for an executor to call; it is pickled, so it holds settings and no connection.

    Args:
        quiet: whether a process that unpickles it keeps datatrove's log off the terminal.
    """

    def __init__(self, stage: Stage, place: TaskPlace, quiet: bool = True) -> None:
        self.stage, self.place, self.quiet = stage, place, quiet
        self.is_child = False

    def __setstate__(self, state: dict[str, Any]) -> None:
        """In a process of its own."""
        self.__dict__.update(state)
        self.is_child = True
        if self.quiet:
            from loguru import logger

            logger.disable("datatrove")

    def __call__(self, data: object, rank: int = 0, world_size: int = 1) -> None:
        place = replace(self.place, rank=rank)
        forget(place.folder, rank)
        try:
            with _only_task(place):
                run_slice(self.stage, place)
        except BuildStopped as reason:
            # Told by a file: an exception would make an executor end the other tasks with their calls in flight.
            write_whole(place.folder.file("stopped", rank, "txt"), [str(reason)])
        except Exception as error:
            if self.is_child:  # what is raised here may be lost on its way, or arrive without its type
                _note_failure(place.folder, rank, error)
            raise

    def __repr__(self) -> str:
        return f"{self.stage.name} of {self.place.folder.path}"


def undone(folder: StageFolder, tasks: int) -> list[int]:
    """The slices that have no account."""
    return [rank for rank in range(tasks) if folder.account(rank) is None]


def has_ended(folder: StageFolder, rank: int) -> bool:
    """Whether a slice is done, or has said why it is not."""
    said = (folder.path / "stopped" / f"{rank:05d}.txt", folder.path / "failed" / f"{rank:05d}.json")
    return folder.account(rank) is not None or any(path.exists() for path in said)


def forget(folder: StageFolder, rank: int) -> None:
    """Take away what a slice said when it was run before."""
    (folder.path / "stopped" / f"{rank:05d}.txt").unlink(missing_ok=True)
    (folder.path / "failed" / f"{rank:05d}.json").unlink(missing_ok=True)


def raise_what_was_said(folder: StageFolder, tasks: int, died: dict[int, str]) -> None:
    """Raise the first thing that kept a slice from being done, if any was.

    Args:
        died: where to read on, by slice, for slices whose process may have ended without a word.

    Raises:
        ValueError, OSError, ImportError: what a task raised.
        RuntimeError: an error of the program, with its traceback.
        BuildStopped: a task cannot go on now, or its process was killed.
    """
    left = undone(folder, tasks)
    for rank in left:
        path = folder.path / "failed" / f"{rank:05d}.json"
        if path.exists():
            failed = json.loads(path.read_text(encoding="utf-8"))
            if failed["kind"] in MENDABLE:
                raise MENDABLE[failed["kind"]](failed["reason"])
            raise RuntimeError(f"Slice {rank} of the stage {folder.name!r} failed.\n\n{failed['traceback']}")
    for rank in left:
        path = folder.path / "stopped" / f"{rank:05d}.txt"
        if path.exists():
            raise BuildStopped(path.read_text(encoding="utf-8"))
    if killed := [rank for rank in left if rank in died]:
        slices = f"slice {killed[0]}" if len(killed) == 1 else f"slices {', '.join(map(str, killed))}"
        raise BuildStopped(
            f"The stage {folder.name!r} did not finish its {slices}: the process ended without a word, as it does "
            f"when memory or time runs out. {died[killed[0]]} What was done is kept: run the build again, with fewer "
            "workers or more memory and time if it ends the same way."
        )


def _note_failure(folder: StageFolder, rank: int, error: Exception) -> None:
    kind = next((name for name, mendable in MENDABLE.items() if isinstance(error, mendable)), type(error).__name__)
    noted = {"kind": kind, "reason": str(error), "traceback": "".join(traceback.format_exception(error))}
    write_whole(folder.file("failed", rank, "json"), [json.dumps(noted) + "\n"])


@contextmanager
def _only_task(place: TaskPlace) -> Iterator[None]:
    """Hold the slice for this process: a build that was killed may have left a task at work."""
    path = place.folder.file("journal", place.rank, "lock")
    with path.open("w") as lock:
        hold(lock, path, wait=True)
        yield
