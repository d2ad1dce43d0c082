"""`kill -9` at twenty random moments of all stages: nothing is lost or there twice, and the files are the same.

By the local executor, and by Ray where it is installed.
"""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path
from random import Random
from typing import ClassVar

import numpy as np
import psutil
import pyarrow.parquet
import pytest
import soundfile
import yaml

from dataset_builder.build_settings import read_build
from dataset_builder.build_stages import plan_build
from dataset_builder.stages.taught_stage import TaughtStage
from tests.dataset_builder.listening_teacher import answer
from tests.dataset_builder.stages.test_taught_build import build_file, fates
from tests.fault_server import FaultServer


ROOT = Path(__file__).parents[2]
RECORDINGS, TASKS, IN_FLIGHT, LATENCY = 24, 4, 8, 0.6
KILLS, SEED = 20, 4
LONGEST = 300.0
"""Seconds that a build may take before the test gives up."""
SCRIPT = """
import sys
from pathlib import Path
from dataset_builder.build import run_build
from dataset_builder.build_settings import read_build
from dataset_builder.engine.executors import Execution
path = Path(sys.argv[1])
print("begun", flush=True)
run_build(read_build(path), Execution(sys.argv[2], workers=2))
"""


class RunningBuild:
    """A build in a process of its own, and what stage it is at."""

    begun: ClassVar[list[psutil.Process]] = []
    """All processes of all builds, by number and time of their beginning."""

    def __init__(self, path: Path, executor: str) -> None:
        self.planned = plan_build(read_build(path))
        environment = os.environ | {"PYTHONPATH": str(ROOT)}
        self.process = subprocess.Popen(
            [sys.executable, "-c", SCRIPT, str(path), executor], env=environment, cwd=ROOT, stdout=subprocess.PIPE,
            start_new_session=True,
        )  # fmt: skip
        self.begun.append(psutil.Process(self.process.pid))
        assert self.process.stdout is not None and self.process.stdout.readline() == b"begun\n"

    def runs(self) -> bool:
        return self.process.poll() is None

    def stage(self) -> int:
        """The place of the first stage that is not done; after the last one comes the finished folder."""
        for place, item in enumerate(self.planned):
            if any(item.folder.account(rank) is None for rank in range(item.tasks)):
                return place
        return len(self.planned)

    def most_calls(self) -> int:
        """How many calls may be under way in the stage that it is at."""
        place = self.stage()
        stage = self.planned[place].stage if place < len(self.planned) else None
        return IN_FLIGHT * len(stage.askings()) if isinstance(stage, TaughtStage) else 0

    def wait_for(self, stage: int) -> None:
        ends = time.monotonic() + LONGEST
        while self.runs() and self.stage() < stage:
            assert time.monotonic() < ends
            time.sleep(0.005)

    def wait(self) -> None:
        assert self.process.wait(LONGEST) == 0

    def kill(self, with_workers: bool) -> None:
        children = psutil.Process(self.process.pid).children(recursive=True)
        self.begun.extend(children)
        self.process.kill()
        for child in children if with_workers else ():  # by number: Ray's are in sessions of their own
            with suppress(psutil.NoSuchProcess):
                child.kill()
        self.process.wait()


def prepare(folder: Path, wavs: Path, url: str) -> Path:
    """A build file with all stages."""
    benchmark = folder / "mmau"
    benchmark.mkdir(parents=True)
    item = {"id": "0", "audio_id": "./0.wav", "question": "Who speaks?", "choices": ["A", "B"], "answer": "A"}
    (benchmark / "mmau-test-mini.json").write_text(json.dumps([item | {"dataset": "AudioSet", "task": "speech"}]))
    noise = 0.1 * np.random.default_rng(0).standard_normal(48_000)
    soundfile.write(benchmark / "0.wav", noise, 16_000)
    path = build_file(folder, wavs, url, tasks=TASKS, decontaminate={"benchmarks": {"mmau": "mmau"}})
    settings = yaml.safe_load(path.read_text())
    settings["review"]["unique"] = True
    settings["publish"] = {"shard_megabytes": 0.5}
    for teacher in settings["teachers"].values():
        teacher |= {"in_flight": IN_FLIGHT, "timeout": 60.0}  # a call that is late is no repeated one
    path.write_text(yaml.safe_dump(settings))
    return path


