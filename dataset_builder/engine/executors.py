"""Runs a stage's slices through datatrove: in processes of this machine, on a Ray cluster, or on Slurm.

datatrove starts the tasks and keeps their logs. Whether a task is done is for our accounts to say: datatrove would
also count one whose rows could not be written.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from importlib.util import find_spec
from multiprocessing import get_context
from pathlib import Path
from threading import Event, Thread
from typing import Any, Literal, get_args

from .accounts import StageCounts, count_stage, reconcile, rows_done
from .pipeline_task import StageTask, forget, raise_what_was_said, undone
from .stage import Stage, TaskPlace
from .stage_folder import StageFolder


Executor = Literal["local", "ray", "slurm"]
Progress = Callable[[str, int, int], None]
"""Called with the stage, the rows that are done, and all of its rows (0 where nobody knows yet)."""
POLL_SECONDS = 0.5


@dataclass(frozen=True)
class Execution:
    """How the tasks of a build are run.

    Args:
        executor: `"local"`, `"ray"` (a running cluster, or a local one) or `"slurm"`.
        workers: tasks at the same time.
        options: of `ray_tasks.RayTasks` or `slurm_jobs.SlurmJobs`, such as `partition` and `time`.

    Raises:
        ValueError: an unknown executor, one that is not installed or lacks options, or no workers.
    """

    executor: Executor = "local"
    workers: int = 1
    options: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.executor not in get_args(Executor):
            raise ValueError(f"There is no executor {self.executor!r}; use one of {', '.join(get_args(Executor))}.")
        if self.workers < 1:
            raise ValueError(f"workers is {self.workers}; give at least 1.")
        needed = {"partition", "time"} - set(self.options)
        if self.executor == "ray" and find_spec("ray") is None:
            raise ValueError("The executor ray needs Ray, which is not installed: pip install 'audio-reasoner[ray]'.")
        if self.executor == "slurm" and needed:
            raise ValueError(f"The executor slurm needs {' and '.join(sorted(needed))}; give them under `slurm:`.")


def preload(stages: Sequence[Stage], execution: Execution) -> None:
    """Have the local executor's processes begin with what their stages import, which each would do for every stage.

    It is imported once, by the process from which all others are forked; where that runs already, nothing changes.
    """
    if execution.executor == "local" and sys.platform != "darwin":  # whose libraries do not survive a fork
        modules = [module for stage in stages for module in (type(stage).__module__, *stage.imports)]
        unique = list(dict.fromkeys(["__main__", f"{__package__}.local_tasks", *modules]))
        get_context("forkserver").set_forkserver_preload(unique)


def run_stage(
    stage: Stage,
    folder: StageFolder,
    previous: StageFolder | None,
    tasks: int,
    previous_tasks: int,
    execution: Execution,
    progress: Progress | None = None,
) -> StageCounts:
    """Run all slices of a stage that are not done, and hold its account.

    Args:
        tasks, previous_tasks: slices of this stage and of the one before.

    Returns:
        The counts of the whole stage.

    Raises:
        BuildStopped: a task cannot go on now, or was killed.
        ValueError: a row was lost, two have one id, or an option of the executor cannot be meant.
        OSError, ImportError: the executor cannot be used here.
        RuntimeError: a task failed by an error of the program, whose traceback it holds.
    """
    shared = execution.executor != "local"
    place = TaskPlace(folder, 0, tasks, previous, previous_tasks, min(execution.workers, tasks), shared)
    task = StageTask(stage, place)
    if undone(folder, tasks):
        whole = 0 if previous is None else count_stage(previous, previous_tasks).out
        with _watched(partial(rows_done, folder, tasks), stage.name, whole, progress):
            died = _execute(task, execution)
        raise_what_was_said(folder, tasks, died)
    return reconcile(folder, tasks, previous if stage.reads_rows else None, previous_tasks)


def _execute(task: StageTask, execution: Execution) -> dict[int, str]:
    """Run the slices that are not done; returns where to read on about those that may have been killed."""
    folder, tasks = task.place.folder, task.place.tasks
    if execution.executor == "local" and min(execution.workers, tasks) == 1:
        for rank in undone(folder, tasks):
            task(None, rank, tasks)
        return {}
    logs = str(folder.path / "logs")
    with _quiet():
        if execution.executor == "slurm":
            from .slurm_jobs import SlurmJobs

            task.quiet = False  # each job has a log of its own
            return SlurmJobs(task, execution.workers, logs, execution.options).wait_for()
        for rank in undone(folder, tasks):
            forget(folder, rank)
        if execution.executor == "ray":
            from .ray_tasks import RayTasks

            return RayTasks(task, execution.workers, logs, execution.options).run()
        from .local_tasks import LocalTasks

        return LocalTasks(task, execution.workers, logs).run()


@contextmanager
def _quiet() -> Iterator[None]:
    """Without datatrove's log on the terminal; each task's log is in the stage's folder."""
    from loguru import logger

    logger.disable("datatrove")
    try:
        yield
    finally:
        logger.enable("datatrove")


@contextmanager
def _watched(done: Callable[[], int], name: str, whole: int, progress: Progress | None) -> Iterator[None]:
    """Report what is done from a thread until the block ends."""
    if progress is None:
        yield
        return
    ended = Event()

    def watch() -> None:
        while not ended.wait(POLL_SECONDS):
            progress(name, done(), whole)

    thread = Thread(target=watch, daemon=True)
    thread.start()
    finished = False
    try:
        yield
        finished = True
    finally:
        ended.set()
        thread.join()
        progress(name, done(), done() if finished else whole)


def stage_folder(work: Path, number: int, name: str, key: str) -> StageFolder:
    """The folder of a stage in the folder of a build's work."""
    return StageFolder(work / f"{number:02d}_{name}-{key}", name)
