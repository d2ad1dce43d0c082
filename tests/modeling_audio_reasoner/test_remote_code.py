"""A saved folder loads and answers in a process that cannot import this package."""

from __future__ import annotations

import json
import subprocess
import sys
import sysconfig

import pytest


SCRIPT = """
import sys
sys.path.append({site!r})  # without site's .pth files, so that no installed package of ours is found
import importlib.util
assert importlib.util.find_spec("modeling_audio_reasoner") is None
import numpy as np, transformers
from transformers import AutoConfig, AutoFeatureExtractor, AutoProcessor
folder = {folder!r}
processor = AutoProcessor.from_pretrained(folder, trust_remote_code=True)
messages = [{{"role": "user", "content": [
    {{"type": "audio", "audio": np.sin(np.arange(32000) / 9).astype(np.float32)}}, {{"type": "text", "text": "What?"}}
]}}]
inputs = processor.apply_chat_template(
    messages, tokenize=True, return_dict=True, add_generation_prompt=True, return_tensors="pt")
answers = set()
for name in ("AutoModel", "AutoModelForMultimodalLM", "AutoModelForSeq2SeqLM", "AutoModelForCausalLM"):
    model = getattr(transformers, name).from_pretrained(folder, trust_remote_code=True)
    tokens = model.generate(**inputs, max_new_tokens=6, do_sample=False)
    answers.add(tuple(tokens[0, inputs["input_ids"].shape[1]:].tolist()))
assert type(AutoConfig.from_pretrained(folder, trust_remote_code=True)).__name__ == "AudioReasonerConfig"
extractor = AutoFeatureExtractor.from_pretrained(folder, trust_remote_code=True)
assert type(extractor).__name__ == "AudioReasonerFeatureExtractor"
assert processor.parse_reasoning("x").problems
model.save_pretrained({copy!r}); processor.save_pretrained({copy!r})
import json
print(json.dumps([list(answer) for answer in answers]))
"""


@pytest.fixture
def folder(model, processor, tmp_path):
    path = tmp_path / "model"
    model.save_pretrained(path)
    processor.save_pretrained(path)
    return path


def test_the_folder_answers_where_the_package_is_absent(folder, model, encode, ask_about, tmp_path):
    import numpy as np

    empty = tmp_path / "empty"
    empty.mkdir()
    copy = tmp_path / "copy"
    script = SCRIPT.format(site=sysconfig.get_paths()["purelib"], folder=str(folder), copy=str(copy))
    environment = {"HF_HOME": str(tmp_path / "home"), "HF_HUB_OFFLINE": "1", "PATH": "/usr/bin:/bin"}
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-c", script], cwd=empty, capture_output=True, text=True, env=environment
    )
    assert done.returncode == 0, done.stderr
    inputs = encode(ask_about(np.sin(np.arange(32000) / 9).astype(np.float32), question="What?"))
    tokens = model.generate(**inputs, max_new_tokens=6, do_sample=False)
    assert json.loads(done.stdout.splitlines()[-1]) == [tokens[0, inputs["input_ids"].shape[1] :].tolist()]
    assert {path.name for path in copy.iterdir()} == {path.name for path in folder.iterdir()}


def test_every_code_file_is_listed_and_travels(folder):
    from pathlib import Path

    import modeling_audio_reasoner
    from modeling_audio_reasoner.saving_audio_reasoner import CODE_FILES

    assert set(CODE_FILES) <= {path.name for path in folder.iterdir()}
    stay = {"__init__.py", "compose_audio_reasoner.py", "convert_qwen2_audio.py", "pretrained_folder.py"}
    stay |= {"memory_audio_reasoner.py", "safetensors_files.py", "whole_folder.py"}
    here = Path(modeling_audio_reasoner.__file__).parent
    assert {path.name for path in here.glob("*.py")} - stay == set(CODE_FILES)


@pytest.mark.parametrize("part", ["model", "processor", "feature extractor"])
def test_what_is_pushed_brings_its_code(model, processor, tmp_path, monkeypatch, part):
    """Without the code beside it, nobody could load what is on the Hub."""
    from types import SimpleNamespace

    from huggingface_hub import HfApi

    from modeling_audio_reasoner.saving_audio_reasoner import CODE_FILES

    sent: set[str] = set()
    monkeypatch.setattr(HfApi, "create_repo", lambda self, name, **kwargs: SimpleNamespace(repo_id=name))
    monkeypatch.setattr(HfApi, "create_branch", lambda self, **kwargs: None)
    monkeypatch.setattr(
        HfApi,
        "create_commit",
        lambda self, operations, **kwargs: sent.update(operation.path_in_repo for operation in operations),
    )
    saved = {"model": model, "processor": processor, "feature extractor": processor.feature_extractor}[part]
    saved.save_pretrained(tmp_path / "folder", push_to_hub=True, repo_id="org/name")
    assert set(CODE_FILES) < sent


def test_a_folder_gets_one_version_of_the_code(folder, tmp_path):
    """Though the extractor was made by the code of the folder that was loaded, which is another version."""
    from modeling_audio_reasoner import AudioReasonerProcessor
    from modeling_audio_reasoner.saving_audio_reasoner import CODE_FILES

    for name in CODE_FILES:
        (folder / name).write_text((folder / name).read_text(encoding="utf-8") + "# older\n", encoding="utf-8")
    processor = AudioReasonerProcessor.from_pretrained(folder, trust_remote_code=True)
    processor.save_pretrained(tmp_path / "saved")
    assert not any("# older" in (tmp_path / "saved" / name).read_text(encoding="utf-8") for name in CODE_FILES)
    assert processor.feature_extractor.max_duration == 600
