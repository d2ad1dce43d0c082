"""Every attention implementation hears the same, FlashAttention's packed layout included."""

from __future__ import annotations

import pytest
import torch
from transformers import AttentionInterface, modeling_utils

from modeling_audio_reasoner import AudioReasonerEncoder, AudioReasonerForConditionalGeneration


def packed_reference(module, query, key, value, attention_mask, scaling, cu_seq_lens_q, max_length_q, **kwargs):
    """FlashAttention's variable-length call, written out: windows are told apart by their bounds alone."""
    assert attention_mask is None and not kwargs["is_causal"]
    assert query.shape[0] == 1 and cu_seq_lens_q.dtype == torch.int32
    lengths = cu_seq_lens_q.diff().tolist()
    assert max(lengths) == max_length_q and sum(lengths) == query.shape[2]
    parts = [
        torch.softmax(scaling * q @ k.transpose(2, 3), dim=-1) @ v
        for q, k, v in zip(*(part.split(lengths, dim=2) for part in (query, key, value)), strict=True)
    ]
    return torch.cat(parts, dim=2).transpose(1, 2), None


@pytest.fixture
def heard(stock_folder, encode, ask_about, clips):
    """The audio embeddings of four clips, under an attention implementation of the encoder."""
    inputs = encode([ask_about(clip) for clip in clips(1.0, 2.5, 1.0, 0.3)])

    def make(implementation: str) -> torch.Tensor:
        model = AudioReasonerForConditionalGeneration.from_pretrained(stock_folder).eval()
        model.set_attn_implementation({"audio_config": implementation})
        assert model.model.audio_tower.config._attn_implementation == implementation
        with torch.no_grad():
            return model.get_audio_features(inputs["input_features"], inputs["feature_attention_mask"]).pooler_output

    return make


@pytest.mark.parametrize("implementation", ["eager", pytest.param("flex_attention", marks=pytest.mark.slow)])
def test_implementations_agree(heard, implementation):
    assert (heard(implementation) - heard("sdpa")).abs().max() <= 1e-5


FLASH_KERNELS = ["flash_attention_2", "flash_attention_3", "kernels-community/flash-attn3", "flash_reference"]


@pytest.mark.parametrize("name", FLASH_KERNELS)
def test_flash_attention_gets_windows_by_their_bounds(heard, monkeypatch, name):
    """By whatever name, of a package, of a kernel of the Hub or of one's own: one call a layer for all windows."""
    calls = []

    def kernel(*args, **kwargs):
        calls.append(kwargs["cu_seq_lens_q"].tolist())
        return packed_reference(*args, **kwargs)

    # Neither is installed: their names are let through, and lead to the reference.
    monkeypatch.setattr(modeling_utils, "lazy_import_flash_attention", lambda *args, **kwargs: None)
    monkeypatch.setattr(modeling_utils, "is_kernels_available", lambda *args: False)
    for part in (AudioReasonerForConditionalGeneration, AudioReasonerEncoder):
        monkeypatch.setattr(part, "_flash_attn_can_dispatch", lambda *args, **kwargs: True)
    monkeypatch.setitem(AttentionInterface._global_mapping, name, kernel)
    found = heard(name)
    assert len(calls) == 2 and calls[0] == calls[1] and sorted(calls[0]) == calls[0] and len(calls[0]) == 5
    assert (found - heard("sdpa")).abs().max() <= 1e-5


def test_each_part_takes_its_own_implementation(stock_folder):
    model = AudioReasonerForConditionalGeneration.from_pretrained(
        stock_folder, attn_implementation={"audio_config": "eager", "text_config": "sdpa"}
    )
    assert model.model.audio_tower.config._attn_implementation == "eager"
    assert model.model.language_model.config._attn_implementation == "sdpa"
    whole = AudioReasonerForConditionalGeneration.from_pretrained(stock_folder, attn_implementation="eager")
    assert whole.model.audio_tower.config._attn_implementation == "eager"
    assert whole.model.language_model.config._attn_implementation == "eager"
