"""Tasks as an array of Slurm jobs, by datatrove's Slurm executor: submitted, or taken up again, and waited for.

The jobs live on where the build that submitted them ends, and the next run waits for them instead of submitting more.
"""

from __future__ import annotations

import inspect
import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from datatrove.executor import SlurmPipelineExecutor

from .pipeline_task import StageTask, forget, has_ended, undone
from .stage_folder import StageFolder, write_whole


POLL_SECONDS = 5.0
SETTLE_SECONDS = 60.0
"""How long a shared folder may take to show what a job wrote before it ended."""
COMMANDS = ("sbatch", "squeue")
OURS = ("self", "pipeline", "tasks", "workers", "logging_dir", "skip_completed", "depends", "depends_job_id")
JOBS = "slurm_jobs.json"


class SlurmJobs(SlurmPipelineExecutor):
    """Runs the slices of a stage that are not done.

    Args:
        options: under `slurm:` of a build, as datatrove's executor takes them: `partition`, `time`, `cpus_per_task`,
            `mem_per_cpu_gb`, `qos`, `sbatch_args`, `env_command` and so on.

    Raises:
        ValueError: an unknown option, or a time that YAML has made a number of.
        OSError: Slurm's commands are not there.
    """

    def __init__(self, task: StageTask, workers: int, logs: str, options: Mapping[str, Any]) -> None:
        _check(options)
        self.job_ids: list[str] = []
        own = {
            "job_name": f"cota-{task.stage.name}",
            "qos": None,  # the cluster's own default
            "env_command": f'export PATH="{Path(sys.executable).parent}:$PATH"',
        }
        super().__init__(
            [task], task.place.tasks, workers=workers, logging_dir=logs, skip_completed=False, **(own | dict(options))
        )
        self._folder = task.place.folder

    # datatrove keeps the last of several jobs; all of them are waited for.
    @property
    def job_id(self) -> str | None:
        return self.job_ids[-1] if self.job_ids else None

    @job_id.setter
    def job_id(self, found: str | None) -> None:
        if found is not None:
            self.job_ids.append(found)

    def get_incomplete_ranks(self, ranks: Any = None, skip_completed: bool | None = None) -> list[int]:
        """The slices without an account, which is what counts here."""
        return undone(self._folder, self.tasks)

    def launch_merge_stats(self) -> None:
        """No job for datatrove's own counts: it would stay in the queue for ever after a job that failed."""

    def wait_for(self) -> dict[int, str]:
        """Submit the jobs and wait until they have ended; before that, for those of a build that was killed.

        Returns:
            Where to read on, for each slice whose job ended without a word.

        Raises:
            ValueError: Slurm refuses the job.
        """
        before = self._noted()
        if before is not None:
            self._wait(before)
        if not self.get_incomplete_ranks():
            return {}
        noted = self._submit()
        self._wait(noted)
        settled = time.monotonic() + SETTLE_SECONDS
        while self._open(noted) and time.monotonic() < settled:
            time.sleep(min(POLL_SECONDS, 1.0))
        return {rank: self._where(noted, rank) for rank in self._open(noted)}

    def _submit(self) -> dict[str, Any]:
        ranks = self.get_incomplete_ranks()
        for rank in ranks:
            forget(self._folder, rank)
        try:
            self.launch_job()
        except subprocess.CalledProcessError as error:
            raise ValueError(
                f"sbatch refused the stage {self._folder.name!r} (it says why above, and ended with "
                f"{error.returncode}): see the options under `slurm:`, and {self._script()}."
            ) from None
        noted = {"ranks": ranks, "jobs": self.job_ids}
        write_whole(self._folder.path / JOBS, [json.dumps(noted) + "\n"])
        return noted

    def _wait(self, noted: Mapping[str, Any]) -> None:
        while self._open(noted) and _are_queued(noted["jobs"]):
            time.sleep(POLL_SECONDS)

    def _noted(self) -> dict[str, Any] | None:
        try:
            return json.loads((self._folder.path / JOBS).read_text(encoding="utf-8"))
        except FileNotFoundError:
            return None

    def _open(self, noted: Mapping[str, Any]) -> list[int]:
        return _open(self._folder, noted)

    def _script(self) -> str:
        return str(self.logging_dir.resolve_paths("launch_script.slurm"))

    def _where(self, noted: Mapping[str, Any], rank: int) -> str:
        """The log of a slice's job, and the last that it says."""
        number = noted["ranks"].index(rank) // self.tasks_per_job
        size = self.max_array_size if self.max_array_size != -1 else len(noted["ranks"])
        log = Path(self.slurm_logs_folder) / f"{noted['jobs'][number // size]}_{number % size}.out"
        if not log.is_file():
            return f"Its job left no log at {log}; `sacct -j {noted['jobs'][number // size]}` tells how it ended."
        last = _last_line(log)
        return f"Its log is {log}" + (f", which ends: {last!r}." if last else ", which is empty.")


def jobs_at_work(work: Path) -> bool:
    """Whether jobs that an earlier run submitted may still be at work.

    Args:
        work: the folder of a build's stages.
    """
    for path in work.glob(f"*/{JOBS}"):
        noted = json.loads(path.read_text(encoding="utf-8"))
        is_open = bool(_open(StageFolder(path.parent, path.parent.name), noted))
        # On a machine without Slurm's commands nobody can say that they have ended.
        if is_open and (shutil.which("squeue") is None or _are_queued(noted["jobs"])):
            return True
    return False


def _open(folder: StageFolder, noted: Mapping[str, Any]) -> list[int]:
    """Slices of these jobs that have not said how they ended."""
    return [rank for rank in noted["ranks"] if not has_ended(folder, rank)]


def _check(options: Mapping[str, Any]) -> None:
    known = [name for name in inspect.signature(SlurmPipelineExecutor.__init__).parameters if name not in OURS]
    if unknown := [name for name in options if name not in known]:
        raise ValueError(f"`slurm:` has no option {unknown[0]!r}; it has {', '.join(known)}.")
    if not isinstance(options["time"], str):
        raise ValueError(
            f"`slurm: time:` is the number {options['time']!r}: put it in quotes, such as time: '10:00:00'. "
            "Without them, YAML reads hours and minutes as one number."
        )
    if missing := [command for command in COMMANDS if shutil.which(command) is None]:
        raise OSError(
            f"The executor slurm needs the command {missing[0]}, which is not on PATH: run the build on a login node "
            "of the cluster."
        )


def _are_queued(jobs: list[str]) -> bool:
    """Whether one of the jobs waits or runs; also where Slurm does not answer, which passes."""
    asked = subprocess.run(["squeue", "-h", "-j", ",".join(jobs)], capture_output=True, text=True, check=False)
    if asked.returncode:
        return "Invalid job id" not in asked.stderr
    return bool(asked.stdout.strip())


def _last_line(log: Path) -> str:
    with log.open("rb") as stream:
        stream.seek(max(0, os.path.getsize(log) - 2_000))
        lines = stream.read().decode("utf-8", "replace").split("\n")
    return next((line.strip()[:300] for line in reversed(lines) if line.strip()), "")
