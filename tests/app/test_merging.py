"""Adapters and their model as one folder: it answers as both do, and what does not belong together is said."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file
from typer.testing import CliRunner

from app.main import app
from modeling_audio_reasoner import AudioReasonerForConditionalGeneration
from tests.evaluation.conftest import write_tiny_model


pytest.importorskip("peft", reason="peft is not installed")

LANGUAGE_MODEL = r".*\.language_model\..*\.(q|v|down)_proj"
TEMPLATE = "{# as it was trained #}"


def write_adapters(base: Path, folder: Path, **settings: object) -> torch.nn.Module:
    """Adapters as a training leaves them, beside a processor of their own; returns the model that has them."""
    from peft import LoraConfig, get_peft_model

    model = AudioReasonerForConditionalGeneration.from_pretrained(base)
    torch.manual_seed(1)
    fields = {"target_modules": LANGUAGE_MODEL, "modules_to_save": ["multi_modal_projector"], **settings}
    adapted = get_peft_model(model, LoraConfig(r=4, init_lora_weights=False, task_type="CAUSAL_LM", **fields))
    with torch.no_grad():
        for name, parameter in adapted.named_parameters():
            if "modules_to_save" in name:
                parameter += 0.5
    adapted.save_pretrained(folder, save_embedding_layers=False)
    for path in base.iterdir():
        if path.name.startswith(("processor_config", "tokenizer")):
            shutil.copy(path, folder)
    (folder / "chat_template.jinja").write_text(
        TEMPLATE + (base / "chat_template.jinja").read_text(encoding="utf-8"), encoding="utf-8"
    )
    return adapted.eval()


@pytest.fixture(scope="module")
def base(tmp_path_factory) -> Path:
    return write_tiny_model(tmp_path_factory.mktemp("base") / "model")


@pytest.fixture(scope="module")
def trained(tmp_path_factory, base) -> tuple[Path, torch.nn.Module]:
    folder = tmp_path_factory.mktemp("adapters") / "run"
    return folder, write_adapters(base, folder)


def merge(*arguments: object):
    return CliRunner().invoke(app, ["merge", *map(str, arguments)])


def refusal(*arguments: object) -> str:
    done = merge(*arguments)
    assert done.exit_code == 1 and done.stderr.count("\n") == 1, done.output
    return done.stderr


def test_the_folder_answers_as_model_and_adapters_do(trained, base, tmp_path):
    """On a question with a recording, by the folder's own code, and otherwise than the model alone."""
    from transformers import AutoModel, AutoProcessor

    adapters, adapted = trained
    done = merge(adapters, tmp_path / "merged")
    assert done.exit_code == 0, done.output
    model, info = AutoModel.from_pretrained(tmp_path / "merged", trust_remote_code=True, output_loading_info=True)
    assert not any(info.values()), info
    processor = AutoProcessor.from_pretrained(tmp_path / "merged", trust_remote_code=True)
    clip = np.sin(np.arange(16_000) / 9).astype(np.float32)
    question = [{"role": "user", "content": [{"type": "audio", "audio": clip}, {"type": "text", "text": "What?"}]}]
    inputs = processor.apply_chat_template(
        question, tokenize=True, return_dict=True, return_tensors="pt", add_generation_prompt=True
    )
    alone = AudioReasonerForConditionalGeneration.from_pretrained(base)
    with torch.no_grad():
        found, expected, before = (one.eval()(**inputs).logits for one in (model, adapted, alone))
    torch.testing.assert_close(found, expected, atol=1e-5, rtol=1e-5)
    assert (found - before).abs().max() > 0.1
    assert sum(parameter.numel() for parameter in model.parameters()) == int(
        done.stdout.split(" parameters")[0].rpartition(" ")[2].replace(",", "")
    )


def test_the_folder_is_whole(trained, base, tmp_path):
    """With the template that was trained with, the base's generation settings and type of numbers, and the code."""
    from modeling_audio_reasoner.saving_audio_reasoner import CODE_FILES

    half = tmp_path / "half"
    shutil.copytree(base, half)
    model = AudioReasonerForConditionalGeneration.from_pretrained(base).to(torch.bfloat16)
    model.generation_config.max_new_tokens = 77
    model.save_pretrained(half)
    done = merge(trained[0], tmp_path / "merged", "--base", half)
    assert done.exit_code == 0, done.output
    assert f"The adapters name {base} as their model, and went into {half}" in done.stdout
    merged = tmp_path / "merged"
    assert {path.name for path in merged.iterdir()} >= {*CODE_FILES, "processor_config.json", "tokenizer.json"}
    assert (merged / "chat_template.jinja").read_text(encoding="utf-8").startswith(TEMPLATE)
    assert json.loads((merged / "generation_config.json").read_text())["max_new_tokens"] == 77
    weights = load_file(merged / "model.safetensors")
    assert {tensor.dtype for tensor in weights.values()} == {torch.bfloat16}
    assert not [name for name in weights if "lora" in name or "base_layer" in name or "modules_to_save" in name]


