"""The files of a Space that shows the page for a model of the Hub.

A Space carries the page's own code and loads the model, with the model's code, from the Hub: nothing of this project
is installed there, and no weights are in it.
"""

from __future__ import annotations

import re
import sys
from importlib.metadata import version
from pathlib import Path


PACKAGES = Path(__file__).parents[2]
CODE = (
    "app/__init__.py",
    "app/failure.py",
    "app/asking/__init__.py",
    "app/asking/answering.py",
    "app/asking/loading.py",
    "app/page/__init__.py",
    "app/page/answer_html.py",
    "app/page/answer_state.py",
    "app/page/answering.py",
    "app/page/examples.py",
    "app/page/heard_figure.py",
    "app/page/layout.py",
    "app/page/listening.py",
    "app/page/page.css",
    "app/page/page.js",
    "app/page/theme.py",
    "dataset_builder/__init__.py",
    "dataset_builder/question_text.py",
    "evaluation/__init__.py",
    "evaluation/figures/__init__.py",
    "evaluation/figures/style.py",
)
"""Everything of this project that the page imports, and what it reads."""
REQUIREMENTS = ("transformers", "torch", "gradio", "soundfile", "soxr", "numpy", "matplotlib")
REPOSITORY = re.compile(r"[\w.-]+/[\w.-]+")
REVISION = re.compile(r"[\w./-]+")
MADE = "Made by `audio-reasoner page"
"""By which a Space's app.py is known for one that was written here."""

APP = '''"""Audio-Reasoner in the browser. {made} {repository} --space FOLDER`.

Recordings with a question beside them (examples/NAME.flac and examples/NAME.txt) become examples on the page.
"""

from pathlib import Path

from app.page.answering import load
from app.page.examples import examples_in
from app.page.layout import launch, make_page


MODEL = "{repository}"
REVISION = {revision}  # {about_revision}

folder = Path(__file__).parent / "examples"
examples = examples_in(folder) if folder.is_dir() else []
page = make_page(load(MODEL, REVISION), examples)

if __name__ == "__main__":
    launch(page, examples)
'''

README = """---
title: Audio-Reasoner
emoji: 🎧
colorFrom: blue
colorTo: gray
sdk: gradio
sdk_version: {gradio}
python_version: "{python}"
app_file: app.py
pinned: false
license: apache-2.0
short_description: Ask a model that thinks in writing about a recording
models:
- {repository}
tags:
- audio
- audio-text-to-text
- reasoning
---

# Audio-Reasoner

Upload a recording or make one, ask about it, and watch
[{repository}](https://huggingface.co/{repository}) plan, caption, reason and summarise before it responds.

The model and its code are loaded from the Hub by `trust_remote_code=True`, {about_revision}. The folders `app`,
`dataset_builder` and `evaluation` are the page's own code; `requirements.txt` has the versions that it was tried with.
"""


def space_files(model_repository: str, revision: str | None = None) -> dict[str, bytes]:
    """The files of a Space by their path in it: app.py, requirements.txt, README.md and the page's code.

    The requirements are pinned to the versions that are installed here.

    Args:
        model_repository: ORG/NAME of a model on the Hub.
        revision: the commit whose code and weights the Space runs; the newest one if left out.

    Raises:
        ValueError: `model_repository` is not ORG/NAME, or `revision` is no name of one.
        ImportError: one of the packages that the Space requires is not installed here.
    """
    if not REPOSITORY.fullmatch(model_repository):
        raise ValueError(
            f"{model_repository} is not the name of a model on the Hub (ORG/NAME), from where a Space loads its "
            "model: publish it first, and name the repository."
        )
    if revision is not None and not REVISION.fullmatch(revision):
        raise ValueError(f"The revision {revision!r} is no commit, branch or tag: give the commit's hash.")
    pinned = "the commit whose code and weights are run"
    newest = "the newest commit; name one to pin the code that is run"
    fields = {
        "made": MADE,
        "repository": model_repository,
        "revision": revision if revision is None else f'"{revision}"',
        "about_revision": newest if revision is None else pinned,
        "gradio": version("gradio"),
        "python": f"{sys.version_info.major}.{sys.version_info.minor}",
    }
    of_readme = {"about_revision": "at their newest commit" if revision is None else f"at commit `{revision}`"}
    requirements = (f"{name}=={version(name).partition('+')[0]}" for name in REQUIREMENTS)
    files = {
        "app.py": APP.format(**fields).encode(),
        "README.md": README.format(**{**fields, **of_readme}).encode(),
        "requirements.txt": "".join(f"{line}\n" for line in requirements).encode(),
    }
    return files | {name: (PACKAGES / name).read_bytes() for name in CODE}


def write_space(folder: Path, model_repository: str, revision: str | None = None) -> list[str]:
    """Write the files of a Space into `folder`, which is made if need be, and return their paths in it.

    What else lies in the folder, such as examples, stays as it is.

    Raises:
        ValueError: `model_repository` is not ORG/NAME, or the folder has an app.py that was not written here.
        OSError: a file cannot be written.
    """
    files = space_files(model_repository, revision)
    present = folder / "app.py"
    if present.is_file() and MADE not in present.read_text(encoding="utf-8", errors="replace"):
        raise ValueError(f"{present} is another program, which would be replaced: name another folder.")
    for name, contents in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(contents)
    return sorted(files)
