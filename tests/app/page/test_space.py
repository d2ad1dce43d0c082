"""A Space holds all that it needs but the model, and answers where nothing else of this project can be imported."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from typer.testing import CliRunner

from app.main import app
from app.page.space import CODE, space_files, write_space
from evaluation.local.isolation import installed_packages, isolated_environment, link_packages


COMMIT = "0123456789abcdef0123456789abcdef01234567"
# Runs a Space's app.py as its server does, asks it over HTTP, and says which files of ours were loaded.
DRIVER = """
import json, runpy, sys
space, links, clip = sys.argv[1:]
sys.path[:0] = [space, links]
made = runpy.run_path(space + "/app.py")
from app.page.layout import launch
_, address, _ = launch(made["page"], made["examples"], prevent_thread_lock=True, quiet=True)
from gradio_client import Client, handle_file
client = Client(address, verbose=False)
job = client.submit(handle_file(clip), "What is <b>heard</b>?", "", 4, 4, 4, 4, 4, 200, 1, 0, api_name="/ask")
answer = job.result(timeout=60)
ours = ("app", "dataset_builder", "evaluation", "modeling_audio_reasoner", "recipes")
files = [m.__file__ for n, m in sys.modules.items() if n.partition(".")[0] in ours and getattr(m, "__file__", None)]
shown = [each.value for each in made["page"].blocks.values() if "Example" in str(getattr(each, "value", ""))]
print("FOUND " + json.dumps({"answer": answer, "steps": len(job.outputs()), "files": files, "examples": shown}))
made["page"].close()
"""


def test_the_files_of_a_space():
    files = space_files("my-lab/my-model", COMMIT)
    assert {"app.py", "requirements.txt", "README.md"} | set(CODE) == set(files)
    header = yaml.safe_load(files["README.md"].decode().split("---")[1])
    assert (header["sdk"], header["app_file"], header["models"]) == ("gradio", "app.py", ["my-lab/my-model"])
    assert len(header["short_description"]) <= 60
    pins = dict(line.split("==") for line in files["requirements.txt"].decode().splitlines())
    assert {"transformers", "torch", "gradio", "soundfile", "soxr", "matplotlib"} <= set(pins)
    assert pins["gradio"] == header["sdk_version"] and "+" not in pins["torch"]
    program = files["app.py"].decode()
    assert 'MODEL = "my-lab/my-model"' in program and f'REVISION = "{COMMIT}"' in program
    assert COMMIT in files["README.md"].decode()
    assert sum(map(len, files.values())) < 100_000
    assert "REVISION = None  # the newest commit" in space_files("a/b")["app.py"].decode()


def test_what_a_space_cannot_load():
    for name in ("demo/model/x", "model", "/srv/model", 'a/b"; import os'):
        with pytest.raises(ValueError, match="is not the name of a model on the Hub"):
            space_files(name)
    with pytest.raises(ValueError, match="no commit, branch or tag"):
        space_files("a/b", 'x"; import os')


def test_the_command_writes_a_space_and_replaces_no_other_program(tmp_path):
    arguments = ["page", "my-lab/my-model", "--space", str(tmp_path / "space"), "--revision", COMMIT]
    result = CliRunner().invoke(app, arguments)
    assert result.exit_code == 0 and result.stdout.split() == [
        str(tmp_path / "space" / name) for name in sorted(space_files("my-lab/my-model"))
    ]
    assert CliRunner().invoke(app, arguments).exit_code == 0
    (tmp_path / "space" / "app.py").write_text("print()")
    result = CliRunner().invoke(app, arguments)
    assert result.exit_code == 1 and "app.py is another program" in result.stderr and result.stderr.count("\n") == 1


@pytest.fixture
def hub_cache(model_folder, tmp_path) -> Path:
    """A cache of the Hub in which my-lab/my-model has been downloaded at COMMIT."""
    repository = tmp_path / "home" / "hub" / "models--my-lab--my-model"
    shutil.copytree(model_folder, repository / "snapshots" / COMMIT)
    return tmp_path / "home"


def test_a_space_answers_where_nothing_else_of_ours_can_be_imported(hub_cache, tone, tmp_path):
    space = (tmp_path / "space").resolve()
    write_space(space, "my-lab/my-model", COMMIT)
    (space / "examples").mkdir()
    shutil.copy(tone, space / "examples" / "a_tone.wav")
    (space / "examples" / "a_tone.txt").write_text("What is heard?")
    links = link_packages(tmp_path / "links", installed_packages())
    command = [sys.executable, "-I", "-S", "-c", DRIVER, str(space), str(links), str(tone)]
    environment = isolated_environment(tmp_path) | {"HF_HOME": str(hub_cache), "GRADIO_TEMP_DIR": str(tmp_path / "g")}
    done = subprocess.run(command, cwd=space, env=environment, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    found = json.loads(re.search(r"^FOUND (.*)$", done.stdout, flags=re.MULTILINE)[1])
    assert 'data-state="complete"' in found["answer"] and found["answer"].count("data-closed") == 5
    assert found["steps"] > 5
    assert found["examples"] == ["Example: a tone"]
    loaded = {Path(name).resolve().relative_to(space).as_posix() for name in found["files"]}
    assert {name for name in CODE if name.endswith(".py")} == loaded
