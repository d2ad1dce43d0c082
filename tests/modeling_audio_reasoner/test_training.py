"""What training does to the model: gradients that reach what was heard, checkpointing, freezing, small numbers."""

from __future__ import annotations

import copy

import pytest
import torch

from modeling_audio_reasoner import AudioReasonerForConditionalGeneration


POSITIONS = "model.audio_tower.embed_positions.weight"


@pytest.fixture
def learning(stock_folder):
    return AudioReasonerForConditionalGeneration.from_pretrained(stock_folder).train()


@pytest.fixture
def batch(encode, ask_about, clips):
    inputs = encode([ask_about(clip) for clip in clips(0.5, 2.0)], "right")
    return {**inputs, "labels": inputs["input_ids"].masked_fill(inputs["attention_mask"] == 0, -100)}


def gradients(model, batch) -> dict[str, torch.Tensor]:
    model.zero_grad()
    model(**batch).loss.backward()
    return {name: weight.grad.clone() for name, weight in model.named_parameters() if weight.grad is not None}


def test_gradients_reach_the_encoder_through_the_placeholders(learning, batch):
    found = gradients(learning, batch)
    assert {name for name, _ in learning.named_parameters()} - found.keys() == {POSITIONS}
    assert found["model.audio_tower.conv1.weight"].abs().max() > 1e-4


@pytest.mark.parametrize("use_reentrant", [False, True])
def test_checkpointing_computes_layers_again_and_changes_no_gradient(learning, batch, count_calls, use_reentrant):
    expected = gradients(learning, batch)
    learning.gradient_checkpointing_enable({"use_reentrant": use_reentrant})
    if use_reentrant:
        learning.enable_input_require_grads()
    encoder, text = learning.model.audio_tower, learning.model.language_model
    passes = [
        count_calls(layers[0].mlp if layers is text.layers else layers[0].fc1, lambda hidden: 1)
        for layers in (encoder.layers, text.layers)
    ]
    found = gradients(learning, batch)
    assert passes == [[1, 1], [1, 1]]
    assert found.keys() == expected.keys()
    for name, gradient in expected.items():
        torch.testing.assert_close(found[name], gradient, atol=1e-6, rtol=1e-4)


@pytest.mark.parametrize("use_reentrant", [False, True])
def test_checkpointing_keeps_less_for_the_backward_pass(learning, batch, use_reentrant):
    """Of each of the four layers its input, in place of all that is computed inside."""
    batch.pop("labels")
    without = kept_bytes(learning, batch)
    learning.gradient_checkpointing_enable({"use_reentrant": use_reentrant})
    if use_reentrant:
        learning.enable_input_require_grads()
    assert kept_bytes(learning, batch) < 0.3 * without


def test_a_frozen_encoder_keeps_nothing_for_the_backward_pass(learning, batch):
    batch.pop("labels")
    without = kept_bytes(learning.model.audio_tower, recordings := features(batch))
    assert without > 100_000
    learning.model.audio_tower.requires_grad_(False)
    assert kept_bytes(learning.model.audio_tower, recordings) == 0


def features(batch) -> dict[str, torch.Tensor]:
    return {name: batch[name] for name in ("input_features", "feature_attention_mask")}


def kept_bytes(module, inputs) -> int:
    """Bytes of activations that a forward pass leaves for the backward pass, apart from weights and inputs."""
    known = {tensor.untyped_storage().data_ptr() for tensor in (*module.parameters(), *inputs.values())}
    kept: dict[int, int] = {}

    def pack(tensor: torch.Tensor) -> torch.Tensor:
        storage = tensor.untyped_storage()
        if storage.data_ptr() not in known:
            kept[storage.data_ptr()] = storage.nbytes()
        return tensor

    # What is returned is held until all is counted, or its memory would be used again.
    with torch.autograd.graph.saved_tensors_hooks(pack, lambda tensor: tensor):
        outputs = module(**inputs, **({"use_cache": False} if "input_ids" in inputs else {}))
    total = sum(kept.values())
    del outputs
    return total


def test_bf16_changes_gradients_by_a_few_percent_and_keeps_weights_exact(learning, batch):
    """As `bf16: true` of a recipe: float32 weights, their products in bfloat16, which has 8 bits (0.4%)."""
    expected = gradients(learning, batch)
    types: list[torch.dtype] = []
    inside = learning.model.language_model.layers[0].mlp.down_proj
    handle = inside.register_forward_hook(lambda module, inputs, output: types.append(output.dtype))
    with torch.autocast("cpu", dtype=torch.bfloat16):
        found = gradients(learning, batch)
    handle.remove()
    assert types == [torch.bfloat16]
    assert found.keys() == expected.keys()
    assert {gradient.dtype for gradient in found.values()} == {torch.float32}
    whole = torch.cat([gradient.flatten() for gradient in expected.values()])
    error = torch.cat([(found[name] - gradient).flatten() for name, gradient in expected.items()])
    print(f"bf16: the gradient differs by {error.norm() / whole.norm():.4f} of its length")
    assert 0 < error.norm() <= 0.05 * whole.norm()


