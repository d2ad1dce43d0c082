"""A run that is killed in the middle is gone on with: each question is answered once."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest


pytestmark = pytest.mark.slow
ANSWERED = 3
"""Answers in the log after which the run is killed."""


def test_killed_in_the_middle(tmp_path: Path, repository: Path) -> None:
    from inspect_ai.log import list_eval_logs, read_eval_log

    from tests.evaluation.conftest import write_cota, write_tiny_model

    write_cota(tmp_path / "cota", 16)
    write_tiny_model(tmp_path / "demo" / "model")
    output = tmp_path / "run"
    # As people name folders: inspect goes on with a run from another working directory.
    command = [sys.executable, "-m", "app.main", "evaluate", "cota", "--model", "demo/model"]
    command += ["--output", "run", "--batch-size", "1", "--max-tokens", "64"]
    environment = {**os.environ, "PYTHONPATH": str(repository)}

    def answers() -> dict[str, str]:
        """The answer of each question in the log, by its id."""
        (log,) = list_eval_logs(str(output / "log"))[:1]
        return {str(sample.id): sample.uuid for sample in read_eval_log(log).samples or [] if sample.scores}

    process = subprocess.Popen(
        command, env=environment, cwd=tmp_path, stdout=subprocess.DEVNULL, start_new_session=True
    )
    until = time.monotonic() + 120
    while time.monotonic() < until:
        assert process.poll() is None, "it was done before it could be killed"
        if (output / "log").is_dir() and list_eval_logs(str(output / "log")) and len(answers()) >= ANSWERED:
            break
        time.sleep(0.1)
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    before = answers()
    assert ANSWERED <= len(before) < 48
    subprocess.run(command, env=environment, cwd=tmp_path, check=True, stdout=subprocess.DEVNULL)
    after = answers()
    assert len(after) == 48
    assert {name: after[name] for name in before} == before, "what was answered is not answered again"
