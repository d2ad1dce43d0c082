"""Weights of transformers' own class load whole, however they were saved, and adapters trained on it too."""

from __future__ import annotations

import json

import pytest
import torch
from safetensors.torch import load_file, save_file
from transformers import AutoModel, Qwen2AudioForConditionalGeneration

from modeling_audio_reasoner import AudioReasonerConfig, AudioReasonerForConditionalGeneration, AudioReasonerModel


def as_in_memory(folder) -> None:
    """Rename the tensors as the stock class of transformers 5 holds them: `model.*` and `lm_head.weight`."""
    tensors = load_file(folder / "model.safetensors")
    renamed = {}
    for name, tensor in tensors.items():
        name = name.replace("language_model.lm_head.", "lm_head.").replace(".model.model.", ".model.")
        name = name.replace("language_model.model.", "language_model.")
        renamed[name if name.startswith("lm_head.") else f"model.{name}"] = tensor
    save_file(renamed, folder / "model.safetensors", metadata={"format": "pt"})


def as_older_files(folder) -> None:
    """Rename the tensors as transformers 5.17 to 5.22 wrote them: `language_model.model.model.*`."""
    tensors = load_file(folder / "model.safetensors")
    older = "language_model.model.model."
    renamed = {
        name if name.startswith(older) else name.replace("language_model.model.", older): tensor
        for name, tensor in tensors.items()
    }
    assert any(name.startswith(older) for name in renamed)
    save_file(renamed, folder / "model.safetensors", metadata={"format": "pt"})


@pytest.mark.parametrize("layout", ["files", "as in memory", "older files"])
def test_the_model_without_a_head_loads_whole(model, stock, tmp_path, layout):
    stock.save_pretrained(tmp_path)
    if layout != "files":
        {"as in memory": as_in_memory, "older files": as_older_files}[layout](tmp_path)
    loaded, report = AudioReasonerModel.from_pretrained(tmp_path, output_loading_info=True)
    assert not any(report[kind] for kind in ("missing_keys", "unexpected_keys", "mismatched_keys"))
    expected = model.model.state_dict()
    assert all(torch.equal(tensor, expected[name]) for name, tensor in loaded.state_dict().items())
    loaded.save_pretrained(tmp_path / "again")
    _, report = AudioReasonerModel.from_pretrained(tmp_path / "again", output_loading_info=True)
    assert not any(report[kind] for kind in ("missing_keys", "unexpected_keys", "mismatched_keys"))


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
@pytest.mark.parametrize("layout", ["one file", "shards", "as in memory"])
@pytest.mark.parametrize("config", ["of the folder", "given"])
def test_a_folder_of_the_stock_class_loads_whole(stock, tmp_path, layout, dtype, config):
    saved = Qwen2AudioForConditionalGeneration(stock.config).to(dtype)
    saved.load_state_dict(stock.state_dict())
    saved.save_pretrained(tmp_path, **({"max_shard_size": "200KB"} if layout == "shards" else {}))
    assert (len(list(tmp_path.glob("*.safetensors"))) > 1) == (layout == "shards")
    if layout == "as in memory":
        as_in_memory(tmp_path)
    fields = json.loads((tmp_path / "config.json").read_text(encoding="utf-8"))
    given = {}
    if config == "given":
        given["config"] = AudioReasonerConfig(
            fields["audio_config"], fields["text_config"], audio_token_id=fields["audio_token_index"]
        )
        (tmp_path / "config.json").unlink()
    loaded, report = AudioReasonerForConditionalGeneration.from_pretrained(
        tmp_path, dtype=dtype, output_loading_info=True, **given
    )
    assert not any(report[kind] for kind in ("missing_keys", "unexpected_keys", "mismatched_keys"))
    weights, expected = loaded.state_dict(), saved.state_dict()
    assert weights.keys() == expected.keys()
    assert all(torch.equal(weights[name], expected[name]) for name in expected)
    assert loaded.config.audio_token_id == stock.config.audio_token_id


