"""Nothing of the language model is computed on padding in training, and the result is the same."""

from __future__ import annotations

import copy

import pytest
import torch
from transformers import AttentionInterface, AutoConfig, AutoModel

from modeling_audio_reasoner import AudioReasonerForConditionalGeneration
from modeling_audio_reasoner.unpadding_audio_reasoner import (
    UNPADDED_SDPA,
    can_leave_padding_out,
    unpadded_sdpa_attention_forward,
    without_padding,
)


SIZES = {
    "vocab_size": 32,
    "hidden_size": 32,
    "intermediate_size": 64,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "head_dim": 8,
    "initializer_range": 0.3,
    "pad_token_id": 0,
}
FAMILIES = {
    "qwen2": SIZES,
    "qwen3": SIZES,
    "llama": SIZES,
    "mistral": SIZES,
    "gemma3_text": {**SIZES, "sliding_window": 16},
    "phi3": SIZES,
    "olmo2": SIZES,
    "granite": SIZES,
    "smollm3": SIZES,
    "qwen3_moe": {**SIZES, "num_experts": 4, "num_experts_per_tok": 2, "moe_intermediate_size": 32},
    "gpt2": {"vocab_size": 32, "n_embd": 32, "n_layer": 2, "n_head": 4, "n_positions": 64},
    "gpt_neox": {**SIZES, "num_key_value_heads": 4},
    "opt": {**SIZES, "ffn_dim": 64, "word_embed_proj_dim": 32, "max_position_embeddings": 64},
}
OTHERS = {"doge": SIZES, "roberta": {**SIZES, "is_decoder": True, "max_position_embeddings": 64}}
"""Of which padding is a part of the result, in one way or another."""
LENGTHS = [9, 4, 12, 4, 1]


def language_model(family: str, **fields: object) -> torch.nn.Module:
    torch.manual_seed(0)
    config = AutoConfig.for_model(family, **{**(FAMILIES | OTHERS)[family], **fields})
    return AutoModel.from_config(config, attn_implementation="sdpa").eval()


def batch(side: str = "right") -> dict[str, torch.Tensor]:
    """Rows of unequal length, and something else than zeros on their padding."""
    generator = torch.Generator().manual_seed(1)
    mask = torch.zeros(len(LENGTHS), max(LENGTHS), dtype=torch.long)
    for row, length in zip(mask, LENGTHS, strict=True):
        row[slice(0, length) if side == "right" else slice(len(row) - length, None)] = 1
    embeddings = 0.5 * torch.randn(*mask.shape, 32, generator=generator)
    positions = (mask.cumsum(1) - 1).clamp(min=0)
    return {"inputs_embeds": embeddings, "attention_mask": mask, "position_ids": positions}


@pytest.mark.parametrize("side", ["right", "left"])
@pytest.mark.parametrize("family", FAMILIES)
def test_hidden_states_and_gradients_are_the_padded_batchs(family, side):
    model, given = language_model(family), batch(side)
    mask = given["attention_mask"].bool()
    direction = torch.randn(int(mask.sum()), 32, generator=torch.Generator().manual_seed(2))
    found = []
    for run in (without_padding, lambda model, **given: model(use_cache=False, **given)):
        model.zero_grad()
        given["inputs_embeds"] = given["inputs_embeds"].detach().requires_grad_()
        hidden = run(model, **given)["last_hidden_state"]
        assert hidden.shape == given["inputs_embeds"].shape
        (hidden[mask] * direction).sum().backward()
        gradients = {name: weight.grad.clone() for name, weight in model.named_parameters() if weight.grad is not None}
        found.append((hidden[mask], given["inputs_embeds"].grad[mask], gradients))
    (ours, ours_input, ours_weights), (stock, stock_input, stock_weights) = found
    assert (ours - stock).abs().max() <= 1e-5
    assert (ours_input - stock_input).abs().max() <= 1e-4 * stock_input.abs().max()
    assert ours_weights.keys() == stock_weights.keys() and len(stock_weights) > 10
    for name, gradient in stock_weights.items():
        assert (ours_weights[name] - gradient).abs().max() <= 1e-4 * max(1, gradient.abs().max()), name
    assert can_leave_padding_out(model, **given, use_cache=False)


