"""The model on a CUDA GPU: the same logits as on the CPU, and every attention implementation that is installed."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from transformers.utils import is_flash_attn_2_available

from modeling_audio_reasoner import AudioReasonerConfig, AudioReasonerFeatureExtractor, load_audio
from modeling_audio_reasoner import AudioReasonerForConditionalGeneration as Model
from modeling_audio_reasoner.audio_resampling import resample_tensor


PLACEHOLDER = 7


@pytest.fixture(scope="module")
def config() -> AudioReasonerConfig:
    return AudioReasonerConfig(
        audio_config={"d_model": 128, "encoder_layers": 2, "encoder_attention_heads": 4, "encoder_ffn_dim": 256},
        text_config={
            "model_type": "qwen2",
            "hidden_size": 128,
            "num_hidden_layers": 2,
            "num_attention_heads": 4,
            "num_key_value_heads": 2,
            "intermediate_size": 256,
            "vocab_size": 300,
        },
        audio_token_id=PLACEHOLDER,
    )


@pytest.fixture(scope="module")
def inputs() -> dict[str, torch.Tensor]:
    draw = np.random.default_rng(0)
    clips = [(0.1 * draw.standard_normal(round(16_000 * seconds))).astype(np.float32) for seconds in (0.7, 3.0, 3.0)]
    features = AudioReasonerFeatureExtractor()(clips, sampling_rate=16_000, return_tensors="pt")
    features.pop("num_windows")
    prompts = [[9] * 4 + [PLACEHOLDER] * tokens + [11, 12, 13] for tokens in (17, 75, 75)]
    longest = max(map(len, prompts))
    ids = torch.tensor([[0] * (longest - len(prompt)) + prompt for prompt in prompts])
    return {"input_ids": ids, "attention_mask": (ids != 0).long(), **features}


def on_gpu(inputs: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    return {name: tensor.cuda() for name, tensor in inputs.items()}


def test_logits_equal_those_of_the_cpu(config, inputs):
    model = Model(config).eval()
    with torch.no_grad():
        expected = model(**inputs).logits[:, -1]
        found = model.cuda()(**on_gpu(inputs)).logits[:, -1].cpu()
    assert (found - expected).abs().max() <= 1e-4


@pytest.mark.parametrize("attention", ["eager", "sdpa", "flash_attention_2"])
def test_every_attention_gives_the_same_logits(config, inputs, attention):
    if attention == "flash_attention_2" and not is_flash_attn_2_available():
        pytest.skip("flash-attn is not installed")
    model = Model(config).eval().cuda().to(torch.bfloat16)
    with torch.no_grad():
        model.set_attn_implementation("eager")
        expected = model(**on_gpu(inputs)).logits[:, -1].float()
        model.set_attn_implementation(attention)
        found = model(**on_gpu(inputs)).logits[:, -1].float()
    assert (found - expected).abs().max() <= 2e-2


def test_generates_in_bfloat16(config, inputs):
    model = Model(config).eval().cuda().to(torch.bfloat16)
    tokens = model.generate(**on_gpu(inputs), max_new_tokens=5, do_sample=False)
    assert tokens.shape == (3, inputs["input_ids"].shape[1] + 5)


@pytest.mark.parametrize("rate", [8_000, 44_100, 48_000])
def test_a_recording_on_the_gpu_is_resampled_there(rate):
    """As on the CPU within -70 dB, away from the ends."""
    pytest.importorskip("torchaudio", reason="torchaudio is not installed")
    times = np.arange(2 * rate) / rate
    waveform = sum(0.1 * np.sin(2 * np.pi * tone * times) for tone in (110, 440, 1760, 3000)).astype(np.float32)
    expected = load_audio({"array": waveform, "sampling_rate": rate}, 16_000)[64:-64]
    on_gpu = torch.from_numpy(waveform).cuda()
    assert resample_tensor(on_gpu, rate, 16_000).is_cuda
    found = load_audio({"array": on_gpu, "sampling_rate": rate}, 16_000)[64:-64]
    assert np.std(found - expected) < 10 ** (-70 / 20) * np.std(expected)
