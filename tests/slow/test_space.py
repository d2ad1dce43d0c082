"""A Space answers where nothing else of this project can be imported, with its model in the cache of the Hub."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import soundfile

from app.page.space import CODE, write_space
from evaluation.local.isolation import installed_packages, isolated_environment, link_packages
from tests.evaluation.conftest import write_tiny_model


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


def test_a_space_answers_where_nothing_else_of_ours_can_be_imported(tmp_path):
    # As a download of my-lab/my-model leaves it.
    write_tiny_model(tmp_path / "home" / "hub" / "models--my-lab--my-model" / "snapshots" / COMMIT)
    tone = tmp_path / "tone.wav"
    soundfile.write(tone, 0.3 * np.sin(np.arange(16_000) / 5), 8000)
    space = (tmp_path / "space").resolve()
    write_space(space, "my-lab/my-model", COMMIT)
    (space / "examples").mkdir()
    shutil.copy(tone, space / "examples" / "a_tone.wav")
    (space / "examples" / "a_tone.txt").write_text("What is heard?")
    links = link_packages(tmp_path / "links", installed_packages())
    command = [sys.executable, "-I", "-S", "-c", DRIVER, str(space), str(links), str(tone)]
    environment = isolated_environment(tmp_path) | {
        "HF_HOME": str(tmp_path / "home"),
        "GRADIO_TEMP_DIR": str(tmp_path / "g"),
    }
    done = subprocess.run(command, cwd=space, env=environment, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    found = json.loads(re.search(r"^FOUND (.*)$", done.stdout, flags=re.MULTILINE)[1])
    assert 'data-state="complete"' in found["answer"] and found["answer"].count("data-closed") == 5
    assert found["steps"] > 5
    assert found["examples"] == ["Example: a tone"]
    loaded = {Path(name).resolve().relative_to(space).as_posix() for name in found["files"]}
    assert {name for name in CODE if name.endswith(".py")} == loaded