def test_layers_get_the_tokens_alone_and_padding_is_zero():
    model, given = language_model("qwen2"), batch()
    seen = []
    model.layers[0].mlp.register_forward_pre_hook(lambda _, inputs: seen.append(inputs[0].shape))
    hidden = without_padding(model, **given)["last_hidden_state"]
    assert seen == [(1, sum(LENGTHS), 32)]
    assert (hidden[given["attention_mask"] == 0] == 0).all()
    assert model.config._attn_implementation == UNPADDED_SDPA
    padded = model(**given)["last_hidden_state"]  # by the same implementation, with a mask
    assert (padded - hidden)[given["attention_mask"] == 1].abs().max() <= 1e-5


@pytest.mark.parametrize("side", ["right", "left"])
@pytest.mark.parametrize("family", FAMILIES)
def test_without_positions_it_is_the_language_models_own_or_refused(family, side):
    """As TRL's trainers call it. A table of positions counts padding on the left: there the batch stays padded."""
    model, given = language_model(family), batch(side)
    given.pop("position_ids")
    table = family in ("gpt2", "opt")
    assert can_leave_padding_out(model, **given, use_cache=False) == (side == "right" or not table)
    if side == "right" or not table:
        mask = given["attention_mask"].bool()
        expected = model(use_cache=False, **given)["last_hidden_state"]
        assert (without_padding(model, **given)["last_hidden_state"] - expected)[mask].abs().max() <= 1e-5


def test_one_row_with_padding():
    """As where a batch is cut into its rows, by GRPO."""
    model, given = language_model("qwen2"), {name: tensor[:1] for name, tensor in batch().items()}
    assert can_leave_padding_out(model, **given, use_cache=False)
    expected = model(use_cache=False, **given)["last_hidden_state"]
    assert (without_padding(model, **given)["last_hidden_state"] - expected)[:, : LENGTHS[0]].abs().max() <= 1e-5


def test_other_attention_refuses_lengths_for_a_mask():
    """A layer that is run anew by other attention than its batch was packed for ends in an error."""
    model = language_model("qwen2")
    lengths = torch.tensor(sorted(LENGTHS, reverse=True)).view(1, 1, 1, -1)
    with pytest.raises(RuntimeError, match="attn_mask dtype"):
        model(inputs_embeds=torch.zeros(1, sum(LENGTHS), 32), attention_mask=lengths)


def test_flash_attention_gets_rows_by_their_bounds(monkeypatch):
    expected = without_padding(language_model("qwen2"), **batch())["last_hidden_state"]
    calls = []

    def kernel(module, query, key, value, attention_mask, *, cu_seq_lens_q, cu_seq_lens_k, max_length_q, **kwargs):
        assert attention_mask is None and max_length_q == kwargs["max_length_k"] == max(LENGTHS)
        assert torch.equal(cu_seq_lens_q, cu_seq_lens_k) and cu_seq_lens_q.dtype == torch.int32
        calls.append(cu_seq_lens_q.tolist())
        lengths = cu_seq_lens_q.diff().view(1, 1, 1, -1).long()
        return unpadded_sdpa_attention_forward(module, query, key, value, lengths, scaling=kwargs["scaling"])

    monkeypatch.setitem(AttentionInterface._global_mapping, "flash_attention_2", kernel)
    model = language_model("qwen2")
    model.config._attn_implementation = "flash_attention_2"
    assert can_leave_padding_out(model, **batch(), use_cache=False)
    found = without_padding(model, **batch())["last_hidden_state"]
    assert calls == 2 * [[0, 12, 21, 25, 29, 30]]
    assert (found - expected).abs().max() <= 1e-5
    assert model.config._attn_implementation == "flash_attention_2"


