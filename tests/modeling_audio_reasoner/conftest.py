"""Tiny seeded models: a model, and the stock class with the same weights."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch


@pytest.fixture(scope="session")
def before_5_23() -> bool:
    """Whether transformers is so old that some things are refused which 5.23 and later versions can do."""
    import transformers
    from packaging.version import Version

    return Version(transformers.__version__) < Version("5.23")


@pytest.fixture(scope="session")
def stock_folder(tmp_path_factory, tokenizer) -> Path:
    """A tiny random Qwen2-Audio saved by transformers' own class."""
    from transformers import Qwen2AudioConfig, Qwen2AudioForConditionalGeneration

    config = Qwen2AudioConfig(
        audio_config={
            "model_type": "qwen2_audio_encoder",
            "d_model": 64,
            "encoder_layers": 2,
            "encoder_attention_heads": 4,
            "encoder_ffn_dim": 128,
        },
        text_config={
            "model_type": "qwen2",
            "hidden_size": 48,
            "num_hidden_layers": 2,
            "num_attention_heads": 4,
            "num_key_value_heads": 2,
            "intermediate_size": 96,
            "vocab_size": len(tokenizer),
            "eos_token_id": tokenizer.eos_token_id,
            "pad_token_id": tokenizer.pad_token_id,
        },
        audio_token_index=tokenizer.convert_tokens_to_ids("<|AUDIO|>"),
    )
    model = Qwen2AudioForConditionalGeneration(config)
    generator = torch.Generator().manual_seed(0)
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            # Weights large enough for the audio to matter to the logits; norms around one, as in a trained model.
            centre = 1.0 if "norm" in name and name.endswith("weight") else 0.0
            parameter.copy_(centre + 0.15 * torch.randn(parameter.shape, generator=generator))
    folder = tmp_path_factory.mktemp("stock")
    model.save_pretrained(folder)
    return folder


@pytest.fixture(scope="session")
def stock(stock_folder):
    from transformers import Qwen2AudioForConditionalGeneration

    return Qwen2AudioForConditionalGeneration.from_pretrained(stock_folder).eval()


@pytest.fixture(scope="session")
def model(stock_folder):
    from modeling_audio_reasoner import AudioReasonerForConditionalGeneration

    return AudioReasonerForConditionalGeneration.from_pretrained(stock_folder).eval()


@pytest.fixture
def clips():
    """Make clips of given lengths in seconds: noise under a moving envelope, seeded."""

    def make(*seconds: float) -> list[np.ndarray]:
        draw = np.random.default_rng(0)
        made = []
        for duration in seconds:
            time = np.arange(round(16000 * duration)) / 16000
            made.append((0.1 * np.sin(3 * time + 1) * draw.standard_normal(len(time))).astype(np.float32))
        return made

    return make


@pytest.fixture
def ask_about():
    """A conversation about clips, as `apply_chat_template` takes it."""

    def make(*clips, question: str = "What is it?") -> list[dict]:
        parts = [{"type": "audio", "audio": clip} for clip in clips]
        return [{"role": "user", "content": [*parts, {"type": "text", "text": question}]}]

    return make


@pytest.fixture
def encode(processor):
    """Conversations -> padded tensors, ready to generate from."""

    def make(conversations, padding_side: str = "left", **kwargs):
        return processor.apply_chat_template(
            conversations,
            tokenize=True,
            return_dict=True,
            add_generation_prompt=True,
            return_tensors="pt",
            processor_kwargs={"padding": True, "padding_side": padding_side},
            **kwargs,
        )

    return make


@pytest.fixture
def stock_inputs():
    """The same prompt with features as the stock class wants them: every clip padded to 30 s."""
    from transformers import WhisperFeatureExtractor

    whisper = WhisperFeatureExtractor(feature_size=128)

    def make(inputs: dict, recordings: list) -> dict:
        features = whisper(recordings, sampling_rate=16000, return_attention_mask=True, return_tensors="pt")
        return {
            **inputs,
            "input_features": features["input_features"],
            "feature_attention_mask": features["attention_mask"],
        }

    return make


@pytest.fixture
def count_calls():
    """Collect what a function gives for the arguments of every call of a module, as long as the test lasts."""
    handles = []

    def start(module: torch.nn.Module, count) -> list[int]:
        counted: list[int] = []

        def hook(_, args, kwargs):
            counted.append(count(*args, **kwargs))

        handles.append(module.register_forward_pre_hook(hook, with_kwargs=True))
        return counted

    yield start
    for handle in handles:
        handle.remove()
