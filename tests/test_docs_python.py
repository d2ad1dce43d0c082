"""The Python on the pages runs, on a small model and a small data set in place of the demo's.

The blocks of a section run one after another, each section anew. One that cannot run here stands under a line
`<!-- not run: why -->`.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import soundfile

import dataset_builder
from tests.dataset_builder.conftest import build_cota, describe, make_recordings
from tests.evaluation.conftest import write_tiny_model


HEADING_OR_BLOCK = re.compile(
    r"^#+ |(?P<excused><!-- not run: .+? -->\n)?^```(?P<language>\w*)\n(?P<code>.*?)^```", re.DOTALL | re.MULTILINE
)


def python_blocks(text: str) -> list[str]:
    """The Python of each section of a page that is to run."""
    sections = [""]
    for found in HEADING_OR_BLOCK.finditer(text):
        if found["code"] is None:
            sections.append("")
        elif found["language"] == "python" and not found["excused"]:
            sections[-1] += found["code"]
    return [code for code in sections if code]


@pytest.fixture(scope="module")
def place(tmp_path_factory) -> Path:
    """A folder with `cota`, `demo/model` and `demo/held_out`, as they are after the demo."""
    folder = tmp_path_factory.mktemp("pages")
    music = [found for found in make_recordings(folder / "recordings") if found.domain == "music"]
    describe(music)
    question = {"teacher": "annotations", "rows": 30, "tasks": ["lead_instrument"]}
    source = {"corpus": "folder", "folder": "recordings/score"}  # as a build file names it
    build_cota(music, folder / "cota", rows=30, sources=[source], question=question)
    model = write_tiny_model(folder / "demo" / "model")
    settings = (model / "generation_config.json").read_text()
    (model / "generation_config.json").write_text(settings.replace("{", '{"max_new_tokens": 8,', 1))
    waveform, rate = soundfile.read(music[0].audio.path)
    soundfile.write(folder / "demo" / "held_out.flac", waveform[:rate], rate)
    (folder / "demo" / "held_out.txt").write_text("Which instrument plays?\n")
    return folder


@pytest.fixture
def names(place, monkeypatch) -> dict[str, object]:
    """What pages about the model take as given."""
    from transformers import AutoModel, AutoProcessor

    monkeypatch.chdir(place)
    model = AutoModel.from_pretrained("demo/model", trust_remote_code=True)
    processor = AutoProcessor.from_pretrained("demo/model", trust_remote_code=True)
    content = [{"type": "audio", "path": "demo/held_out.flac"}, {"type": "text", "text": "Which instrument plays?"}]
    messages = [{"role": "user", "content": content}]
    options = {"tokenize": True, "return_dict": True, "return_tensors": "pt", "add_generation_prompt": True}
    inputs = processor.apply_chat_template(messages, **options)
    given = {"model": model, "processor": processor, "messages": messages, "inputs": inputs}
    return given | {"conversations": [messages, messages]}


@pytest.mark.parametrize("page", ["README.md", "docs/ask.md", "docs/building.md"])
def test_every_block_runs(repository, place, names, page):
    try:
        for code in python_blocks((repository / page).read_text(encoding="utf-8")):
            exec(compile(code.replace("/path/to/cota", str(place / "cota")), page, "exec"), dict(names))
    finally:
        dataset_builder.unregister()


def test_no_other_page_has_python(repository):
    pages = [repository / "README.md", *(repository / "docs").glob("*.md")]
    with_blocks = {path.name for path in pages if python_blocks(path.read_text(encoding="utf-8"))}
    assert with_blocks == {"README.md", "ask.md", "building.md"}
    page = "<!-- not run: it needs a GPU -->\n```python\na\n```\n```python\n# b\n```\n## Next\n```python\nc\n```"
    assert python_blocks(page) == ["# b\n", "c\n"]