def files(path: Path) -> dict[str, str]:
    """SHA-256 of every file of the finished folder."""
    folder = path.parent / "cota"
    found = sorted(file for file in folder.rglob("*") if file.is_file())
    return {file.relative_to(folder).as_posix(): hashlib.sha256(file.read_bytes()).hexdigest() for file in found}


def ids(path: Path) -> list[str]:
    shards = sorted((path.parent / "cota").rglob("*.parquet"))
    return [name for shard in shards for name in pyarrow.parquet.read_table(shard, columns=["id"])["id"].to_pylist()]


def moments(stages: int) -> list[tuple[int, float]]:
    """A stage and a part of the time that it takes, for each kill; every stage at least once, in their order."""
    draw = Random(SEED)
    places = [*range(stages), *(draw.randrange(stages) for _ in range(KILLS - stages))]
    return sorted((place, draw.random()) for place in places)


@pytest.fixture(autouse=True)
def nothing_runs_on():
    """Ends what a killed build may have left of its processes, and builds of a test that failed."""
    yield
    for process in RunningBuild.begun:
        with suppress(psutil.NoSuchProcess):
            process.kill()


@pytest.mark.parametrize("executor", ["local", "ray"])
def test_twenty_kills_leave_no_trace(melodies, tmp_path, executor):
    if executor == "ray":
        pytest.importorskip("ray", reason="ray is not installed: pip install 'audio-reasoner[ray]'")
    wavs = melodies(RECORDINGS)
    with FaultServer(answer=answer, latency=LATENCY) as server:
        port = server.port  # the same for all, so that the copies of the build file are the same
        whole = prepare(tmp_path / "whole", wavs, server.base_url)
        build = RunningBuild(whole, executor)
        reached = [time.monotonic()]
        for stage in range(1, len(build.planned) + 1):
            build.wait_for(stage)
            reached.append(time.monotonic())
        build.wait()
        reached.append(time.monotonic())
        once = server.counts.summary()
    took = [later - earlier for earlier, later in zip(reached, reached[1:], strict=False)]
    expected, fate, names = files(whole), fates(whole), ids(whole)
    assert len(names) == len(set(names)) > RECORDINGS / 2

    waiting = moments(len(took))
    killed_at: list[int] = []
    in_flight: list[int] = []
    repeated = allowed = number = 0
    while waiting:
        folder, number = tmp_path / f"killed-{number}", number + 1
        assert number <= 5, "builds end before they are killed"
        with FaultServer(answer=answer, latency=LATENCY, port=port) as server:
            path = prepare(folder, wavs, server.base_url)
            most = 0
            while True:
                build = RunningBuild(path, executor)
                if not waiting:
                    build.wait()
                    break
                stage, part = waiting[0]
                build.wait_for(stage)
                time.sleep(part * took[stage])
                if not build.runs():
                    build.wait()
                    break
                before = build.stage(), build.most_calls()
                in_flight.append(server.counts.in_flight)
                build.kill(with_workers=len(killed_at) % 2 == 0)
                most += max(before[1], build.most_calls())
                killed_at.append(before[0])
                waiting.pop(0)
            repeats = server.counts.summary()["repeats"] - once["repeats"]
        assert files(path) == expected
        assert fates(path) == fate
        assert sorted(ids(path)) == sorted(names)
        assert 0 <= repeats <= most
        repeated, allowed = repeated + repeats, allowed + most
    stages = [item.stage.name for item in build.planned] + ["publish"]
    print(f"Killed in {', '.join(stages[place] for place in killed_at)}: {len(names)} rows, none lost, none twice;")
    print(f"{sum(in_flight)} calls were in flight ({allowed} could be), {repeated} were repeated; {number} build(s).")
    assert len(killed_at) == KILLS and len(set(killed_at)) >= 8
    assert sum(in_flight) > 0
