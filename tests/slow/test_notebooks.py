"""The notebooks of examples run from the first cell to the last, on a tiny model and tones in place of the demo's.

The model has learnt the tones before, by the literal `trl sft`, so that it answers in five sections and hears. What a
notebook has found is asked for in a cell of the test's own behind its last one.
"""

from __future__ import annotations

import json
import os
import re
import shutil
from pathlib import Path

import nbformat
import numpy as np
import pytest
import torch
from nbclient import NotebookClient
from safetensors.torch import load_file

from tests.test_repository import PACKAGES

from .trainings import ROOT, TRL, losses, run, write_recipe


LEARNING = {
    "dataset_train_split": "train",
    "max_steps": 320,
    "per_device_train_batch_size": 8,
    "learning_rate": 1.0e-2,
    "lr_scheduler_type": "cosine",
    "warmup_steps": 10,
    "adam_beta2": 0.98,
    "gradient_checkpointing": False,
    "num_cpu_threads_per_process": 1,
    "logging_steps": 40,
    "output_dir": "demo/model",
}
TESTED = 32
"""Rows of the test split."""


@pytest.fixture(scope="module")
def place(tmp_path_factory) -> Path:
    """A folder with `cota`, `demo/model` and `demo/held_out` as they are after the demo, and the notebooks."""
    from datasets import Dataset
    from synthetic_cota import row, write_cota
    from tiny_models import ENCODER, EXTRACTOR, TEXT_MODEL

    from dataset_builder.schema import features
    from init_text_model import TextModelRecipe, main
    from modeling_audio_reasoner import AudioReasonerEncoder, AudioReasonerEncoderConfig, AudioReasonerFeatureExtractor
    from modeling_audio_reasoner.compose_audio_reasoner import compose_audio_reasoner

    place = tmp_path_factory.mktemp("notebooks")
    shutil.copytree(ROOT / "examples", place / "examples")
    (place / "recipes").symlink_to(ROOT / "recipes")
    cota = write_cota(place / "cota", train=160, validation=8)
    generator = np.random.default_rng(1)
    tested = [row(index, "test", generator, structured=True, heard="tone") for index in range(TESTED)]
    Dataset.from_list(tested, features=features()).to_parquet(cota / "data" / "test.parquet")
    card = (cota / "README.md").read_text(encoding="utf-8")
    splits = "  - split: test\n    path: data/test.parquet\n  - split: validation\n"
    (cota / "README.md").write_text(card.replace("  - split: validation\n", splits), encoding="utf-8")

    torch.manual_seed(0)
    AudioReasonerEncoder(AudioReasonerEncoderConfig(**ENCODER)).save_pretrained(place / "encoder")
    AudioReasonerFeatureExtractor(**EXTRACTOR).save_pretrained(place / "encoder")
    main(TextModelRecipe(str(cota), str(place / "text"), vocab_size=600, phrase_tokens=120, model=TEXT_MODEL))
    compose_audio_reasoner(place / "encoder", place / "text", place / "composed")
    run([TRL, "sft", "--config", str(write_recipe(place, "learning", **LEARNING))], place, seconds=600)

    asked = tested[0]
    (place / "demo" / "held_out.flac").write_bytes(asked["audio"]["bytes"])
    question = f"{asked['question']}\nChoose one: {'; '.join(asked['choices'])}.\n"
    (place / "demo" / "held_out.txt").write_text(question, encoding="utf-8")
    (place / "demo" / "right.txt").write_text(asked["answer"], encoding="utf-8")
    return place


def executed(place: Path, name: str, found: str) -> tuple[dict[str, nbformat.NotebookNode], dict]:
    """The cells of code by id, with their outputs, and what the expression `found` gives behind the last of them.

    The kernel begins where the notebook lies, cannot import this repository from its path, and draws as in a browser.
    """
    notebook = nbformat.read(place / "examples" / f"{name}.ipynb", as_version=4)
    asked = nbformat.v4.new_code_cell(f"import json, sys\n\nprint(json.dumps({found}))")
    notebook.cells.append(asked)
    environment = {key: value for key, value in os.environ.items() if key not in ("MPLBACKEND", "PYTHONPATH")}
    environment |= {"IPYTHONDIR": str(place / "ipython"), "TRACKIO_DIR": str(place / "trackio")}
    if name != "ask":
        environment["PYTHONPATH"] = str(ROOT)  # for its commands
    client = NotebookClient(
        notebook, timeout=300, kernel_name="python3", resources={"metadata": {"path": str(place / "examples")}}
    )
    client.execute(env=environment)
    return {cell.id: cell for cell in notebook.cells if cell.cell_type == "code"}, json.loads(printed(asked))


def printed(cell: nbformat.NotebookNode) -> str:
    return "".join(output.text for output in cell.outputs if output.get("name") == "stdout")


def shown(cell: nbformat.NotebookNode, kind: str) -> list[str]:
    return [output.data[kind] for output in cell.outputs if kind in output.get("data", {})]


ASKED = """{
    "heard": {section: getattr(heard, section) for section in SECTIONS},
    "complete": heard.complete,
    "cut": {section: getattr(cut, section) for section in SECTIONS},
    "cut_tokens": len(processor.tokenizer.encode(cut.reasoning)),
    "deaf": deaf.response,
    "choices": choices,
    "votes": voted.votes,
    "agreement": voted.agreement,
    "answers": len(voted.answers),
    "right": right,
    "right_deaf": right_deaf,
    "code": type(model).__module__,
    "modules": [name for name in sys.modules if "." not in name],
}"""


