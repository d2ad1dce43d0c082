"""A file that one process holds: the second is told who holds it, and a killed one keeps nobody out."""

from __future__ import annotations

import errno
import fcntl
import os
import signal
import socket
import subprocess
import sys
from pathlib import Path
from threading import Thread

import pytest

from dataset_builder.engine.only_process import hold, in_turn, only_process


HOLD = """
import sys, time
from pathlib import Path
from dataset_builder.engine.only_process import only_process
with only_process(Path(sys.argv[1]), "writes cota"):
    print("held", flush=True)
    time.sleep(60)
"""
ROOT = Path(__file__).parents[3]


def test_a_second_process_is_told_who_holds_it_until_that_one_is_killed(tmp_path):
    path = tmp_path / "build.lock"
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-c", HOLD, str(path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, env=environment, cwd=ROOT) as process:
        assert process.stdout is not None and process.stdout.readline() == b"held\n"
        told = f"Another build writes cota: process {process.pid} on {socket.gethostname()}, since 20"
        with pytest.raises(ValueError, match=told), only_process(path, "writes cota"):
            pytest.fail("held twice")
        process.send_signal(signal.SIGKILL)
    assert path.exists(), "what a killed process leaves"
    with only_process(path, "writes cota"):
        assert path.read_text().startswith(f"process {os.getpid()} on ")
    assert not path.exists()


def test_it_is_let_go_when_the_block_fails(tmp_path):
    path = tmp_path / "build.lock"
    with pytest.raises(KeyError), only_process(path, "writes cota"):
        raise KeyError
    assert not path.exists()
    with only_process(path, "writes cota"):
        pass


@pytest.mark.parametrize(
    ("written", "told"), [("process 7 on node-1", "process 7 on node-1"), ("", "another process")]
)
def test_a_holder_that_takes_the_file_away_meanwhile_is_still_told(tmp_path, monkeypatch, written, told):
    path = tmp_path / "build.lock"
    path.write_text(written)

    def flock(file, how):
        path.unlink()
        raise BlockingIOError(errno.EAGAIN, "held")

    monkeypatch.setattr(fcntl, "flock", flock)
    with (
        pytest.raises(ValueError, match=f"Another build writes cota: {told}\\. Wait"),
        only_process(path, "writes cota"),
    ):
        pytest.fail("held twice")


def test_in_turn_a_second_one_waits_for_the_first(tmp_path):
    order: list[str] = []

    def second() -> None:
        with in_turn(tmp_path / "lock"):
            order.append("second")

    waiting = Thread(target=second)
    with in_turn(tmp_path / "lock"):
        waiting.start()
        waiting.join(timeout=0.2)
        order.append("first")
    waiting.join()
    assert order == ["first", "second"]


@pytest.mark.parametrize("wait", [False, True])
def test_a_file_system_without_locks_is_named(tmp_path, monkeypatch, wait):
    def flock(file, how):
        raise OSError(errno.ENOLCK, "No locks available")

    monkeypatch.setattr(fcntl, "flock", flock)
    path = tmp_path / "build.lock"
    with path.open("w") as file, pytest.raises(OSError, match=r"build\.lock cannot be locked \(No locks available\)"):
        hold(file, path, wait)
