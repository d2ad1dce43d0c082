"""Builds on Slurm, by datatrove's real executor, with stand-ins for Slurm's commands that run the array right here."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest
import yaml

from dataset_builder.engine import slurm_jobs
from dataset_builder.engine.executors import Execution
from dataset_builder.engine.stage import BuildStopped
from dataset_builder.engine.stage_folder import StageFolder
from tests.dataset_builder.engine import stages_of_numbers as engine


ROOT = Path(__file__).parents[3]
COMMANDS = Path(__file__).parent / "slurm"
OPTIONS = {"partition": "cpu", "time": "1:00:00"}
SLURM = Execution("slurm", 2, OPTIONS)


@pytest.fixture(autouse=True)
def stand_ins(tmp_path, monkeypatch) -> Path:
    """Slurm's commands on PATH; the folder of what is queued."""
    queue = tmp_path / "queue"
    queue.mkdir()
    monkeypatch.setenv("PATH", f"{COMMANDS}:{os.environ['PATH']}")
    monkeypatch.setenv("SLURM_STAND_IN", str(queue))
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    monkeypatch.setattr(slurm_jobs, "POLL_SECONDS", 0.2)
    monkeypatch.setattr(slurm_jobs, "SETTLE_SECONDS", 1.0)
    return queue


def jobs(queue: Path) -> list[str]:
    return sorted(path.stem for path in queue.glob("*.slurm"))


@pytest.fixture(scope="module")
def local(tmp_path_factory):
    return engine.run(tmp_path_factory.mktemp("local"), engine.Halves(4))


def undo(local: StageFolder, work: Path, *ranks: int) -> StageFolder:
    """A copy of the local build in which these slices are not done; a job of each is enough for most tests."""
    shutil.copytree(local.path.parent, work, dirs_exist_ok=True)
    folder = engine.folders(work)[1]
    for rank in ranks:
        folder.clear(rank)
    return folder


def numbers(*ranks: int) -> list[str]:
    """The rows of these slices, which are dealt out like cards."""
    return sorted(f"n{number}" for number in range(engine.ROWS) if number % engine.TASKS in ranks)


def test_rows_are_those_of_the_local_executor(local, tmp_path, stand_ins):
    folder = engine.run(tmp_path, engine.Halves(4), SLURM)
    assert engine.content(folder) == engine.content(local)
    assert jobs(stand_ins) == ["100", "101"]
    script = (folder.path / "logs" / "launch_script.slurm").read_text()
    for line in ("--partition=cpu", "--time=1:00:00", "--array=0-3%2", "--job-name=cota-halves"):
        assert f"#SBATCH {line}\n" in script
    assert "qos" not in script
    assert "Processing done for rank=3" in (folder.path / "logs" / "slurm_logs" / "101_3.out").read_text()


def test_only_slices_that_are_not_done_are_submitted(local, tmp_path, stand_ins):
    undo(local, tmp_path, 1, 3)
    assert engine.content(engine.run(tmp_path, engine.Halves(4), SLURM)) == engine.content(local)
    assert "--array=0-1%2" in (stand_ins / "100.slurm").read_text()


def test_arrays_longer_than_slurm_allows_follow_each_other(local, tmp_path, stand_ins):
    undo(local, tmp_path, 1, 2, 3)
    options = OPTIONS | {"max_array_size": 2}
    assert engine.content(engine.run(tmp_path, engine.Halves(4), Execution("slurm", 2, options))) == (
        engine.content(local)
    )
    assert jobs(stand_ins) == ["100", "101"]


def test_a_build_that_stops_goes_on(local, tmp_path):
    undo(local, tmp_path, 0, 3)
    log = str(tmp_path / "log")
    with pytest.raises(BuildStopped, match="The money is spent; raise --max-cost"):
        engine.run(tmp_path, engine.Stops(4, log), SLURM)
    Path(log + ".go").touch()
    assert engine.content(engine.run(tmp_path, engine.Stops(4, log), SLURM)) == engine.content(local)
    assert sorted(Path(log).read_text().split()) == numbers(0, 3)


@pytest.mark.parametrize(("raised", "expected"), [(ValueError, ValueError), (KeyError, RuntimeError)])
def test_what_a_task_raises_arrives_and_the_others_end(local, tmp_path, raised, expected):
    folder = undo(local, tmp_path, 1, 3)
    with pytest.raises(expected, match="The index /data/index is damaged: write it again") as told:
        engine.run(tmp_path, engine.Fails(raised, str(tmp_path / "log")), SLURM)
    assert ("Traceback" in str(told.value)) == (expected is RuntimeError)
    assert [rank for rank in range(engine.TASKS) if folder.account(rank)] == [0, 2, 3]


