"""Putting an encoder and a language model together."""

from __future__ import annotations

import json

import pytest
import torch
from transformers import (
    AutoModel,
    AutoModelForCausalLM,
    AutoProcessor,
    AutoTokenizer,
    LlamaConfig,
    LlamaForCausalLM,
    PreTrainedTokenizerFast,
    WhisperConfig,
    WhisperFeatureExtractor,
    WhisperModel,
)

from modeling_audio_reasoner import AudioReasonerEncoder
from modeling_audio_reasoner.compose_audio_reasoner import compose_audio_reasoner
from modeling_audio_reasoner.pretrained_folder import TEMPLATE_TOKENS


@pytest.fixture(scope="module")
def whisper_folder(tmp_path_factory):
    torch.manual_seed(0)
    folder = tmp_path_factory.mktemp("whisper")
    layers = {"encoder_layers": 1, "decoder_layers": 1, "encoder_attention_heads": 2, "decoder_attention_heads": 2}
    config = WhisperConfig(
        d_model=32,
        num_mel_bins=80,
        vocab_size=64,
        encoder_ffn_dim=64,
        decoder_ffn_dim=64,
        **{"pad_token_id": 0, "bos_token_id": 1, "eos_token_id": 2, "decoder_start_token_id": 1},
        **layers,
    )
    WhisperModel(config).save_pretrained(folder)
    WhisperFeatureExtractor().save_pretrained(folder)
    return folder


@pytest.fixture(scope="module")
def plain_text_folder(tmp_path_factory):
    """A language model whose tokenizer has none of the template's tokens."""
    from tokenizers import Tokenizer, models, pre_tokenizers

    torch.manual_seed(0)
    folder = tmp_path_factory.mktemp("plain")
    tokenizer = Tokenizer(models.WordLevel({"<unk>": 0, "<end>": 1, "dog": 2}, unk_token="<unk>"))
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    PreTrainedTokenizerFast(tokenizer_object=tokenizer, unk_token="<unk>", eos_token="<end>").save_pretrained(folder)
    config = LlamaConfig(
        vocab_size=3,
        hidden_size=32,
        intermediate_size=64,
        num_hidden_layers=1,
        num_attention_heads=2,
        max_position_embeddings=64,
    )
    LlamaForCausalLM(config).save_pretrained(folder)
    return folder


def test_parts_keep_their_weights(composed, encoder_folder, text_folder):
    model = AutoModel.from_pretrained(composed, trust_remote_code=True)
    encoder = AudioReasonerEncoder.from_pretrained(encoder_folder)
    text = AutoModelForCausalLM.from_pretrained(text_folder)
    for name, weight in encoder.state_dict().items():
        assert torch.equal(model.model.audio_tower.state_dict()[name], weight), name
    for name, weight in text.model.state_dict().items():
        assert torch.equal(model.model.language_model.state_dict()[name], weight), name
    assert torch.equal(model.lm_head.weight, text.lm_head.weight)
    assert model.lm_head.weight.data_ptr() == model.get_input_embeddings().weight.data_ptr()


def test_no_path_of_this_machine_is_kept(composed, encoder_folder, text_folder):
    settings = (composed / "config.json").read_text(encoding="utf-8")
    assert str(encoder_folder) not in settings and str(text_folder) not in settings


def test_generation_is_greedy_and_ends_with_the_turn(composed):
    model = AutoModel.from_pretrained(composed, trust_remote_code=True)
    tokenizer = AutoTokenizer.from_pretrained(composed)
    settings = model.generation_config
    assert settings.do_sample is False
    assert settings.max_new_tokens == 256  # half of 512 positions, which is less than the authors' 2048
    assert settings.eos_token_id == [tokenizer.convert_tokens_to_ids("<|im_end|>")]
    assert settings.pad_token_id == tokenizer.convert_tokens_to_ids("<|endoftext|>")


def test_it_hears(composed, tones):
    from datasets import load_dataset

    model = AutoModel.from_pretrained(composed, trust_remote_code=True)
    processor = AutoProcessor.from_pretrained(composed, trust_remote_code=True)
    rows = load_dataset(str(tones), split="validation").select(range(2))
    inputs = processor.apply_chat_template(
        [row["messages"][:2] for row in rows],
        tokenize=True,
        return_dict=True,
        return_tensors="pt",
        processor_kwargs={"padding": True},
    )
    heard = model(**inputs).logits
    silent = model(**{**inputs, "input_features": torch.zeros_like(inputs["input_features"])}).logits
    assert (heard - silent).abs().max() > 1e-3


def test_a_whisper_encoder_and_a_foreign_tokenizer(tmp_path, whisper_folder, plain_text_folder):
    composed = tmp_path / "model"
    compose_audio_reasoner(whisper_folder, plain_text_folder, composed)
    model = AutoModel.from_pretrained(composed, trust_remote_code=True)
    tokenizer = AutoTokenizer.from_pretrained(composed)
    whisper = WhisperModel.from_pretrained(whisper_folder).encoder
    for name, weight in whisper.state_dict().items():
        assert torch.equal(model.model.audio_tower.state_dict()[name], weight), name
    for token in TEMPLATE_TOKENS:
        assert len(tokenizer(token).input_ids) == 1
    assert model.get_input_embeddings().num_embeddings == len(tokenizer) == 3 + len(TEMPLATE_TOKENS)
    trained = LlamaForCausalLM.from_pretrained(plain_text_folder).model.embed_tokens.weight
    assert torch.equal(model.get_input_embeddings().weight[:3], trained)


def test_the_seed_decides_the_projector(tmp_path, encoder_folder, text_folder):
    weights = [
        compose_audio_reasoner(encoder_folder, text_folder, tmp_path / str(run), seed=seed).state_dict()
        for run, seed in enumerate((0, 0, 1))
    ]
    name = "model.multi_modal_projector.linear.weight"
    assert torch.equal(weights[0][name], weights[1][name])
    assert not torch.equal(weights[0][name], weights[2][name])


def test_folders_of_something_else_are_named(tmp_path, encoder_folder, text_folder):
    destination = tmp_path / "model"
    with pytest.raises(ValueError, match="absent is not a folder: name a folder with an encoder"):
        compose_audio_reasoner(tmp_path / "absent", text_folder, destination)
    with pytest.raises(ValueError, match="holds a model of type 'llama': name a folder with an encoder"):
        (tmp_path / "text").mkdir()
        (tmp_path / "text" / "config.json").write_text(json.dumps({"model_type": "llama"}))
        (tmp_path / "text" / "preprocessor_config.json").write_text("{}")
        compose_audio_reasoner(tmp_path / "text", text_folder, destination)
    with pytest.raises(ValueError, match="name a folder with a causal language model"):
        compose_audio_reasoner(encoder_folder, encoder_folder, destination)
    with pytest.raises(ValueError, match="has 512 positions|have 512 positions|512 positions"):
        compose_audio_reasoner(encoder_folder, text_folder, destination, max_new_tokens=512)
    assert not destination.exists()


def test_a_foreign_folder_is_not_replaced(tmp_path, encoder_folder, text_folder):
    (tmp_path / "thesis.txt").write_text("not a model")
    with pytest.raises(ValueError, match="holds other files and no config.json"):
        compose_audio_reasoner(encoder_folder, text_folder, tmp_path)
    assert (tmp_path / "thesis.txt").read_text() == "not a model"
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.txt"]
