"""What the code that travels with the weights reaches while it loads and answers: its folder, and nothing else."""

from __future__ import annotations

import json
import pickle
import subprocess
import sys
from pathlib import Path

import pytest
import torch


WATCHED = """
import json, os, sys
folder, home = {folder!r}, {home!r}
events = []
def watch(event, arguments):
    if event == "open" and isinstance(arguments[0], (str, bytes)):
        events.append([os.fsdecode(arguments[0]), arguments[1] or "r"])
    elif event.startswith(("socket.connect", "socket.getaddrinfo", "subprocess.", "os.exec", "os.posix_", "urllib.")):
        events.append([event, "!"])
# Libraries that are imported at first use belong to the machine and not to the folder.
import numpy as np, soxr, torch, transformers, transformers.models.auto.modeling_auto
from transformers import AutoModel, AutoProcessor
sys.addaudithook(watch)
processor = AutoProcessor.from_pretrained(folder, trust_remote_code=True)
model = AutoModel.from_pretrained(folder, trust_remote_code=True)
sound = {{"array": np.sin(np.arange(44100) / 9).astype(np.float32), "sampling_rate": 44100}}
messages = [{{"role": "user", "content": [{{"type": "audio", "audio": sound}}, {{"type": "text", "text": "What?"}}]}}]
inputs = processor.apply_chat_template(
    messages, tokenize=True, return_dict=True, add_generation_prompt=True, return_tensors="pt")
model.generate(**inputs, max_new_tokens=6, do_sample=False)
print(json.dumps(events))
"""


@pytest.fixture
def folder(model, processor, tmp_path) -> Path:
    path = tmp_path / "model"
    model.save_pretrained(path)
    processor.save_pretrained(path)
    return path


def run(code: str, tmp_path: Path) -> subprocess.CompletedProcess[str]:
    home = tmp_path / "home"
    environment = {"HF_HOME": str(home), "HF_HUB_OFFLINE": "1", "PATH": "/usr/bin:/bin", "HOME": str(home)}
    (tmp_path / "empty").mkdir(exist_ok=True)
    return subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path / "empty", env=environment, capture_output=True, text=True
    )


def strangers(folder: Path, tmp_path: Path) -> set[str]:
    """What is reached besides the folder, the cache, and what Python and its libraries are made of."""
    done = run(WATCHED.format(folder=str(folder), home=str(tmp_path / "home")), tmp_path)
    assert done.returncode == 0, done.stderr
    events = [(Path(name), mode) for name, mode in json.loads(done.stdout.splitlines()[-1])]
    found = {str(name) for name, mode in events if mode == "!"}
    read = {name for name, mode in events if mode != "!" and not {"w", "a", "+", "x"} & set(mode)}
    assert any(name.is_relative_to(folder) for name in read), "the events are those of loading"
    allowed = [folder, tmp_path / "home", *map(Path, {sys.prefix, sys.base_prefix, *sys.path} - {""})]
    allowed += [Path("/proc"), Path("/sys"), Path("/dev")]
    found |= {str(name) for name in read if name.is_absolute() and not any(map(name.is_relative_to, allowed))}
    written = {name for name, mode in events if {"w", "a", "+", "x"} & set(mode)}
    return found | {str(name) for name in written if not name.is_relative_to(tmp_path / "home")}


def test_it_reads_its_folder_writes_its_cache_and_asks_nobody(folder, tmp_path):
    assert strangers(folder, tmp_path) == set()


def test_what_reaches_further_is_seen(folder, tmp_path):
    (tmp_path / "mine").write_text("a secret")
    code = folder / "processing_audio_reasoner.py"
    reaching = f"open({str(tmp_path / 'mine')!r}); open({str(tmp_path / 'left')!r}, 'w')\n"
    reaching += "import socket; socket.socket().connect_ex(('127.0.0.1', 9))\n"
    code.write_text(code.read_text(encoding="utf-8") + reaching, encoding="utf-8")
    expected = {str(tmp_path / "mine"), str(tmp_path / "left"), "socket.connect"}
    assert strangers(folder, tmp_path) == expected


class Bomb:
    """An object whose pickle leaves a file where it is read."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self):
        return Path.touch, (self.path,)


@pytest.mark.parametrize("name", ["pytorch_model.bin", "training_args.bin"])
def test_a_pickle_in_the_folder_runs_nothing(folder, tmp_path, name):
    """Neither in the place of the weights, which is refused, nor beside them, where nobody looks at it."""
    went_off = tmp_path / "went off"
    torch.save({"language_model.lm_head.weight": Bomb(went_off)}, folder / name)
    in_place_of_weights = name == "pytorch_model.bin"
    if in_place_of_weights:
        (folder / "model.safetensors").unlink()
    code = f"from transformers import AutoModel; AutoModel.from_pretrained({str(folder)!r}, trust_remote_code=True)"
    done = run(code, tmp_path)
    assert (done.returncode != 0) == in_place_of_weights, done.stderr
    assert not went_off.exists()
    with pytest.raises(pickle.UnpicklingError):
        torch.load(folder / name, weights_only=True)
    torch.load(folder / name, weights_only=False)
    assert went_off.exists(), "the pickle does what it is said to do where it is read"
