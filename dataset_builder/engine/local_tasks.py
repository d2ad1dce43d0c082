"""Tasks in processes of this machine, by datatrove's local executor with a pool that notices when a task is killed.

datatrove's own pool waits for ever for a process that the kernel killed, and ends all others when one task raises.
"""

from __future__ import annotations

import os
import signal
from concurrent.futures import ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from multiprocessing import get_context, parent_process
from threading import Thread

from datatrove.executor import LocalPipelineExecutor

from .pipeline_task import StageTask, undone


class LocalTasks(LocalPipelineExecutor):
    """Runs the slices of a stage that are not done."""

    def __init__(self, task: StageTask, workers: int, logs: str) -> None:
        place = task.place
        super().__init__([task], place.tasks, workers, logs, skip_completed=False)
        self._undone = undone(place.folder, place.tasks)

    def run(self) -> dict[int, str]:
        """Run them; returns a sentence for each slice whose process may have been killed.

        What a task raises is noted by the task itself; the others go on.
        """
        self.save_executor_as_json()
        workers = min(self.workers, len(self._undone))
        # Before the first process is started: tasks share the cores as processes, and threads beside them only wait.
        os.environ.setdefault("OMP_NUM_THREADS", "1")
        pool = ProcessPoolExecutor(workers, get_context("forkserver"), initializer=_end_with_the_build)
        try:
            running = {pool.submit(self._run_for_rank, rank): rank for rank in self._undone}
            wait(running)
        finally:
            pool.shutdown(cancel_futures=True)
        killed = [rank for future, rank in running.items() if isinstance(future.exception(), BrokenProcessPool)]
        return dict.fromkeys(killed, "The kernel's log (`dmesg`) tells whether it was killed for memory.")


def _end_with_the_build() -> None:
    """Have this process end when the one of the build is gone, however that ended.

    Ctrl-C reaches both. It ends this one at once and without a word, as a kill does, which loses nothing that is done;
    what is to be said, the build says.
    """
    signal.signal(signal.SIGINT, lambda *_: os._exit(1))
    parent = parent_process()

    def wait_for_the_end() -> None:
        if parent is not None:
            parent.join()
            os._exit(1)

    Thread(target=wait_for_the_end, daemon=True).start()
