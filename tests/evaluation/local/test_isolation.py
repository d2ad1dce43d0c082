"""The answering process cannot import this project, however it is installed, and says so when it can."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
from multiprocessing.connection import Connection
from pathlib import Path

import pytest

from evaluation.local.isolation import installed_packages, isolated_environment, link_packages
from evaluation.local.process import WORKER
from evaluation.local.worker import FORBIDDEN


def told(packages: Path, tmp_path: Path) -> dict:
    """The first thing that the process says, with these packages and a folder that is no model."""
    ours, theirs = socket.socketpair()
    command = [sys.executable, "-I", "-S", str(WORKER), "--packages", str(packages), "--model", str(tmp_path)]
    with theirs, Connection(ours.detach()) as connection:
        subprocess.run(
            [*command, "--socket", str(theirs.fileno())],
            cwd=tmp_path,
            env=isolated_environment(tmp_path),
            pass_fds=[theirs.fileno()],
            check=True,
        )
        return json.loads(connection.recv_bytes())


@pytest.mark.parametrize("name", FORBIDDEN)
def test_a_planted_package_is_refused(name: str, tmp_path: Path) -> None:
    (packages := tmp_path / "packages").mkdir()
    (packages / f"{name}.py").write_text("")
    assert told(packages, tmp_path)["fatal"].startswith(f"{name} can be imported here")


def test_links_leave_this_project_out_however_it_is_installed(tmp_path: Path) -> None:
    site = tmp_path / "site-packages"
    for name in ("modeling_audio_reasoner", "evaluation", "audio_reasoner-0.1.0.dist-info", "torch", "soundfile.libs"):
        (site / name).mkdir(parents=True)
    for name in ("__editable__.audio_reasoner-0.1.0.pth", "app.py", "soundfile.py", "other.pth"):
        (site / name).write_text("")
    packages = link_packages(tmp_path / "packages", [site])
    assert sorted(path.name for path in packages.iterdir()) == ["soundfile.libs", "soundfile.py", "torch"]


def test_neither_path_nor_working_directory_nor_site_packages_reach_the_process(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, repository: Path
) -> None:
    monkeypatch.setenv("PYTHONPATH", str(repository))
    packages = link_packages(tmp_path / "packages", installed_packages())
    code = (
        "import importlib.util, sys; sys.path.append(sys.argv[1]);"
        f"find = importlib.util.find_spec; print([find(name) for name in {FORBIDDEN}], find('numpy') is not None)"
    )
    process = subprocess.run(
        [sys.executable, "-I", "-S", "-c", code, str(packages)], capture_output=True, text=True, cwd=repository
    )
    assert process.stdout.strip() == f"{[None] * len(FORBIDDEN)} True", process.stderr