def test_accumulated_gradients_are_those_of_the_whole_batch(learning, batch, encode, ask_about, clips):
    """Rows of different lengths, one after the other, as the trainer sums them: by the items of the whole step."""
    expected = gradients(learning, batch)
    items = (batch["labels"][:, 1:] != -100).sum()
    learning.zero_grad()
    for clip in clips(0.5, 2.0):
        one = encode(ask_about(clip), "right")
        learning(**one, labels=one["input_ids"], num_items_in_batch=items).loss.backward()
    for name, weight in learning.named_parameters():
        if name in expected:
            torch.testing.assert_close(weight.grad, expected[name], atol=1e-6, rtol=1e-4)


def test_a_checkpoint_file_is_loaded_by_the_names_that_it_has(model, learning, tmp_path):
    """As transformers' trainer goes on from a checkpoint: names that it does not find it passes over."""
    from safetensors.torch import load_file

    learning.save_pretrained(tmp_path)
    with torch.no_grad():
        for weight in learning.parameters():
            weight.zero_()
    written = load_file(tmp_path / "model.safetensors")
    assert any(name.startswith("audio_tower.") for name in written), "files have Qwen2-Audio's names"
    found = learning.load_state_dict(written, strict=False)
    assert found.unexpected_keys == [] and found.missing_keys == []
    expected = model.state_dict()
    assert all(torch.equal(weight, expected[name]) for name, weight in learning.state_dict().items())
    learning.load_state_dict(expected)


@pytest.fixture
def text_batch(encode):
    inputs = encode([[{"role": "user", "content": [{"type": "text", "text": "What is a tone?"}]}]], "right")
    return {**inputs, "labels": inputs["input_ids"]}


@pytest.mark.parametrize("training", [True, False])
def test_a_batch_without_recordings_goes_through_the_encoder_where_others_wait(
    learning, text_batch, count_calls, monkeypatch, training
):
    """Of several processes, and there alone. It changes no logit, and all gradients of encoder and projector are 0."""
    learning.train(training)
    passes = count_calls(learning.model.audio_tower.layers[-1].fc1, lambda hidden: hidden.shape[0])
    alone = gradients(learning, text_batch)
    assert passes == [] and not any("audio_tower" in name or "projector" in name for name in alone)
    expected = learning(**text_batch).logits
    monkeypatch.setattr(torch.distributed, "is_initialized", lambda: True)
    monkeypatch.setattr(torch.distributed, "get_world_size", lambda: 2)
    found = gradients(learning, text_batch)
    assert passes == [2], "the positions of the shortest window"
    assert {name for name, _ in learning.named_parameters()} - found.keys() == {POSITIONS}
    assert all(found[name].count_nonzero() == 0 for name in found.keys() - alone.keys())
    assert all(torch.equal(found[name], gradient) for name, gradient in alone.items())
    assert torch.equal(learning(**text_batch).logits, expected)


def test_placeholders_without_recordings_are_refused_where_others_wait(learning, batch, monkeypatch):
    monkeypatch.setattr(torch.distributed, "is_initialized", lambda: True)
    monkeypatch.setattr(torch.distributed, "get_world_size", lambda: 2)
    with pytest.raises(ValueError, match="the model would answer without hearing"):
        learning(input_ids=batch["input_ids"], attention_mask=batch["attention_mask"])


def test_a_merged_folder_answers_as_model_and_adapter_do(model, learning, batch, encode, ask_about, clips, tmp_path):
    """Of adapters and a projector trained whole: written, and read by the class that the folder names."""
    from peft import LoraConfig, PeftModel, get_peft_model
    from transformers import AutoModel

    layers = r".*language_model.*\.(q_proj|v_proj|up_proj)"
    options = LoraConfig(r=4, target_modules=layers, modules_to_save=["multi_modal_projector"])
    adapted = get_peft_model(learning, options)
    trained = torch.optim.AdamW([weight for weight in adapted.parameters() if weight.requires_grad], lr=0.02)
    for _ in range(3):
        trained.zero_grad()
        adapted(**batch).loss.backward()
        trained.step()
    adapted.eval().save_pretrained(tmp_path / "adapter")
    prompt = encode([ask_about(clip) for clip in clips(0.5, 2.0)])
    greedy = {"do_sample": False, "max_new_tokens": 8}
    with torch.no_grad():
        expected = adapted(**batch).logits
    answers = adapted.generate(**prompt, **greedy)

    merged = PeftModel.from_pretrained(copy.deepcopy(model), tmp_path / "adapter").merge_and_unload()
    merged.save_pretrained(tmp_path / "merged")
    loaded = AutoModel.from_pretrained(tmp_path / "merged", trust_remote_code=True).eval()
    with torch.no_grad():
        assert (loaded(**batch).logits - expected).abs().max() <= 1e-4
        assert (model(**batch).logits - expected).abs().max() > 0.1
    assert torch.equal(loaded.generate(**prompt, **greedy), answers)
    assert not list((tmp_path / "merged").glob("adapter*"))


