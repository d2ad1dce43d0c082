"""Tasks on a Ray cluster, or on a Ray of this build's own, by datatrove's Ray executor.

datatrove runs each task in a pool inside of an actor inside of a placement group; there a process that is killed is
waited for for ever, and what a task raises is lost. Here a slice is one Ray task, and nothing more.
"""

from __future__ import annotations

import os
from collections import Counter, deque
from collections.abc import Mapping
from typing import Any

from datatrove.executor.base import PipelineExecutor
from datatrove.executor.ray import RayPipelineExecutor

from .pipeline_task import StageTask, undone


ATTEMPTS = 3
"""How often a slice is begun whose process or node is lost; what was done of it is not done again."""
OPTIONS = ("address", "cpus_per_task", "mem_per_cpu_gb", "gpus_per_task", "ray_remote_kwargs")


class RayTasks(RayPipelineExecutor):
    """Runs the slices of a stage that are not done.

    Args:
        options: under `ray:` of a build. `address` of a running cluster; `cpus_per_task`, `mem_per_cpu_gb` and
            `gpus_per_task` to reserve; `ray_remote_kwargs` for what else Ray knows.

    Raises:
        ValueError: an unknown option.
        ImportError: Ray is not installed.
        OSError: the cluster does not answer.
    """

    def __init__(self, task: StageTask, workers: int, logs: str, options: Mapping[str, Any]) -> None:
        if unknown := [name for name in options if name not in OPTIONS]:
            raise ValueError(f"`ray:` has no option {unknown[0]!r}; it has {', '.join(OPTIONS)}.")
        own = {"mem_per_cpu_gb": 0} | {name: value for name, value in options.items() if name != "address"}
        super().__init__([task], task.place.tasks, workers, logging_dir=logs, skip_completed=False, **own)
        _connect(options.get("address"), workers * self.cpus_per_task)
        self._undone = undone(task.place.folder, task.place.tasks)

    def run(self) -> dict[int, str]:
        """Run them; returns a sentence for each slice whose process was lost too often.

        What a task raises is noted by the task itself; the others go on.
        """
        import ray

        self.save_executor_as_json()
        executor = ray.put(self)
        run_slice = ray.remote(_run_slice).options(**self._resources())
        waiting, begun = deque(self._undone), Counter[int]()
        running: dict[Any, int] = {}
        lost: dict[int, str] = {}
        try:
            while waiting or running:
                while waiting and len(running) < self.workers:
                    rank = waiting.popleft()
                    begun[rank] += 1
                    running[run_slice.remote(executor, rank)] = rank
                for done in ray.wait(list(running))[0]:
                    rank = running.pop(done)
                    try:
                        ray.get(done)
                    except ray.exceptions.RayTaskError:
                        continue
                    except ray.exceptions.RayError as error:
                        if begun[rank] < ATTEMPTS:
                            waiting.append(rank)
                        else:
                            lost[rank] = f"Ray says: {' '.join(str(error).split())[:500]}"
        finally:
            for task in running:
                ray.cancel(task)
            if running:
                ray.wait(list(running), num_returns=len(running), timeout=5)
        return lost

    def _resources(self) -> dict[str, Any]:
        memory = int(self.mem_per_cpu_gb * self.cpus_per_task * 2**30)
        wanted = {"num_cpus": self.cpus_per_task, "num_gpus": self.gpus_per_task, "max_retries": 0}
        return wanted | ({"memory": memory} if memory else {}) | dict(self.ray_remote_kwargs or {})

    # datatrove's own writes to a folder under /tmp that all users and builds of a machine would share.
    _run_for_rank = PipelineExecutor._run_for_rank


def _run_slice(executor: RayTasks, rank: int) -> None:
    executor._run_for_rank(rank)


def _connect(address: str | None, cpus: int) -> None:
    """To the cluster at an address, at RAY_ADDRESS, or to one that lives as long as this process.

    A Ray that happens to run, or has left a trace, on this machine is not
    looked for: it may be another user's, or dead.
    """
    # Read when Ray is imported: no report to its makers, and no warning about a change to come.
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    os.environ.setdefault("RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO", "0")
    try:
        import ray
    except ImportError:
        raise ImportError("The executor ray needs Ray: pip install 'audio-reasoner[ray]'.") from None
    if ray.is_initialized():
        return
    address = address or os.environ.get("RAY_ADDRESS") or "local"
    quiet = {"log_to_driver": False, "logging_level": "ERROR"}
    try:
        if address == "local":
            ray.init("local", num_cpus=cpus, include_dashboard=False, **quiet)
        else:
            ray.init(address, **quiet)
    except (ConnectionError, RuntimeError) as error:
        raise OSError(f"Ray cannot be reached at {address!r} ({' '.join(str(error).split())}).") from None