def test_asking(place):
    cells, found = executed(place, "ask", ASKED)
    heard = found["heard"]
    assert found["complete"] and heard["response"] == (place / "demo" / "right.txt").read_text(encoding="utf-8")
    assert found["code"].startswith("transformers_modules.")
    assert not set(PACKAGES) & set(found["modules"]), "the model's code is that of its folder"

    (milliseconds,) = re.findall(r"embeddings, one for (\d+) ms each", printed(cells["encode"]))
    assert 80 <= int(milliseconds) <= 90, "four frames of 20 ms, but for those at the end that give none"
    (figure,) = shown(cells["draw"], "image/png")
    assert figure.startswith("iVBOR")
    (player,) = shown(cells["recording"], "text/html")
    assert "<audio" in player

    lines = [f"{section}: {text}" for section, text in heard.items()]
    assert printed(cells["stream"]).splitlines() == lines, "streamed is what was written at once"

    cut = found["cut"]
    assert 0 < found["cut_tokens"] <= 3 and cut["summary"] is not None, "the next section is opened"
    assert heard["reasoning"].startswith(cut["reasoning"]) and heard["reasoning"] != cut["reasoning"]
    assert (cut["planning"], cut["caption"]) == (heard["planning"], heard["caption"])

    assert {*found["choices"]} == {"low", "high"} and len(found["choices"]) == 2
    assert found["answers"] == 8 and 0 < sum(found["votes"].values()) <= 8
    assert found["agreement"] == max(found["votes"].values()) / 8
    assert f"{found['agreement']:.0%} of 8 answers" in printed(cells["vote"])

    changed = found["deaf"] != heard["response"]
    said = "The answer is another one.\n" if changed else "The answer is the same.\n"
    assert printed(cells["silence"]).endswith(said)
    assert found["right"] >= 14 and found["right_deaf"] <= 12, "it hears, and does not guess"
    assert f"{found['right']} of 16; with silence: {found['right_deaf']}" in printed(cells["asked-twice"])

    several = printed(cells["several"])
    assert "Audio 1: <|audio_bos|><|AUDIO|> x " in several and "Audio 2: <|audio_bos|><|AUDIO|> x 12<" in several
    assert "tone, recording: " in several


TRAINED = """{
    "rows": {split: rows.num_rows for split, rows in data.items()},
    "answers": sorted({row["answer"] for row in data["test"].select_columns("answer")}),
    "before": accuracy("before"),
    "after": accuracy("evaluation"),
}"""


def test_from_recordings_to_a_model(place):
    from transformers import AutoModel, AutoProcessor

    cells, found = executed(place, "cota_to_model", TRAINED)
    written = place / "demo" / "notebook"
    kinds = ["bell", "electronic blip", "hiss", "horn call"]
    assert len(shown(cells["listen"], "text/html")) == len(kinds)
    assert (written / "recordings" / "metadata.csv").read_text(encoding="utf-8").count("\n") == 49
    assert found["rows"] == {"train": 204, "validation": 10, "test": 26} and found["answers"] == kinds
    assert "user: (the recording)" in printed(cells["row"]) and "assistant: <THINK>" in printed(cells["row"])
    assert "⟦<THINK>" in printed(cells["labels"]) and "Fault" not in printed(cells["labels"])

    before, after = (load_file(folder / "model.safetensors") for folder in (place / "demo/model", written / "model"))
    unlike = {name for name, tensor in before.items() if not torch.equal(tensor, after[name])}
    assert {name.split(".")[0] for name in unlike} == {"audio_tower", "multi_modal_projector", "language_model"}
    assert len(losses(written / "model")) == 10 and losses(written / "model")[-1] < losses(written / "model")[0]
    assert "40 steps" in printed(cells["curves"]) and shown(cells["curves-figure"], "image/png")

    model = AutoModel.from_pretrained(written / "model", trust_remote_code=True)
    processor = AutoProcessor.from_pretrained(written / "model", trust_remote_code=True)
    bell = str(written / "recordings" / "bell-0.wav")
    asked = [{"type": "audio", "path": bell}, {"type": "text", "text": "What is it?"}]
    options = {"tokenize": True, "return_dict": True, "return_tensors": "pt", "add_generation_prompt": True}
    inputs = processor.apply_chat_template([{"role": "user", "content": asked}], **options)
    assert model.generate(**inputs, max_new_tokens=4).shape[1] > inputs["input_ids"].shape[1]

    trust = json.loads((written / "evaluation" / "trust.json").read_text(encoding="utf-8"))
    assert "silence" in json.dumps(trust)
    scores = json.loads((written / "evaluation" / "scores.json").read_text(encoding="utf-8"))
    assert scores["n"] == 24 and scores["strict"] == found["after"]
    assert printed(cells["compared"]) == f"before {found['before']:.0%}, after {found['after']:.0%}\n"
    for cell, name in (("publish-data", "data/sound/sound_event/test-"), ("publish-model", "model.safetensors")):
        assert name in printed(cells[cell])