def test_bf16_logits_equal_the_stock_class(model, stock, stock_folder, encode, ask_about, clips, stock_inputs):
    """Both classes in bf16 stay as close to the float32 logits: within 2% of their size, and ours no farther."""
    recordings = clips(0.5, 4.0)
    inputs = encode([ask_about(clip) for clip in recordings])
    valid = inputs["attention_mask"].bool()
    ours, theirs = (
        kind.from_pretrained(stock_folder, dtype=torch.bfloat16).eval()
        for kind in (AudioReasonerForConditionalGeneration, Qwen2AudioForConditionalGeneration)
    )
    with torch.no_grad():
        exact = model(**inputs).logits[valid]
        near = [
            net(**prepared).logits.float()[valid]
            for net, prepared in ((ours, inputs), (theirs, stock_inputs(inputs, recordings)))
        ]
    errors = [float((logits - exact).abs().mean() / exact.abs().mean()) for logits in near]
    assert errors[0] <= 0.02
    assert errors[0] <= 1.2 * errors[1]


def test_several_turns_equal_the_stock_class(model, stock, encode, clips, stock_inputs):
    first, second = clips(1.0, 2.2)
    turns = [
        {"role": "user", "content": [{"type": "audio", "audio": first}, {"type": "text", "text": "What is it?"}]},
        {"role": "assistant", "content": [{"type": "text", "text": "A bell."}]},
        {"role": "user", "content": [{"type": "text", "text": "And this?"}, {"type": "audio", "audio": second}]},
    ]
    inputs = encode(turns)
    with torch.no_grad():
        ours, theirs = model(**inputs).logits, stock(**stock_inputs(inputs, [first, second])).logits
    assert (ours - theirs).abs().max() <= 1e-5


@pytest.mark.parametrize("written_by", ["transformers 5", "transformers 4"])
def test_an_adapter_trained_on_the_stock_class_loads(
    model, stock_folder, tmp_path, encode, ask_about, clips, stock_inputs, written_by
):
    from peft import LoraConfig, get_peft_model

    torch.manual_seed(0)
    stock = Qwen2AudioForConditionalGeneration.from_pretrained(stock_folder)
    targets = ["q_proj", "v_proj", "fc1", "conv1", "conv2", "multi_modal_projector.linear"]
    trained = get_peft_model(stock, LoraConfig(r=4, target_modules=targets, init_lora_weights=False)).eval()
    trained.save_pretrained(tmp_path)
    trained = trained.merge_and_unload()  # the stock class cannot run with an adapter on its convolutions
    if written_by == "transformers 4":
        file = tmp_path / "adapter_model.safetensors"
        prefix = "base_model.model."
        old = {
            name.replace(f"{prefix}model.language_model.", f"{prefix}language_model.model.").replace(
                f"{prefix}model.", prefix
            ): tensor
            for name, tensor in load_file(file).items()
        }
        assert any(".language_model.model.layers." in name for name in old)
        save_file(old, file, metadata={"format": "pt"})
    recordings = clips(1.5)
    inputs = encode(ask_about(*recordings))
    adapted = AudioReasonerForConditionalGeneration.from_pretrained(stock_folder)
    adapted.load_adapter(tmp_path)
    with torch.no_grad():
        expected = trained(**stock_inputs(inputs, recordings)).logits
        assert (adapted.eval()(**inputs).logits - expected).abs().max() <= 1e-5
        assert (model(**inputs).logits - expected).abs().max() > 0.01


def test_parts_can_lie_on_other_devices(model, processor, tmp_path, encode, ask_about, clips):
    """`device_map`: here the language model's second layer waits on disk."""
    folder = tmp_path / "model"
    model.save_pretrained(folder)
    names = {"model.audio_tower": "cpu", "model.multi_modal_projector": "cpu", "lm_head": "cpu"}
    names |= {f"model.language_model.{part}": "cpu" for part in ("embed_tokens", "layers.0", "norm", "rotary_emb")}
    spread = AutoModel.from_pretrained(
        folder,
        trust_remote_code=True,
        device_map={**names, "model.language_model.layers.1": "disk"},
        offload_folder=tmp_path / "offload",
    )
    assert spread.model.language_model.layers[1].mlp.up_proj.weight.device.type == "meta"
    inputs = encode(ask_about(*clips(1.0)))
    with torch.no_grad():
        assert torch.equal(spread(**inputs).logits, model(**inputs).logits)


def test_a_layer_is_never_split(model):
    """What `device_map="auto"` keeps on one device: the encoder's layers, and the language model's."""
    assert {"AudioReasonerEncoderLayer", "Qwen2DecoderLayer"} <= set(model._no_split_modules)
