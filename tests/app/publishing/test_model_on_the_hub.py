"""A model goes to the Hub over HTTP, and comes back to a process that has nothing but its name."""

from __future__ import annotations

import json
import re

import numpy as np
import pytest
import torch
import yaml
from transformers import AutoModel, AutoProcessor

from evaluation.manifest import model_sha256
from tests.evaluation.finished_runs import write_run


LOAD = """
import json, numpy as np
from transformers import AutoModel, AutoProcessor
model = {line}
assert type(model).__module__.startswith("transformers_modules")
processor = AutoProcessor.from_pretrained("org/tiny", revision="{commit}", trust_remote_code=True)
tone = np.sin(np.arange(16_000) / 9).astype(np.float32)
messages = [{{"role": "user", "content": [{{"type": "audio", "audio": tone}}, {{"type": "text", "text": "What?"}}]}}]
inputs = processor.apply_chat_template(
    messages, tokenize=True, return_dict=True, add_generation_prompt=True, return_tensors="pt")
tokens = model.generate(**inputs, max_new_tokens=8, do_sample=False)
print(json.dumps({{
    "tokens": tokens[0, inputs["input_ids"].shape[1]:].tolist(),
    "weights": sum(float(value.double().abs().sum()) for value in model.state_dict().values()),
}}))
"""


def test_a_model_comes_back_as_it_was(hub, publish, elsewhere, tiny_model):
    result = publish("model", tiny_model, "org/tiny")
    assert result.exit_code == 0, result.output
    assert "A fresh process loaded AudioReasonerForConditionalGeneration by the folder's own code" in result.output
    # A second of 16 kHz is 50 frames of this extractor's hop of 320 samples, halved by the encoder and by its pooling.
    assert "answered about a tone (12 embeddings): '" in result.output
    line, commit = re.search(
        r'(AutoModel\.from_pretrained\("org/tiny", revision="(\w{40})".*\))', result.output
    ).groups()
    found = json.loads(elsewhere(LOAD.format(line=line, commit=commit)).splitlines()[-1])

    model = AutoModel.from_pretrained(tiny_model, trust_remote_code=True)
    processor = AutoProcessor.from_pretrained(tiny_model, trust_remote_code=True)
    tone = np.sin(np.arange(16_000) / 9).astype(np.float32)
    messages = [{"role": "user", "content": [{"type": "audio", "audio": tone}, {"type": "text", "text": "What?"}]}]
    options = {"tokenize": True, "return_dict": True, "add_generation_prompt": True, "return_tensors": "pt"}
    inputs = processor.apply_chat_template(messages, **options)
    tokens = model.generate(**inputs, max_new_tokens=8, do_sample=False)
    assert found["tokens"] == tokens[0, inputs["input_ids"].shape[1] :].tolist()
    weights = sum(float(value.double().abs().sum()) for value in model.state_dict().values())
    assert found["weights"] == pytest.approx(weights, rel=1e-12)
    assert torch.is_tensor(tokens)

    sent = hub.read("model", "org/tiny")
    assert {path.name for path in tiny_model.iterdir()} | {"README.md"} == set(sent)
    assert all(sent[path.name] == path.read_bytes() for path in tiny_model.iterdir() if path.name != "README.md")
    card = sent["README.md"].decode()
    assert f'revision = "{commit}"' in card and 'name = "org/tiny"' in card
    metadata = yaml.safe_load(card.split("---\n")[1])
    assert metadata["license"] == "apache-2.0" and metadata["pipeline_tag"] == "audio-text-to-text"
    assert {"audio-reasoner", "custom_code"} < set(metadata["tags"])
    assert commit in hub.repository("model", "org/tiny").commits


def test_a_dry_run_shows_files_and_the_card_with_its_figures(hub, publish, tiny_model, tmp_path, monkeypatch):
    monkeypatch.delenv("HF_TOKEN")
    run = write_run(tmp_path / "mmau", model_sha256=model_sha256(tiny_model))
    result = publish("model", tiny_model, "org/tiny", "--evaluation", run, "--dataset", "org/cota", "--dry-run")
    assert result.exit_code == 0, result.output
    for path in tiny_model.iterdir():
        assert f"{path.stat().st_size:,} B  {path.name}" in result.output
    card = result.output.split("The card, README.md:\n\n")[1]
    assert 'revision = "<the commit that is sent>"' in card and "### MMAU, items of no known release" in card
    metadata = yaml.safe_load(card.split("---\n")[1])
    assert metadata["datasets"] == ["org/cota"]
    (found,) = metadata["model-index"]
    # Of the eight items that are written there, six are right strictly and five officially.
    assert [metric["value"] for metric in found["results"][0]["metrics"]] == [75.0, 62.5]
    assert "would be sent to the model org/tiny" in result.output
    assert hub.requests == [] and not (tiny_model / "README.md").exists()