def test_an_adapter_on_every_kind_of_layer_is_trained_saved_and_loaded(model, learning, batch, tmp_path):
    from peft import LoraConfig, PeftModel, get_peft_model

    adapted = get_peft_model(learning, LoraConfig(r=2, target_modules=["conv1", "conv2", "fc1", "q_proj"]))
    trained = {name: weight for name, weight in adapted.named_parameters() if weight.requires_grad}
    before = {name: weight.detach().clone() for name, weight in trained.items()}
    adapted(**batch).loss.backward()
    torch.optim.SGD(trained.values(), lr=1.0).step()
    changed = {name for name, weight in trained.items() if not torch.equal(weight, before[name])}
    assert changed == {name for name in trained if "lora_B" in name}, "A comes after B, which begins at zero"
    assert all(any(layer in name for name in changed) for layer in ("conv1", "conv2", "fc1", "q_proj"))
    adapted.save_pretrained(tmp_path)
    loaded = PeftModel.from_pretrained(copy.deepcopy(model), tmp_path).eval()
    with torch.no_grad():
        expected = adapted.eval()(**batch).logits
        assert (loaded(**batch).logits - expected).abs().max() <= 1e-5
        assert (model(**batch).logits - expected).abs().max() > 0.001


def test_a_frozen_encoder_keeps_no_gradient_and_the_projector_learns(learning, batch):
    learning.model.audio_tower.requires_grad_(False)
    found = gradients(learning, batch)
    assert not any("audio_tower" in name for name in found)
    assert found["model.multi_modal_projector.linear.weight"].abs().max() > 1e-4


def test_parts_are_frozen_by_name_at_loading_and_the_folder_says_nothing_of_it(stock_folder, tmp_path):
    frozen = ["audio_tower", "language_model", "lm_head"]
    model = AudioReasonerForConditionalGeneration.from_pretrained(stock_folder, frozen_parts=frozen)
    projector = {f"model.multi_modal_projector.linear.{name}" for name in ("weight", "bias")}
    assert {name for name, weight in model.named_parameters() if weight.requires_grad} == projector
    model.save_pretrained(tmp_path)
    again = AudioReasonerForConditionalGeneration.from_pretrained(tmp_path)
    assert {name for name, weight in again.named_parameters() if not weight.requires_grad} == {POSITIONS}
    one = AudioReasonerForConditionalGeneration.from_pretrained(stock_folder, frozen_parts=["embed_tokens"])
    found = {name for name, weight in one.named_parameters() if not weight.requires_grad}
    assert found == {POSITIONS, "model.language_model.embed_tokens.weight"}
    with pytest.raises(ValueError, match="frozen_parts names 'encoder', which is no module"):
        AudioReasonerForConditionalGeneration.from_pretrained(stock_folder, frozen_parts=["encoder"])


def test_float16_does_not_overflow_in_the_encoder(stock_folder, encode, ask_about, clips):
    """Whisper's layers grow past 65,504 in float16; they are held just below, as in Whisper's own class."""
    model = AudioReasonerForConditionalGeneration.from_pretrained(stock_folder, dtype=torch.float16).eval()
    with torch.no_grad():
        model.model.audio_tower.layers[0].fc2.bias.fill_(60_000.0)
        model.model.audio_tower.layers[1].fc2.bias.fill_(60_000.0)
        inputs = encode(ask_about(*clips(1.0)))
        heard = model.get_audio_features(inputs["input_features"], inputs["feature_attention_mask"])
    assert heard.pooler_output.isfinite().all()


def test_a_batch_costs_the_sum_of_its_recordings(learning, encode, ask_about, clips, count_calls):
    """Linear layers see the positions of each recording and no padding: here 25 + 1500 + 100 + 300."""
    rows = count_calls(learning.model.audio_tower.layers[0].fc1, lambda hidden: hidden.shape[0])
    inputs = encode([ask_about(clip) for clip in clips(0.5, 30.0, 2.0, 6.0)])
    learning.get_audio_features(inputs["input_features"], inputs["feature_attention_mask"])
    assert rows == [25 + 1500 + 100 + 300]


def test_minutes_are_heard_in_their_place(model, encode, ask_about, clips):
    """Windows of two long recordings go to their own placeholders: each prompt's logits are those of it alone."""
    first, second = clips(65.0, 31.5)
    together = encode([ask_about(first), ask_about(second, first[:16000])])
    assert together["input_features"].shape[0] == 3 + 2 + 1
    with torch.no_grad():
        found = model(**together).logits[:, -1]
        alone = [model(**encode(ask_about(*heard))).logits[0, -1] for heard in ((first,), (second, first[:16000]))]
    assert (found - torch.stack(alone)).abs().max() <= 1e-5
