"""Tiny Whisper models and causal language models of several families, with tokenizers that know no audio."""

from __future__ import annotations

from pathlib import Path

import torch
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, processors, trainers
from transformers import (
    AutoConfig,
    AutoModelForCausalLM,
    PreTrainedTokenizerFast,
    Qwen2AudioConfig,
    Qwen2AudioForConditionalGeneration,
    Qwen2AudioProcessor,
    WhisperConfig,
    WhisperFeatureExtractor,
    WhisperForConditionalGeneration,
)

from modeling_audio_reasoner.pretrained_folder import TEMPLATE_TOKENS


WHISPER = {
    "d_model": 32,
    "num_mel_bins": 80,
    "vocab_size": 64,
    "encoder_layers": 2,
    "decoder_layers": 1,
    "encoder_attention_heads": 2,
    "decoder_attention_heads": 2,
    "encoder_ffn_dim": 64,
    "decoder_ffn_dim": 64,
    "pad_token_id": 0,
    "bos_token_id": 1,
    "eos_token_id": 2,
    "decoder_start_token_id": 1,
}
SIZES = {
    "hidden_size": 32,
    "intermediate_size": 64,
    "num_hidden_layers": 2,
    "num_attention_heads": 2,
    "num_key_value_heads": 2,
    "head_dim": 16,
    "max_position_embeddings": 2048,
}
FAMILIES = {
    "llama": {**SIZES, "model_type": "llama", "tie_word_embeddings": False},
    "qwen3": {**SIZES, "model_type": "qwen3", "tie_word_embeddings": True},
    "gemma3": {**SIZES, "model_type": "gemma3_text", "tie_word_embeddings": True, "sliding_window": 512},
    "gpt2": {"model_type": "gpt2", "n_embd": 32, "n_layer": 2, "n_head": 2, "n_positions": 2048},
}
SPARE_ROWS = {"qwen3": 40}
"""Rows of the table beyond the tokenizer's vocabulary, as the released models have them."""
CORPUS = ["The tone is low, not high.", "Is the tone low or high?", "<THINK><PLANNING>I listen.</PLANNING>"]


def write_whisper(folder: Path, with_processor: bool = False) -> Path:
    """A Whisper model with its feature extractor, in preprocessor_config.json or as processors are saved today."""
    torch.manual_seed(0)
    WhisperForConditionalGeneration(WhisperConfig(**WHISPER)).save_pretrained(folder)
    WhisperFeatureExtractor().save_pretrained(folder)
    if with_processor:
        extractor = (folder / "preprocessor_config.json").read_text(encoding="utf-8")
        (folder / "processor_config.json").write_text(f'{{"feature_extractor": {extractor}}}', encoding="utf-8")
        (folder / "preprocessor_config.json").unlink()
    return folder


def sentencepiece_like() -> PreTrainedTokenizerFast:
    """As Llama's and Gemma's: words begin with a mark, and each text with <bos>."""
    tokenizer = Tokenizer(models.BPE(byte_fallback=True, unk_token="<unk>"))
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace(prepend_scheme="first")
    tokenizer.decoder = decoders.Sequence([decoders.Metaspace(prepend_scheme="first")])
    alphabet = sorted(set("".join(CORPUS)) | {"▁", "\n"} | set(map(chr, range(33, 127))))
    kinds = {"special_tokens": ["<pad>", "<bos>", "<eos>", "<unk>"], "show_progress": False}
    trainer = trainers.BpeTrainer(vocab_size=200, initial_alphabet=alphabet, **kinds)
    tokenizer.train_from_iterator(CORPUS, trainer)
    tokenizer.post_processor = processors.TemplateProcessing(single="<bos> $A", special_tokens=[("<bos>", 1)])
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        **{"pad_token": "<pad>", "bos_token": "<bos>", "eos_token": "<eos>", "unk_token": "<unk>"},
        chat_template="{{ bos_token }}{% for message in messages %}[{{ message['content'] }}]{% endfor %}",
    )


def chatml() -> PreTrainedTokenizerFast:
    """As Qwen's: bytes, turns between <|im_start|> and <|im_end|>, and no token at the beginning of a text."""
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    kinds = {"special_tokens": ["<|endoftext|>", "<|im_start|>", "<|im_end|>"], "show_progress": False}
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    tokenizer.train_from_iterator(CORPUS, trainers.BpeTrainer(vocab_size=320, initial_alphabet=alphabet, **kinds))
    return PreTrainedTokenizerFast(tokenizer_object=tokenizer, eos_token="<|im_end|>", pad_token="<|endoftext|>")


def write_language_model(folder: Path, family: str, **fields: object) -> Path:
    """A language model of random weights with a tokenizer of its kind."""
    tokenizer = chatml() if family in ("qwen3", "gpt2") else sentencepiece_like()
    torch.manual_seed(1)
    config = AutoConfig.for_model(
        **{**FAMILIES.get(family, {**SIZES, "model_type": family}), "initializer_range": 0.2, **fields},
        vocab_size=len(tokenizer) + SPARE_ROWS.get(family, 0),
        bos_token_id=tokenizer.bos_token_id,
        eos_token_id=tokenizer.eos_token_id,
        pad_token_id=tokenizer.pad_token_id,
    )
    AutoModelForCausalLM.from_config(config).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder


def write_qwen2_audio(folder: Path) -> Path:
    """A Qwen2-Audio with its processor, as transformers' own class saves it."""
    tokenizer = chatml()
    lacking = [token for token in TEMPLATE_TOKENS if token not in tokenizer.vocab]
    tokenizer.add_special_tokens({"extra_special_tokens": lacking}, replace_extra_special_tokens=False)
    sizes = {**SIZES, "vocab_size": len(tokenizer), "initializer_range": 0.2}
    encoder = {name: value for name, value in WHISPER.items() if name == "d_model" or name.startswith("encoder_")}
    torch.manual_seed(2)
    config = Qwen2AudioConfig(
        audio_config={"model_type": "qwen2_audio_encoder", **encoder},
        text_config={"model_type": "qwen2", **{name: size for name, size in sizes.items() if name != "head_dim"}},
        audio_token_index=tokenizer.convert_tokens_to_ids("<|AUDIO|>"),
    )
    Qwen2AudioForConditionalGeneration(config).save_pretrained(folder)
    extractor = WhisperFeatureExtractor(feature_size=128, return_attention_mask=True)
    Qwen2AudioProcessor(extractor, tokenizer).save_pretrained(folder)
    return folder