def test_a_wrong_base_is_named(trained, base, tmp_path):
    """Of another width, of other depth, of another kind, and nowhere."""
    adapters, _ = trained

    def changed(name: str, **fields: int) -> Path:
        config = AudioReasonerForConditionalGeneration.from_pretrained(base).config
        for field, value in fields.items():
            setattr(config.text_config, field, value)
        if "num_hidden_layers" in fields:
            config.text_config.layer_types = ["full_attention"] * fields["num_hidden_layers"]
        AudioReasonerForConditionalGeneration(config).save_pretrained(tmp_path / name)
        return tmp_path / name

    for other, why in (
        (changed("wide", hidden_size=48, head_dim=12), "size mismatch"),
        (changed("deep", num_hidden_layers=3), "it asks for 6 tensors that they lack"),
        (changed("flat", num_hidden_layers=1), "they hold 6 tensors that it has no place for"),
    ):
        said = refusal(adapters, tmp_path / "merged", "--base", other)
        assert f"{other} is not the model that {adapters} were trained on: name that one by --base" in said
        assert why in said
    (tmp_path / "llama").mkdir()
    (tmp_path / "llama" / "config.json").write_text('{"model_type": "llama"}')
    assert "holds a model of type 'llama': name the Audio-Reasoner" in refusal(
        adapters, tmp_path / "merged", "--base", tmp_path / "llama"
    )
    assert "nowhere is not a folder" in refusal(adapters, tmp_path / "merged", "--base", tmp_path / "nowhere")
    assert not (tmp_path / "merged").exists()


def test_what_holds_no_adapters_is_said(trained, base, tmp_path):
    assert "holds no adapter_config.json, so no adapters" in refusal(base, tmp_path / "merged")
    (tmp_path / "run").mkdir()
    shutil.copytree(trained[0], tmp_path / "run" / "checkpoint-2")
    said = refusal(tmp_path / "run", tmp_path / "merged")
    assert f"(the last below it is {tmp_path / 'run' / 'checkpoint-2'})" in said
    (tmp_path / "run" / "checkpoint-2" / "adapter_model.safetensors").unlink()
    assert "holds no adapter_model.safetensors" in refusal(tmp_path / "run" / "checkpoint-2", tmp_path / "merged")


def test_adapters_whose_model_has_moved(trained, tmp_path):
    shutil.copytree(trained[0], tmp_path / "run")
    path = tmp_path / "run" / "adapter_config.json"
    settings = json.loads(path.read_text(encoding="utf-8"))
    path.write_text(json.dumps(settings | {"base_model_name_or_path": str(tmp_path / "gone")}), encoding="utf-8")
    said = refusal(tmp_path / "run", tmp_path / "merged")
    assert f"were trained on {tmp_path / 'gone'}, which is not to be found from here: name the model's folder" in said
    path.write_text(json.dumps(settings | {"base_model_name_or_path": None}), encoding="utf-8")
    assert "does not say which model" in refusal(tmp_path / "run", tmp_path / "merged")


def test_a_part_of_the_adapters_is_not_passed_over(trained, tmp_path):
    shutil.copytree(trained[0], tmp_path / "run")
    file = tmp_path / "run" / "adapter_model.safetensors"
    kept = {name: tensor for name, tensor in load_file(file).items() if "layers.1" not in name}
    save_file(kept, file, {"format": "pt"})
    assert "it asks for 6 tensors that they lack" in refusal(tmp_path / "run", tmp_path / "merged")


def test_one_matrix_cannot_hold_two_changes(base, tmp_path):
    """A head that is the table: adapters on the head alone would change the table too."""
    config = AudioReasonerForConditionalGeneration.from_pretrained(base).config
    config.text_config.tie_word_embeddings = config.tie_word_embeddings = True
    AudioReasonerForConditionalGeneration(config).save_pretrained(tmp_path / "tied")
    for name in ("processor_config.json", "tokenizer.json", "tokenizer_config.json", "chat_template.jinja"):
        shutil.copy(base / name, tmp_path / "tied")
    write_adapters(tmp_path / "tied", tmp_path / "run", target_modules=["lm_head"])
    assert "are one matrix in" in refusal(tmp_path / "run", tmp_path / "merged")


def test_neither_folder_is_replaced(trained, base, tmp_path):
    adapters, _ = trained
    before = (adapters / "adapter_model.safetensors").read_bytes()
    assert "which it would replace" in refusal(adapters, adapters)
    assert "which it would replace" in refusal(adapters, base)
    assert (adapters / "adapter_model.safetensors").read_bytes() == before
    (tmp_path / "thesis.txt").write_text("not a model")
    assert "holds other files and no config.json" in refusal(adapters, tmp_path)
