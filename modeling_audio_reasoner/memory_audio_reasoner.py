"""How much memory each step with a model takes, computed from its configuration alone.

Parameters are counted on the meta device, so nothing is loaded. Knows sizes; knows nothing of files or devices.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import nn

from .configuration_audio_reasoner import AudioReasonerConfig, count_audio_tokens
from .modeling_audio_reasoner import AudioReasonerForConditionalGeneration


QWEN2_AUDIO_7B = AudioReasonerConfig(
    audio_config={},
    text_config={
        "model_type": "qwen2",
        "hidden_size": 4096,
        "intermediate_size": 11_008,
        "num_hidden_layers": 32,
        "num_attention_heads": 32,
        "num_key_value_heads": 32,
        "max_position_embeddings": 8192,
        "vocab_size": 156_032,
    },
)
"""The sizes of Qwen2-Audio-7B-Instruct and of Audio-Reasoner's released weights."""
BITS_OF_NF4 = 4.127  # bits and scales of a weight in 4-bit NormalFloat with double quantisation (arXiv 2305.14314)
LORA_RANK = 16
TEXT_TOKENS = 128  # of a prompt: the system prompt and a question


@dataclass(frozen=True)
class Step:
    """Bytes that a step needs on the device that runs it, and what they are made of."""

    name: str
    bytes: float
    made_of: str


def count_parameters(config: AudioReasonerConfig) -> dict[str, int]:
    """Parameters of the encoder, the projector, the language model's layers, its linear ones, and its embeddings."""
    with torch.device("meta"):
        model = AudioReasonerForConditionalGeneration(config)
    language_model = model.model.language_model
    table = model.get_input_embeddings().get_parameter("weight")
    embeddings = table.numel()
    head = 0 if model.lm_head.weight is table else model.lm_head.weight.numel()
    linear = [module for module in language_model.modules() if isinstance(module, nn.Linear)]
    return {
        "encoder": sum(weight.numel() for weight in model.model.audio_tower.parameters()),
        "projector": sum(weight.numel() for weight in model.model.multi_modal_projector.parameters()),
        "language model": sum(weight.numel() for weight in language_model.parameters()) - embeddings,
        "embeddings and head": embeddings + head,
        "linear": sum(module.weight.numel() for module in linear),
        "adapter": sum(LORA_RANK * sum(module.weight.shape) for module in linear),
    }


def memory_steps(
    config: AudioReasonerConfig,
    dtype: torch.dtype = torch.bfloat16,
    seconds: float = 30.0,
    new_tokens: int = 1024,
    batch: int = 1,
    answers: int = 8,
    frames_per_second: float = 100.0,
) -> list[Step]:
    """What loading, answering, voting and training take.

    Args:
        config: of the model.
        dtype: of weights, cache and activations.
        seconds: of recordings in a prompt.
        new_tokens: of an answer.
        batch: prompts at once.
        answers: sampled answers to one prompt, for the vote.
        frames_per_second: of the log-mels: sampling rate over hop length.

    Activations are those that are alive at once in the widest place of the prefill; in training, with gradient
    checkpointing, the inputs of all layers and one layer's inside. Allocators and libraries come on top.
    """
    parts, size = count_parameters(config), dtype.itemsize
    weights = size * sum(parts[name] for name in ("encoder", "projector", "language model", "embeddings and head"))
    quantised = weights - parts["linear"] * (size - BITS_OF_NF4 / 8)
    text = config.get_text_config()
    heads = getattr(text, "num_key_value_heads", None) or text.num_attention_heads
    head_size = getattr(text, "head_dim", None) or text.hidden_size // text.num_attention_heads
    prompt = TEXT_TOKENS + count_audio_tokens(round(frames_per_second * seconds))
    cache = 2 * text.num_hidden_layers * heads * head_size * size * (prompt + new_tokens)
    widest = batch * prompt * size * (2 * text.hidden_size + 3 * text.intermediate_size)
    held = batch * (prompt + new_tokens) * size * text.num_hidden_layers * text.hidden_size
    # In training of prompt and answer, in the model's type, in float32, and the gradient.
    logits = (size + 4 + 4) * batch * (prompt + new_tokens) * text.vocab_size
    said = f"{prompt} prompt and {new_tokens} new tokens"
    adapter = 16 * parts["adapter"]
    everything = weights / size
    return [
        Step("load", weights, f"{everything / 1e6:,.1f} million parameters of {size} bytes"),
        Step("load in 4 bits", quantised, "linear layers of the language model in NF4"),
        Step("answer", weights + batch * cache + widest, f"weights; cache of {said}, {batch} at once; activations"),
        Step("answer in 4 bits", quantised + batch * cache + widest, "the same on 4-bit weights"),
        Step(f"vote among {answers}", weights + answers * cache + widest / batch, f"one prompt; {answers} caches"),
        Step("train an adapter in 4 bits", quantised + adapter + held + widest + logits, f"rank {LORA_RANK}, AdamW"),
        Step("train an adapter", weights + adapter + held + widest + logits, f"rank {LORA_RANK}, AdamW"),
        Step("train everything", everything * 16 + held + widest + logits, "weights, gradients, AdamW: 16 bytes each"),
    ]
