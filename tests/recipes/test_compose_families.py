"""Any Whisper encoder with any causal language model: what each family brings, and what is refused."""

from __future__ import annotations

import json
from pathlib import Path

import huggingface_hub
import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file
from tiny_parts import CORPUS, FAMILIES, SPARE_ROWS, write_language_model, write_whisper
from transformers import AutoModel, AutoModelForCausalLM, AutoProcessor, AutoTokenizer, WhisperForConditionalGeneration
from typer.testing import CliRunner

from app.main import app
from modeling_audio_reasoner.compose_audio_reasoner import compose_audio_reasoner
from modeling_audio_reasoner.pretrained_folder import TEMPLATE_TOKENS


ANSWER = "<THINK><PLANNING>I listen for the pitch. </PLANNING>"
TURN = [
    {"role": "user", "content": [{"type": "audio", "audio": None}, {"type": "text", "text": "Is it low?"}]},
    {"role": "assistant", "content": [{"type": "text", "text": ANSWER}]},
]
TURN[0]["content"][0]["audio"] = np.sin(np.arange(16000) / 9).astype(np.float32)  # type: ignore[index]
OPTIONS = {"tokenize": True, "return_dict": True, "return_tensors": "pt"}


@pytest.fixture(scope="module")
def whisper(tmp_path_factory) -> Path:
    return write_whisper(tmp_path_factory.mktemp("whisper"))


@pytest.fixture(scope="module", params=FAMILIES)
def made(request, tmp_path_factory, whisper):
    """The family, the folder of its language model, and the composed one."""
    place = tmp_path_factory.mktemp(request.param)
    text = write_language_model(place / "text", request.param)
    compose_audio_reasoner(whisper, text, place / "composed")
    return request.param, text, place / "composed"


def test_all_weights_arrive_and_a_tied_head_stays_tied(made, whisper):
    family, text, folder = made
    model, info = AutoModel.from_pretrained(folder, trust_remote_code=True, output_loading_info=True)
    assert not any(info.values()), info
    source = AutoModelForCausalLM.from_pretrained(text)
    known = len(AutoTokenizer.from_pretrained(text))
    table, head = model.get_input_embeddings().weight, model.lm_head.weight
    assert torch.equal(table[:known], source.get_input_embeddings().weight[:known])
    assert torch.equal(head[:known], source.get_output_embeddings().weight[:known])
    assert (head.data_ptr() == table.data_ptr()) == (family != "llama")
    stock = WhisperForConditionalGeneration.from_pretrained(whisper).model.encoder.state_dict()
    found = model.model.audio_tower.state_dict()
    assert found.keys() == stock.keys()
    assert all(torch.equal(found[name], weight) for name, weight in stock.items())


def test_the_logits_of_text_are_the_language_models(made):
    _, text, folder = made
    model = AutoModel.from_pretrained(folder, trust_remote_code=True)
    source = AutoModelForCausalLM.from_pretrained(text)
    tokens = AutoTokenizer.from_pretrained(text)(CORPUS[1], return_tensors="pt").input_ids
    known = source.config.vocab_size - SPARE_ROWS.get(made[0], 0)
    with torch.no_grad():
        found, expected = model(tokens).logits[..., :known], source(tokens).logits[..., :known]
    torch.testing.assert_close(found, expected, atol=1e-6, rtol=1e-5)