def test_a_job_that_dies_is_named_with_its_log(local, tmp_path):
    undo(local, tmp_path, 1, 2)
    with pytest.raises(BuildStopped) as told:
        engine.run(tmp_path, engine.Dies(4), SLURM)
    log = tmp_path / "01_halves-k" / "logs" / "slurm_logs" / "100_1.out"
    assert (
        f"did not finish its slice 2: the process ended without a word, as it does when memory or time runs out. "
        f"Its log is {log}, which ends: " in str(told.value)
    )
    assert "Killed" in str(told.value)
    assert engine.content(engine.run(tmp_path, engine.Halves(4), SLURM)) == engine.content(local)


def test_a_job_without_a_log_is_named(tmp_path, stand_ins, monkeypatch):
    monkeypatch.setenv("SLURM_STAND_IN_FORGETS", "1")
    with pytest.raises(BuildStopped, match=r"slice 0: .* left no log at .*/100_0\.out; `sacct -j 100` tells"):
        engine.run(tmp_path, engine.Halves(4), SLURM)


def test_a_controller_that_does_not_answer_is_waited_for(local, tmp_path, stand_ins):
    undo(local, tmp_path, 1)
    (stand_ins / "unreachable").touch()
    assert engine.content(engine.run(tmp_path, engine.Halves(4), SLURM)) == engine.content(local)


KILLED = """
import sys
from pathlib import Path
from dataset_builder.engine import slurm_jobs
from dataset_builder.engine.executors import Execution
from tests.dataset_builder.engine.stages_of_numbers import Halves, run
slurm_jobs.POLL_SECONDS = 0.2
options = {"partition": "cpu", "time": "1:00:00"}
run(Path(sys.argv[1]), Halves(4, sys.argv[1] + "/log", 0.5), Execution("slurm", 4, options))
"""


def test_jobs_outlive_a_build_that_is_killed_and_are_taken_up(local, tmp_path, stand_ins):
    undo(local, tmp_path, 1, 3)
    process = subprocess.Popen([sys.executable, "-c", KILLED, str(tmp_path)], cwd=ROOT)
    deadline = time.monotonic() + 60
    while not (tmp_path / "log").exists() and time.monotonic() < deadline:
        time.sleep(0.05)
    process.kill()
    process.wait()
    folder = engine.run(tmp_path, engine.Halves(4, str(tmp_path / "log"), 0.5), SLURM)
    assert engine.content(folder) == engine.content(local)
    assert jobs(stand_ins) == ["100"]
    assert sorted((tmp_path / "log").read_text().split()) == numbers(1, 3)


def test_jobs_are_at_work_until_slurm_forgets_them_or_their_slices_have_ended(tmp_path, stand_ins, monkeypatch):
    folder = StageFolder(tmp_path / "01_annotate-k", "annotate")
    assert not slurm_jobs.jobs_at_work(tmp_path)
    folder.path.mkdir()
    (folder.path / slurm_jobs.JOBS).write_text(json.dumps({"ranks": [0, 2], "jobs": ["100", "101"]}))
    assert not slurm_jobs.jobs_at_work(tmp_path)
    (stand_ins / "101.queued").touch()
    assert slurm_jobs.jobs_at_work(tmp_path)
    for rank in (0, 2):
        folder.file("stopped", rank, "txt").touch()
    assert not slurm_jobs.jobs_at_work(tmp_path)
    folder.file("stopped", 2, "txt").unlink()
    (stand_ins / "101.queued").unlink()
    assert not slurm_jobs.jobs_at_work(tmp_path)
    monkeypatch.setenv("PATH", str(tmp_path))  # on a machine that cannot ask
    assert slurm_jobs.jobs_at_work(tmp_path)


def test_a_job_that_slurm_refuses(tmp_path, monkeypatch):
    monkeypatch.setenv("SLURM_STAND_IN_REFUSES", "gpu")
    with pytest.raises(ValueError, match="sbatch refused the stage 'numbers' .* options under `slurm:`"):
        engine.run(tmp_path, engine.Halves(), SLURM)


@pytest.mark.parametrize(
    ("options", "error"),
    [
        (OPTIONS | {"queue": "cpu"}, "`slurm:` has no option 'queue'; it has time, partition"),
        (OPTIONS | {"tasks": 3}, "`slurm:` has no option 'tasks'"),
        (yaml.safe_load("{partition: cpu, time: 10:00:00}"), "is the number 36000: put it in quotes"),
    ],
)
def test_options_that_cannot_be(tmp_path, options, error):
    with pytest.raises(ValueError, match=error):
        engine.run(tmp_path, engine.Halves(), Execution("slurm", 2, options))


def test_a_machine_without_slurm(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(OSError, match="needs the command sbatch, which is not on PATH: run the build on a login node"):
        engine.run(tmp_path, engine.Halves(), SLURM)


@pytest.mark.slow
def test_a_whole_build(recordings, cota, tmp_path, build, settings):
    """The build file's `slurm:`, all stages, and the shards of the local executor."""
    from dataset_builder.build import run_build

    run_build(settings(recordings, tmp_path / "cota", 260), SLURM)
    written = [json.loads((folder / "manifest.json").read_text())["shards"] for folder in (tmp_path / "cota", cota)]
    assert written[0] == written[1]
