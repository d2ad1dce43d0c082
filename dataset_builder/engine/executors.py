"""Runs a stage's slices through datatrove: in processes of this machine, on a Ray cluster, or on Slurm.

datatrove starts the tasks and keeps their logs. Whether a task is done is for our accounts to say: datatrove would
also count one whose rows could not be written.
"""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from threading import Event, Thread
from typing import Any, Literal, get_args

from .accounts import StageCounts, count_stage, reconcile
from .stage import BuildStopped, Stage, TaskPlace
from .stage_folder import StageFolder
from .stage_task import run_slice


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
        options: further arguments of datatrove's executor, such as `partition` and `time` for Slurm.

    Raises:
        ValueError: an unknown executor, or no workers.
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
        if self.executor == "slurm" and needed:
            raise ValueError(f"The executor slurm needs {' and '.join(sorted(needed))}; give them under `slurm:`.")


class StageTask:
    """What datatrove calls for each slice; it is pickled, so it holds settings and no connection."""

    def __init__(self, stage: Stage, place: TaskPlace) -> None:
        self.stage, self.place = stage, place
        self.is_child = False

    def __setstate__(self, state: dict[str, Any]) -> None:
        """In a process of its own: silent on the terminal, and gone when the build is gone."""
        from loguru import logger

        logger.disable("datatrove")
        self.__dict__.update(state)
        self.is_child = True

    def __call__(self, data: object, rank: int = 0, world_size: int = 1) -> None:
        place = replace(self.place, rank=rank)
        stopped = place.folder.file("stopped", rank, "txt")
        stopped.unlink(missing_ok=True)
        try:
            with _only_task(place, self.is_child):
                run_slice(self.stage, place)
        except BuildStopped as reason:
            # Told by a file: an exception would make the executor kill the other tasks with their calls in flight.
            stopped.write_text(str(reason), encoding="utf-8")

    def __repr__(self) -> str:
        return f"{self.stage.name} of {self.place.folder.path}"


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
        BuildStopped: a task cannot go on now.
        ValueError: a row was lost, or two have one id.
    """
    place = TaskPlace(folder, 0, tasks, previous, previous_tasks, min(execution.workers, tasks))
    task = StageTask(stage, place)
    if any(folder.account(rank) is None for rank in range(tasks)):
        whole = 0 if previous is None else count_stage(previous, previous_tasks).out
        with _watched(partial(_done, folder, tasks), stage.name, whole, progress):
            _execute(task, execution)
        for rank in range(tasks):
            stopped = folder.path / "stopped" / f"{rank:05d}.txt"
            if stopped.exists():
                raise BuildStopped(stopped.read_text(encoding="utf-8"))
    reads_rows = type(stage).inputs is Stage.inputs and previous is not None
    return reconcile(folder, tasks, previous if reads_rows else None, previous_tasks)


def _execute(task: StageTask, execution: Execution) -> None:
    tasks, logs = task.place.tasks, str(task.place.folder.path / "logs")
    if execution.executor == "local" and min(execution.workers, tasks) == 1:
        for rank in range(tasks):
            task(None, rank, tasks)
        return
    with _quiet():
        if execution.executor == "local":
            from datatrove.executor import LocalPipelineExecutor

            LocalPipelineExecutor(
                [task], tasks, execution.workers, logs, skip_completed=False, **execution.options
            ).run()
        elif execution.executor == "ray":
            _start_ray(execution.workers)
            from datatrove.executor.ray import RayPipelineExecutor

            options = {"mem_per_cpu_gb": 1, **execution.options}
            RayPipelineExecutor(
                [task], tasks, execution.workers, logging_dir=logs, skip_completed=False, **options
            ).run()
        else:
            _run_on_slurm(task, execution, logs)


def _start_ray(workers: int) -> None:
    try:
        import ray
    except ImportError:
        raise ImportError("The executor ray needs Ray: pip install 'audio-reasoner[ray]'.") from None
    if not ray.is_initialized():
        running = os.environ.get("RAY_ADDRESS")
        ray.init(address=running, num_cpus=None if running else workers, log_to_driver=False, logging_level="ERROR")


def _run_on_slurm(task: StageTask, execution: Execution, logs: str) -> None:
    """Submit the stage as an array of jobs and wait for its accounts."""
    from datatrove.executor import SlurmPipelineExecutor

    options = {"job_name": f"cota-{task.stage.name}", **execution.options}
    job = SlurmPipelineExecutor(
        [task], task.place.tasks, workers=execution.workers, logging_dir=logs, skip_completed=False, **options
    )
    job.run()
    while _unfinished(task.place.folder, task.place.tasks) and _is_queued(job.job_id):
        time.sleep(10 * POLL_SECONDS)


def _unfinished(folder: StageFolder, tasks: int) -> bool:
    return any(
        folder.account(rank) is None and not (folder.path / "stopped" / f"{rank:05d}.txt").exists()
        for rank in range(tasks)
    )


def _is_queued(job_id: str) -> bool:
    import subprocess

    asked = subprocess.run(["squeue", "-h", "-j", str(job_id)], capture_output=True, text=True, check=False)
    return asked.returncode == 0 and bool(asked.stdout.strip())


@contextmanager
def _only_task(place: TaskPlace, is_child: bool) -> Iterator[None]:
    """Hold the slice for this process: a build that was killed may have left a task at work."""
    parent, ended = os.getppid(), Event()

    def end_with_the_build() -> None:
        while not ended.wait(POLL_SECONDS):
            if os.getppid() != parent:
                os._exit(1)

    if is_child:
        Thread(target=end_with_the_build, daemon=True).start()
    try:
        with place.folder.file("journal", place.rank, "lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield
    finally:
        ended.set()


@contextmanager
def _quiet() -> Iterator[None]:
    """Without datatrove's log on the terminal; each task's log is in the stage's folder."""
    from loguru import logger

    logger.disable("datatrove")
    try:
        yield
    finally:
        logger.enable("datatrove")


def _done(folder: StageFolder, tasks: int) -> int:
    done = 0
    for rank in range(tasks):
        try:
            text = (folder.path / "progress" / f"{rank:05d}.json").read_text(encoding="utf-8")
        except FileNotFoundError:
            continue
        done += int("".join(character for character in text if character.isdigit()) or 0)
    return done


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
    try:
        yield
    finally:
        ended.set()
        thread.join()
        progress(name, done(), done())


def stage_folder(work: Path, number: int, name: str, key: str) -> StageFolder:
    """The folder of a stage in the folder of a build's work."""
    return StageFolder(work / f"{number:02d}_{name}-{key}", name)
