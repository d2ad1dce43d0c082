"""A progress bar a step, for library calls that report `(step, done, whole)`."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager


@contextmanager
def progress_bars() -> Iterator[Callable[[str, int, int], None]]:
    """Yields the function to report to; each new step gets a bar on stderr, with the time it took. A block
    that reports nothing prints nothing."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    progress = Progress(*columns, console=Console(stderr=True))
    bars: dict[str, TaskID] = {}

    def report(step: str, done: int, whole: int) -> None:
        if not bars:
            progress.start()
        if step not in bars:
            bars[step] = progress.add_task(step, total=whole)
        progress.update(bars[step], completed=done, total=whole)

    try:
        yield report
    finally:
        if bars:
            progress.stop()