def test_added_tokens_begin_where_the_model_knows_its_way(made):
    family, text, folder = made
    before, tokenizer = AutoTokenizer.from_pretrained(text), AutoTokenizer.from_pretrained(folder)
    model = AutoModel.from_pretrained(folder, trust_remote_code=True)
    added = {token: tokenizer.convert_tokens_to_ids(token) for token in TEMPLATE_TOKENS if token not in before.vocab}
    assert set(added) >= {"<|audio_bos|>", "<|AUDIO|>", "<|audio_eos|>"}
    assert sorted(added.values()) == list(range(len(before), len(tokenizer)))
    for table in (model.get_input_embeddings().weight, model.lm_head.weight):
        assert len(table) == max(len(tokenizer), len(before) + SPARE_ROWS.get(family, 0))
        torch.testing.assert_close(table[added["<|AUDIO|>"]], table[: len(before)].mean(0), atol=1e-6, rtol=1e-5)
        if "<|im_end|>" in added:
            assert torch.equal(table[added["<|im_end|>"]], table[before.eos_token_id])
            assert torch.equal(table[added["<|im_start|>"]], table[before.bos_token_id])


def test_a_prompt_begins_as_the_language_models_texts_do_and_only_the_answer_is_trained_on(made):
    family, text, folder = made
    processor = AutoProcessor.from_pretrained(folder, trust_remote_code=True)
    before = AutoTokenizer.from_pretrained(text)
    asked = processor.apply_chat_template(TURN[:1], add_generation_prompt=True, **OPTIONS)["input_ids"][0]
    begins = [before.bos_token_id] if family in ("llama", "gemma3") else []
    start = processor.tokenizer.convert_tokens_to_ids("<|im_start|>")
    assert asked[: len(begins) + 1].tolist() == [*begins, start]
    assert begins == [] or (asked == before.bos_token_id).sum() == 1
    learnt = processor.apply_chat_template(TURN, return_assistant_tokens_mask=True, **OPTIONS)
    assert learnt["input_ids"][0][: len(asked)].tolist() == asked.tolist()
    trained = learnt["input_ids"][0][torch.as_tensor(learnt["assistant_masks"])[0].bool()]
    assert processor.tokenizer.decode(trained) == ANSWER + "<|im_end|>"
    spelt = [{"role": "user", "content": "<|im_end|><|AUDIO|>"}]
    ends = processor.apply_chat_template(spelt, **OPTIONS)["input_ids"][0].tolist()
    end = processor.tokenizer.convert_tokens_to_ids("<|im_end|>")
    assert ends.count(end) == 2, "of the system's turn and the user's"


def test_it_answers_and_ends_as_the_language_model_did(made):
    _, text, folder = made
    processor = AutoProcessor.from_pretrained(folder, trust_remote_code=True)
    model = AutoModel.from_pretrained(folder, trust_remote_code=True)
    ends = {processor.tokenizer.convert_tokens_to_ids("<|im_end|>"), AutoTokenizer.from_pretrained(text).eos_token_id}
    assert set(model.generation_config.eos_token_id) == ends
    inputs = processor.apply_chat_template(TURN[:1], add_generation_prompt=True, **OPTIONS)
    tokens = model.generate(**inputs, max_new_tokens=3, eos_token_id=None)
    assert tokens.shape[1] == inputs["input_ids"].shape[1] + 3
    with torch.no_grad():
        silent = model(**{**inputs, "input_features": 0 * inputs["input_features"]}).logits
        assert (model(**inputs).logits - silent).abs().max() > 1e-4


def test_what_ended_the_language_models_answers_ends_these_too(tmp_path, whisper):
    text = write_language_model(tmp_path / "text", "llama")
    own = {"eos_token_id": [2, 7], "temperature": 0.6, "do_sample": True}
    (text / "generation_config.json").write_text(json.dumps(own))
    settings = compose_audio_reasoner(whisper, text, tmp_path / "composed").generation_config
    assert settings.eos_token_id[1:] == [2, 7]
    assert settings.do_sample is False and settings.temperature is None


def test_an_extractor_inside_a_processor_is_read(tmp_path, whisper):
    audio = write_whisper(tmp_path / "audio", with_processor=True)
    text = write_language_model(tmp_path / "text", "qwen3")
    compose_audio_reasoner(audio, text, tmp_path / "composed")
    processor = AutoProcessor.from_pretrained(tmp_path / "composed", trust_remote_code=True)
    assert processor.feature_extractor.feature_size == 80


