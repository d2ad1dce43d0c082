"""What a model takes, computed from its configuration, against the released sizes and against real tensors."""

from __future__ import annotations

import copy
import json

import pytest
import torch
from typer.testing import CliRunner

from modeling_audio_reasoner.memory_audio_reasoner import (
    QWEN2_AUDIO_7B,
    TEXT_TOKENS,
    count_parameters,
    memory_steps,
)


def bytes_of(steps) -> dict[str, float]:
    return {step.name: step.bytes for step in steps}


def test_the_released_weights_have_these_sizes():
    """The index of Qwen2-Audio-7B-Instruct says 16,794,189,824 bytes, two for each parameter."""
    parts = count_parameters(QWEN2_AUDIO_7B)
    whole = sum(parts[name] for name in ("encoder", "projector", "language model", "embeddings and head"))
    assert whole == 16_794_189_824 // 2
    assert bytes_of(memory_steps(QWEN2_AUDIO_7B))["load"] == 16_794_189_824


def test_weights_and_cache_are_those_of_the_real_model(model, encode, ask_about, clips):
    inputs = encode(ask_about(*clips(2.0)))
    with torch.no_grad():
        cache = model(**inputs).past_key_values
    length = inputs["input_ids"].shape[1]
    cached = sum(layer.keys.nbytes + layer.values.nbytes for layer in cache.layers)
    weights = sum(weight.nbytes for weight in model.parameters())
    options = {"dtype": torch.float32, "seconds": 2.0, "answers": 1}
    one, other = (bytes_of(memory_steps(model.config, new_tokens=count, **options)) for count in (10, 10 + length))
    assert one["load"] == weights
    assert other["answer"] - one["answer"] == cached
    assert length > 50 and TEXT_TOKENS > 0


def test_what_is_quantised_is_the_language_models_linear_layers():
    parts = count_parameters(QWEN2_AUDIO_7B)
    steps = bytes_of(memory_steps(QWEN2_AUDIO_7B))
    saved = steps["load"] - steps["load in 4 bits"]
    assert saved == pytest.approx(parts["linear"] * (2 - 4.127 / 8))
    assert parts["linear"] == 32 * (4 * 4096**2 + 3 * 4096 * 11_008)


def test_prompts_at_once_scale_all_but_weights_and_a_vote():
    """A vote is on one prompt, however many are answered at once."""
    steps = {batch: bytes_of(memory_steps(QWEN2_AUDIO_7B, batch=batch)) for batch in (1, 2, 3)}
    for name in steps[1]:
        grown = [steps[batch][name] - steps[1][name] for batch in (2, 3)]
        assert grown[1] == pytest.approx(2 * grown[0])
        assert (grown[0] > 0) == (name not in ("load", "load in 4 bits", "vote among 8")), name


def test_the_command_prints_all_steps():
    from app.main import app

    shown = CliRunner().invoke(app, ["memory"]).stdout
    assert "8,397.1 million parameters of 2 bytes" in shown and "15.64 GiB" in shown
    figures = json.loads(CliRunner().invoke(app, ["memory", "--json"]).stdout)
    assert figures["steps"][0]["bytes"] == 16_794_189_824
    sized = CliRunner().invoke(app, ["memory", "--json", "--dtype", "float32"])
    assert json.loads(sized.stdout)["steps"][0]["bytes"] == 2 * 16_794_189_824
    refused = CliRunner().invoke(app, ["memory", "--dtype", "int3"])
    assert refused.exit_code == 1 and "--dtype is int3: give one of" in refused.stderr


@pytest.mark.parametrize("dtype", ["float32", "float16"])
def test_a_folder_is_counted_in_the_type_that_it_names(model, processor, tmp_path, dtype):
    from app.main import app

    copy.deepcopy(model).to(getattr(torch, dtype)).save_pretrained(tmp_path)
    processor.save_pretrained(tmp_path)
    figures = json.loads(CliRunner().invoke(app, ["memory", str(tmp_path), "--json"]).stdout)
    size = getattr(torch, dtype).itemsize
    assert figures["steps"][0]["bytes"] == size * sum(weight.numel() for weight in model.parameters())
