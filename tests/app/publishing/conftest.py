"""A Hub on this machine that the tests' process uses, and what is sent to it: a tiny model, a data set, a Space."""

from __future__ import annotations

import os
import subprocess
import sys
import sysconfig
from collections.abc import Callable, Iterator
from pathlib import Path

import huggingface_hub.constants
import pytest
from typer.testing import CliRunner, Result

from app.main import app
from tests.dataset_builder.conftest import build_cota, describe, make_recordings
from tests.evaluation.conftest import write_tiny_model
from tests.hub_server import HubServer


ABSENT = """
import sys
sys.path.append({site!r})  # without site's .pth files, so that no installed package of ours is found
import importlib.util
assert not any(map(importlib.util.find_spec, ("modeling_audio_reasoner", "dataset_builder", "evaluation", "app")))
"""
SPACE = """---
title: Listen
sdk: gradio
sdk_version: 6.31.0
app_file: app.py
---

Ask about a recording.
"""


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch) -> Iterator[HubServer]:
    """A Hub that this process uses, signed in."""
    with HubServer() as server:
        # Read from the environment once, when the module is imported.
        files = server.address + "/{repo_id}/resolve/{revision}/{filename}"
        monkeypatch.setattr(huggingface_hub.constants, "ENDPOINT", server.address)
        monkeypatch.setattr(huggingface_hub.constants, "HUGGINGFACE_CO_URL_TEMPLATE", files)
        monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_OFFLINE", False)
        monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_DISABLE_XET", True)
        monkeypatch.setenv("HF_TOKEN", server.token)
        yield server


@pytest.fixture(scope="session")
def tiny_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A whole model folder; tests do not change it."""
    return write_tiny_model(tmp_path_factory.mktemp("publishing") / "model")


@pytest.fixture(scope="session")
def cota(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of CoTA with three shards of one task; tests do not change it."""
    place = tmp_path_factory.mktemp("publishing")
    music = [found for found in make_recordings(place / "recordings") if found.domain == "music"]
    describe(music)
    question = {"teacher": "annotations", "rows": 30, "tasks": ["lead_instrument"]}
    source = {"corpus": "folder", "folder": "recordings/score"}
    build_cota(music, place / "cota", rows=30, sources=[source], question=question)
    return place / "cota"


@pytest.fixture
def space(tmp_path: Path) -> Path:
    """A folder of a Space."""
    folder = tmp_path / "space"
    folder.mkdir()
    (folder / "README.md").write_text(SPACE, encoding="utf-8")
    (folder / "app.py").write_text("import gradio\n\ngradio.Interface(str, 'text', 'text').launch()\n")
    (folder / "requirements.txt").write_text("torch\n")
    return folder


@pytest.fixture
def publish() -> Callable[..., Result]:
    """`audio-reasoner publish`, in this process."""

    def run(*arguments: object) -> Result:
        return CliRunner().invoke(app, ["publish", *map(str, arguments)])

    return run


@pytest.fixture
def elsewhere(hub: HubServer, tmp_path: Path) -> Callable[..., str]:
    """Run a program where this project is absent and nothing is cached, with the Hub `hub`; gives what it prints."""

    def run(code: str, token: str | None = None) -> str:
        place = tmp_path / "elsewhere"
        place.mkdir(exist_ok=True)
        environment = {"HF_HOME": str(place / "home"), "PATH": os.environ["PATH"]} | hub.environment(token)
        program = ABSENT.format(site=sysconfig.get_paths()["purelib"]) + code
        done = subprocess.run(
            [sys.executable, "-I", "-S", "-c", program], cwd=place, env=environment, capture_output=True, text=True
        )
        assert done.returncode == 0, done.stderr[-4000:]
        return done.stdout

    return run
