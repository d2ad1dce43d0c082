"""Quantisation makes the language model small and leaves what hears alone."""

from __future__ import annotations

import copy

import pytest
import torch
from transformers import AutoModel, BitsAndBytesConfig, TorchAoConfig

from modeling_audio_reasoner.quantization_audio_reasoner import EXACT_MODULES, keep_audio_exact


def bits_and_bytes():
    pytest.importorskip("bitsandbytes", reason="bitsandbytes is not installed: make test-quantization")
    return BitsAndBytesConfig(load_in_4bit=True)


def torchao():
    quantization = pytest.importorskip(
        "torchao.quantization", reason="torchao is not installed: make test-quantization"
    )
    return TorchAoConfig(quantization.Int8WeightOnlyConfig())


def bits_and_bytes_as_dict():
    return bits_and_bytes().to_dict()


@pytest.mark.parametrize("make", [bits_and_bytes, bits_and_bytes_as_dict, torchao])
def test_what_hears_keeps_its_precision(model, tmp_path, encode, ask_about, clips, make):
    """And so the audio embeddings are bit for bit those of the model that is not quantised."""
    model.save_pretrained(tmp_path)
    small = AutoModel.from_pretrained(tmp_path, trust_remote_code=True, quantization_config=make())
    exact = dict(model.named_modules())
    linear = {name for name, module in exact.items() if isinstance(module, torch.nn.Linear)}
    kept = {
        name
        for name in linear
        if type(small.get_submodule(name)).__name__ == type(exact[name]).__name__
        and type(small.get_submodule(name).weight) is torch.nn.Parameter
    }
    assert kept == {name for name in linear if name.startswith(EXACT_MODULES)}
    assert any("language_model" in name for name in linear - kept)
    inputs = encode(ask_about(*clips(1.0)))
    heard = [
        net.get_audio_features(inputs["input_features"], inputs["feature_attention_mask"]).pooler_output
        for net in (small, model)
    ]
    assert torch.equal(*heard)
    assert small(**inputs).logits.isfinite().all()


@pytest.mark.filterwarnings("ignore")  # torch announces that torchao takes its place
def test_torchs_dynamic_quantisation_leaves_the_encoder_alone(model, encode, ask_about, clips):
    quantization = pytest.importorskip("torch.ao.quantization", reason="this torch has no quantize_dynamic")
    small = quantization.quantize_dynamic(copy.deepcopy(model), {torch.nn.Linear}, dtype=torch.qint8)
    changed = {name for name, module in small.named_modules() if "quantized" in type(module).__module__}
    linear = {name for name, module in model.named_modules() if isinstance(module, torch.nn.Linear)}
    assert changed >= {name for name in linear if not name.startswith("model.audio_tower")}
    inputs = encode(ask_about(*clips(1.0)))
    heard = [
        net.get_audio_features(inputs["input_features"], inputs["feature_attention_mask"]).last_hidden_state
        for net in (small, model)
    ]
    assert torch.equal(*heard)
    with torch.no_grad():
        exact = model(**inputs).logits
        error = (small(**inputs).logits - exact).abs().mean() / exact.abs().mean()
    assert 0 < error < 0.2


def test_modules_that_the_user_names_are_those_that_are_skipped():
    given = BitsAndBytesConfig(load_in_4bit=True, llm_int8_skip_modules=["lm_head"])
    assert keep_audio_exact(given).llm_int8_skip_modules == ["lm_head"]
    fresh = BitsAndBytesConfig(load_in_8bit=True)
    assert keep_audio_exact(fresh).llm_int8_skip_modules == list(EXACT_MODULES)
    assert fresh.llm_int8_skip_modules is None
    assert keep_audio_exact(fresh.to_dict()).llm_int8_skip_modules == list(EXACT_MODULES)