@pytest.mark.parametrize(
    ("family", "fields", "changes"),
    [
        ("qwen2", {}, {"use_cache": True}),
        ("qwen2", {}, {"use_cache": None}),
        ("qwen2", {}, {"attention_mask": torch.ones(len(LENGTHS), max(LENGTHS))}),
        ("qwen2", {}, {"attention_mask": torch.zeros(len(LENGTHS), max(LENGTHS))}),
        ("qwen2", {}, {"attention_mask": torch.zeros(len(LENGTHS), 1, max(LENGTHS), max(LENGTHS))}),
        ("qwen2", {}, {"attention_mask": torch.tensor(len(LENGTHS) * [[1, 1, 0, *[1] * (max(LENGTHS) - 3)]])}),
        ("qwen2", {}, {"output_hidden_states": True}),
        ("qwen2", {"output_hidden_states": True}, {"output_hidden_states": None}),
        ("gpt2", {}, {"token_type_ids": torch.zeros(len(LENGTHS), max(LENGTHS), dtype=torch.long)}),
        ("doge", {}, {}),
        ("roberta", {}, {}),
        ("qwen3_moe", {}, {"output_router_logits": True}),
        ("gemma3_text", {"sliding_window": 8}, {}),
        ("mistral", {"sliding_window": 8}, {}),
    ],
)
def test_where_padding_stays(family, fields, changes):
    """In evaluation, with a cache; and where the result would be another one."""
    given = {**batch(), "use_cache": False}
    model = language_model(family, **fields)
    assert family not in FAMILIES or can_leave_padding_out(language_model(family), **given)
    assert not can_leave_padding_out(model, **{**given, **changes})


@pytest.mark.parametrize("implementation", ["eager", "flex_attention"])
def test_attention_that_takes_padded_batches_gets_them(implementation):
    model = language_model("qwen2")
    model.config._attn_implementation = implementation
    assert not can_leave_padding_out(model, **batch(), use_cache=False)


@pytest.mark.parametrize("checkpointing", [False, True])
def test_a_training_step_is_the_padded_ones(stock_folder, encode, ask_about, clips, checkpointing):
    """The whole model: loss and gradients, also where layers are run anew in the backward pass."""
    questions = ["What is it?", "Which of these sounds is it, and how often does it occur in the recording?"]
    asked = [ask_about(clip, question=question) for clip, question in zip(clips(1.0, 0.4), questions, strict=True)]
    inputs = encode(asked, padding_side="right")
    assert not inputs["attention_mask"].all()
    inputs["labels"] = inputs["input_ids"].masked_fill(inputs["attention_mask"] == 0, -100)
    losses, gradients = [], []
    for implementation in ("sdpa", "eager"):
        model = AudioReasonerForConditionalGeneration.from_pretrained(stock_folder, attn_implementation=implementation)
        model.train()
        if checkpointing:
            model.gradient_checkpointing_enable()
        seen = []
        model.model.language_model.layers[0].mlp.register_forward_pre_hook(
            lambda _, inputs, seen=seen: seen.append(inputs[0].shape[:2])
        )
        loss = model(**inputs).loss
        loss.backward()
        tokens = (1, int(inputs["attention_mask"].sum())) if implementation == "sdpa" else inputs["input_ids"].shape
        assert set(seen) == {tuple(tokens)} and len(seen) == 1 + checkpointing
        losses.append(loss.item())
        gradients.append({name: weight.grad for name, weight in model.named_parameters() if weight.grad is not None})
    assert losses[0] == pytest.approx(losses[1], abs=1e-5)
    assert gradients[0].keys() == gradients[1].keys()
    assert any("audio_tower" in name for name in gradients[0])
    for name, gradient in gradients[1].items():
        assert (gradients[0][name] - gradient).abs().max() <= 1e-4 * max(1, gradient.abs().max()), name


def test_generation_is_as_before(stock_folder, encode, ask_about, clips):
    """Also by a model whose training has changed its attention's name."""
    inputs = encode([ask_about(clip) for clip in clips(1.0, 0.4)])
    model = AudioReasonerForConditionalGeneration.from_pretrained(stock_folder)
    expected = model.eval().generate(**inputs, max_new_tokens=8, do_sample=False)
    trained = copy.deepcopy(model).train()
    trained(**inputs).logits.sum().backward()
    assert trained.model.language_model.config._attn_implementation == UNPADDED_SDPA
    assert torch.equal(trained.eval().generate(**inputs, max_new_tokens=8, do_sample=False), expected)
    trained.set_attn_implementation("sdpa")
    assert trained.model.language_model.config._attn_implementation == "sdpa"