def test_names_on_the_hub(tmp_path, monkeypatch):
    """With an organisation and without, and with a projector, in a cache as a download leaves them."""
    audio, text = write_whisper(tmp_path / "audio"), write_language_model(tmp_path / "text", "gpt2")
    trained = {"weight": torch.arange(32.0 * 32).reshape(32, 32) / 1000, "bias": torch.arange(32.0)}
    save_file(trained, audio / "projector.safetensors")
    for name, folder in (("openai/whisper-small", audio), ("gpt2", text)):
        cached = tmp_path / "hub" / f"models--{name.replace('/', '--')}"
        (cached / "refs").mkdir(parents=True)
        (cached / "refs" / "main").write_text("a" * 40)
        (cached / "snapshots").mkdir()
        (cached / "snapshots" / ("a" * 40)).symlink_to(folder)
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_CACHE", str(tmp_path / "hub"))
    names = ["--audio", "openai/whisper-small", "--text", "gpt2", str(tmp_path / "composed")]
    run = CliRunner().invoke(app, ["compose", *names])
    assert run.exit_code == 0, run.output
    model = AutoModel.from_pretrained(tmp_path / "composed", trust_remote_code=True)
    assert model.config.text_config.model_type == "gpt2"
    projector = model.model.multi_modal_projector.linear.state_dict()
    assert all(torch.equal(projector[name], tensor) for name, tensor in trained.items())


def test_a_name_that_is_nowhere(tmp_path, whisper, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(OSError, match="^absent is not a folder, and no model of that name could be read from the Hub"):
        compose_audio_reasoner(whisper, "absent", tmp_path / "composed")


@pytest.mark.parametrize(
    ("family", "fields", "message"),
    [
        ("gemma2", {"final_logit_softcapping": 0.5}, "Gemma2ForCausalLM, whose logits are more than a linear head"),
        ("gemma2", {"initializer_range": 0.02}, "Gemma2ForCausalLM, whose logits are more than a linear head"),
        ("cohere", {"logit_scale": 0.0625}, "CohereForCausalLM, whose logits are more than a linear head"),
        ("phi", {}, "PhiForCausalLM, which is not a text model with a linear head without bias"),
        ("bart", {"d_model": 32}, "which is not a text model with a linear head"),
    ],
)
def test_a_language_model_that_would_answer_otherwise_is_refused(tmp_path, whisper, family, fields, message):
    text = write_language_model(tmp_path / "text", family, **fields)
    with pytest.raises(ValueError, match=message):
        compose_audio_reasoner(whisper, text, tmp_path / "composed")
    assert not (tmp_path / "composed").exists()


@pytest.mark.parametrize(("part", "gone"), [("audio", "layers.1.fc1.weight"), ("text", "1.mlp.up_proj.weight")])
def test_weights_that_are_missing_are_not_made_up(tmp_path, part, gone):
    folders = {"audio": write_whisper(tmp_path / "audio"), "text": write_language_model(tmp_path / "text", "qwen3")}
    file = folders[part] / "model.safetensors"
    kept = {name: tensor for name, tensor in load_file(file).items() if not name.endswith(gone)}
    save_file(kept, file, {"format": "pt"})
    with pytest.raises(ValueError, match=f"{part} lacks 1 of its weights, .*{gone}, which would be random"):
        compose_audio_reasoner(folders["audio"], folders["text"], tmp_path / "composed")


def test_the_same_folders_compose_to_the_same_model(tmp_path, whisper):
    text = write_language_model(tmp_path / "text", "llama")
    first = compose_audio_reasoner(whisper, text, tmp_path / "first").state_dict()
    torch.manual_seed(99)
    second = compose_audio_reasoner(whisper, text, tmp_path / "second").state_dict()
    assert all(torch.equal(second[name], weight) for name, weight in first.items())
