"""Builds on Ray: the rows of the local executor, whatever is killed; what a task raises arrives as it was said."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import yaml
from typer.testing import CliRunner

from app.main import app
from dataset_builder.engine.executors import Execution
from dataset_builder.engine.stage import BuildStopped
from tests.dataset_builder.engine import stages_of_numbers as engine
from tests.dataset_builder.listening_teacher import answer
from tests.dataset_builder.stages.test_taught_build import build_file, built, content, wavs  # noqa: F401
from tests.fault_server import FaultServer


ray = pytest.importorskip("ray", reason="ray is not installed: pip install 'audio-reasoner[ray]'")

ROOT = Path(__file__).parents[3]
RAY = Execution("ray", workers=2)


@pytest.fixture(autouse=True, scope="module")
def one_ray():
    """One Ray for the tests of this process, which ends with them."""
    yield
    ray.shutdown()


@pytest.fixture
def command():
    return lambda *arguments: CliRunner().invoke(app, ["build", *map(str, arguments), "--executor", "ray"])


def test_rows_are_those_of_the_local_executor(tmp_path):
    local = engine.run(tmp_path / "local", engine.Halves(4))
    on_ray = engine.run(tmp_path / "ray", engine.Halves(4), RAY)
    assert engine.content(on_ray) == engine.content(local)
    assert not list((on_ray.path / "journal").glob("*.sqlite*"))


def test_a_build_by_annotations_has_the_same_shards(recordings, cota, tmp_path, command):
    folders = sorted({str(recording.audio.path.parent) for recording in recordings})
    path = tmp_path / "build.yaml"
    settings = {
        "output": "cota",
        "tasks": 3,
        "sources": [{"corpus": "folder", "folder": folder} for folder in folders],
        "measure": {"facts": ["silence"], "fingerprint": False},
        "question": {"teacher": "annotations", "rows": 260},
        "reason": {"teacher": "annotations"},
        "review": {"checks": ["structure", "response"]},
    }
    path.write_text(yaml.safe_dump(settings))
    result = command(path, "--workers", 2)
    assert result.exit_code == 0, result.output
    shards = json.loads((cota / "manifest.json").read_text())["shards"]
    assert content(path) == {shard["path"]: shard["sha256"] for shard in shards}
    assert "ray" not in result.output.lower().replace(str(tmp_path), "")


def test_a_taught_build_has_the_same_shards(built, wavs, tmp_path, command):  # noqa: F811
    path, counts = built
    with FaultServer(answer=answer) as server:
        on_ray = build_file(tmp_path, wavs, server)
        result = command(on_ray, "--workers", 2)
        assert result.exit_code == 0, result.output
        assert server.counts.summary()["repeats"] == counts["repeats"]
    assert content(on_ray) == content(path)


@pytest.mark.parametrize(
    ("raised", "expected"), [(ValueError, ValueError), (BuildStopped, BuildStopped), (KeyError, RuntimeError)]
)
def test_what_a_task_raises_arrives_and_the_others_end(tmp_path, raised, expected):
    with pytest.raises(expected, match="The index /data/index is damaged: write it again") as told:
        engine.run(tmp_path, engine.Fails(raised, str(tmp_path / "log")), RAY)
    if expected is RuntimeError:
        assert "Slice 1 of the stage 'halves' failed" in str(told.value) and 'raise self.error("' in str(told.value)
    else:
        assert str(told.value) == "The index /data/index is damaged: write it again."
    done = [rank for rank in range(engine.TASKS) if engine.folders(tmp_path)[1].account(rank)]
    assert done == [0, 2, 3]


def test_a_slice_whose_process_always_dies_is_named(tmp_path):
    with pytest.raises(BuildStopped, match="'halves' did not finish its slice 2: .* Ray says: .* run the build again"):
        engine.run(tmp_path, engine.Dies(), RAY)
    assert len((tmp_path / "01_halves-k" / "died").read_text().split()) == 3


@pytest.mark.parametrize(
    ("options", "error"),
    [({"cpus": 3}, "`ray:` has no option 'cpus'; it has address,"), ({"address": "nowhere"}, "nowhere")],
)
def test_options_that_cannot_be(tmp_path, options, error):
    ray.shutdown()
    with pytest.raises((ValueError, OSError), match=error):
        engine.run(tmp_path, engine.Halves(), Execution("ray", 2, options))


KILLED = """
import sys
from pathlib import Path
from dataset_builder.build import run_build
from dataset_builder.build_settings import read_build
from dataset_builder.engine.executors import Execution
path = Path(sys.argv[1])
run_build(read_build(path), Execution("ray", workers=2))
"""


def below(pid: int) -> dict[int, str]:
    """The processes that a process started, and those that they started, with their command lines."""
    parents, lines = {}, {}
    for entry in Path("/proc").iterdir():
        try:
            parents[int(entry.name)] = int(re.search(r"PPid:\s+(\d+)", (entry / "status").read_text())[1])
            lines[int(entry.name)] = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode()
        except (ValueError, OSError, TypeError):
            continue
    found = {pid}
    while more := {child for child, parent in parents.items() if parent in found} - found:
        found |= more
    return {child: lines[child] for child in found - {pid}}


def test_whatever_is_killed_nothing_is_lost_and_no_task_left_over(built, wavs, tmp_path):  # noqa: F811
    """The build's process and Ray's workers in turn, at several places of the build."""
    path, counts = built
    with FaultServer(answer=answer, latency=0.1) as server:
        killed = build_file(tmp_path, wavs, server)
        builds, workers, in_flight = 1, 0, 0
        process = start(killed)
        while process.poll() is None:
            before = server.counts.requests
            while process.poll() is None and server.counts.requests < before + 12:
                time.sleep(0.01)
            started = below(process.pid)
            at_work = [pid for pid, line in started.items() if line.startswith("ray::_run_slice")]
            if not at_work:
                continue
            in_flight += server.counts.in_flight
            if workers < builds:
                os.kill(at_work[0], signal.SIGKILL)
                workers += 1
                continue
            process.kill()
            process.wait()
            deadline = time.monotonic() + 20
            while (left := at_work_of(started)) and time.monotonic() < deadline:
                time.sleep(0.1)
            assert not left, left
            process = start(killed)
            builds += 1
        assert process.returncode == 0
        assert builds >= 2 and workers >= 2
        repeats = server.counts.summary()["repeats"] - counts["repeats"]
        print(f"{builds - 1} builds and {workers} workers killed; {repeats} calls repeated of {in_flight} in flight")
        assert repeats <= in_flight
    assert content(killed) == content(path)


def start(build: Path) -> subprocess.Popen:
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    return subprocess.Popen([sys.executable, "-c", KILLED, str(build)], env=environment, cwd=ROOT)


def at_work_of(started: dict[int, str]) -> list[str]:
    """Of processes those that are still there, but for Ray's agents: they do no work, and end after a minute."""
    agents = ("ray::DashboardAgent", "ray::RuntimeEnvAgent")
    return [line for pid, line in started.items() if Path(f"/proc/{pid}").exists() and not line.startswith(agents)]
