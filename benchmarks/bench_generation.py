"""Hearing and answering against transformers' own class, on the same weights and clips.

    python benchmarks/bench_generation.py [--layers 4] [--threads 1 2] [--repeats 2] [--answers 8] [--tokens 32]
                                          [--batch 16]

Random weights at the width and the vocabulary of Qwen2-Audio-7B, with few of its layers, encoder and language model
alike. Time to the first token starts at the waveform. The sampled answers are voted on, but none ends early: all are
written to the last token. On a GPU also batches of answers and of training steps, which on a CPU at this width would
take hours. Writes benchmarks/results/generation.json.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import torch
from measuring import Comparison, command_line, peak_bytes, report, shortest
from transformers import BatchFeature, Qwen2AudioConfig, Qwen2AudioForConditionalGeneration, WhisperFeatureExtractor
from transformers.utils import is_flash_attn_2_available

from modeling_audio_reasoner import (
    AudioReasonerConfig,
    AudioReasonerFeatureExtractor,
    AudioReasonerForConditionalGeneration,
    count_audio_tokens,
)


RATE = 16_000
PLACEHOLDER = 151_646
TEXT = {"model_type": "qwen2", "hidden_size": 4096, "intermediate_size": 11_008, "num_attention_heads": 32}
TEXT |= {"num_key_value_heads": 32, "vocab_size": 156_032}
ENCODER = {"model_type": "qwen2_audio_encoder"}
BEFORE, AFTER = 56, 24  # tokens of the system prompt, and of a question
FIRST_TOKEN = {"2 s": ([2.0], 2.3), "10 s": ([10.0], 1.45), "30 s": ([30.0], 1.05)}
FIRST_TOKEN["3 to 6 s, batch of 4"] = ([3.0, 4.0, 5.0, 6.0], 1.8)
EXTRACTOR, WHISPER = AudioReasonerFeatureExtractor(), WhisperFeatureExtractor(feature_size=128)


def models(
    layers: int, device: str
) -> tuple[AudioReasonerForConditionalGeneration, Qwen2AudioForConditionalGeneration]:
    """Both classes with one set of random weights in memory."""
    text, encoder = {**TEXT, "num_hidden_layers": layers}, {**ENCODER, "encoder_layers": layers}
    config = Qwen2AudioConfig(audio_config=encoder, text_config=text, audio_token_index=PLACEHOLDER)
    with torch.device(device):
        stock = Qwen2AudioForConditionalGeneration(config).eval()
    with torch.device("meta"):
        ours = AudioReasonerForConditionalGeneration(AudioReasonerConfig(encoder, text, PLACEHOLDER))
    ours.load_state_dict(stock.state_dict(), assign=True)
    for name, buffer in stock.model.language_model.named_buffers():
        owner, _, last = name.rpartition(".")
        ours.model.language_model.get_submodule(owner).register_buffer(last, buffer, persistent=False)
    for net in (ours, stock):
        net.generation_config.update(eos_token_id=None, pad_token_id=0)
        if device == "cuda":
            net.to(torch.bfloat16)
            net.set_attn_implementation("flash_attention_2" if is_flash_attn_2_available() else "sdpa")
    return ours.eval(), stock


def clips_of(seconds: list[float]) -> list[np.ndarray]:
    draw = np.random.default_rng(0)
    return [(0.1 * draw.standard_normal(round(RATE * length))).astype(np.float32) for length in seconds]


def prompts(frames: list[int]) -> dict[str, torch.Tensor]:
    """Left-padded prompts, one for each clip of so many frames."""
    draw = torch.Generator().manual_seed(0)
    rows = []
    for count in frames:
        text = torch.randint(100, PLACEHOLDER, (BEFORE + AFTER,), generator=draw)
        heard = torch.full((count_audio_tokens(count),), PLACEHOLDER)
        rows.append(torch.cat([text[:BEFORE], heard, text[BEFORE:]]))
    longest = max(map(len, rows))
    ids = torch.stack([torch.nn.functional.pad(row, (longest - len(row), 0)) for row in rows])
    return {"input_ids": ids, "attention_mask": (ids != 0).long()}


def our_inputs(clips: list[np.ndarray], device: torch.device) -> dict[str, torch.Tensor]:
    features = EXTRACTOR(clips, sampling_rate=RATE, return_tensors="pt")
    features.pop("num_windows")
    return on_device({**prompts(features["feature_attention_mask"].sum(-1).tolist()), **features}, device)


def stock_inputs(clips: list[np.ndarray], device: torch.device) -> dict[str, torch.Tensor]:
    features = WHISPER(clips, sampling_rate=RATE, return_attention_mask=True, return_tensors="pt")
    mask = features["attention_mask"]
    heard = {"input_features": features["input_features"], "feature_attention_mask": mask}
    return on_device({**prompts(mask.sum(-1).tolist()), **heard}, device)


def on_device(inputs: dict[str, torch.Tensor], device: torch.device) -> dict[str, torch.Tensor]:
    return {name: tensor.to(device) for name, tensor in inputs.items()}


def heard_in(messages: list[dict]) -> list[np.ndarray]:
    return [part["audio"] for message in messages for part in message["content"]]


def first_token(name: str, ours, stock, threads: int, repeats: int) -> Comparison:
    seconds, to_reach = FIRST_TOKEN[name]
    clips = clips_of(seconds)
    once = {"max_new_tokens": 1, "do_sample": False}
    device = ours.device
    with torch.no_grad():
        found = ours(**our_inputs(clips, device)).logits[:, -1]
        expected = stock(**stock_inputs(clips, device)).logits[:, -1]
    times = shortest(
        lambda: ours.generate(**our_inputs(clips, device), **once),
        lambda: stock.generate(**stock_inputs(clips, device), **once),
        repeats,
    )
    difference = (found - expected).abs().max().item()
    return Comparison(f"first token, {name}", threads, *times, to_reach, difference)


def sampled_answers(ours, stock, threads: int, answers: int, tokens: int, repeats: int) -> Comparison:
    """All tokens of several sampled answers about one clip of 10 s."""
    clips = clips_of([10.0])
    length = {"max_new_tokens": tokens}
    never = TEXT["vocab_size"] - 1  # the token that ends an answer, which is not sampled
    # Random weights have no tokenizer: what stands for the processor reads the clips of a conversation, and no words.
    processor = SimpleNamespace(
        apply_chat_template=lambda messages, **_: BatchFeature(our_inputs(heard_in(messages), ours.device)),
        tokenizer=SimpleNamespace(eos_token_id=never, decode=lambda *_, **__: ""),
    )
    conversation = [{"role": "user", "content": [{"type": "audio", "audio": clip} for clip in clips]}]

    def vote():
        return ours.vote(processor, conversation, num_answers=answers, suppress_tokens=[never], **length)

    def sample():
        return stock.generate(
            **stock_inputs(clips, ours.device), do_sample=True, num_return_sequences=answers, **length
        )

    times = shortest(vote, sample, repeats)
    return Comparison(f"{answers} sampled answers, {tokens} tokens each, 10 s", threads, *times, 1.8)


def answered_batch(ours, stock, threads: int, batch: int, tokens: int, repeats: int) -> Comparison:
    """A batch of greedy answers about clips of 2 to 10 s, from the waveforms to the last token."""
    clips = mixed_clips(batch)
    length = {"max_new_tokens": tokens, "do_sample": False}
    times = shortest(
        lambda: ours.generate(**our_inputs(clips, ours.device), **length),
        lambda: stock.generate(**stock_inputs(clips, ours.device), **length),
        repeats,
    )
    return Comparison(f"answers, {tokens} tokens each, batch of {batch}", threads, *times, samples=batch)


def trained_batch(ours, stock, threads: int, batch: int, repeats: int) -> Comparison:
    """Loss and gradients of all weights for a batch of prompts about clips of 2 to 10 s; no optimiser."""
    clips = mixed_clips(batch)
    inputs, padded = our_inputs(clips, ours.device), stock_inputs(clips, ours.device)

    def train(net, given):
        net(**given, labels=given["input_ids"].masked_fill(given["attention_mask"] == 0, -100)).loss.backward()
        net.zero_grad()

    times = shortest(lambda: train(ours, inputs), lambda: train(stock, padded), repeats)
    return Comparison(f"training, loss and gradients, batch of {batch}", threads, *times, samples=batch)


def mixed_clips(batch: int) -> list[np.ndarray]:
    return clips_of([2.0 + 8.0 * number / max(batch - 1, 1) for number in range(batch)])


@torch.no_grad()
def prefill_memory(ours, stock, threads: int) -> Comparison:
    """Peak of the prefill beyond the weights, as `generate` runs it."""
    clips = clips_of([10.0] * 8)
    inputs, padded = our_inputs(clips, ours.device), stock_inputs(clips, ours.device)
    once = {"max_new_tokens": 1, "do_sample": False}
    peaks = [
        peak_bytes(lambda net=net, given=given: net.generate(**given, **once)) / 2**30
        for net, given in ((ours, inputs), (stock, padded))
    ]
    return Comparison("peak memory of the prefill, 8 clips of 10 s", threads, *peaks, 1 / 0.6, unit="GiB")


LOADING = """
import sys, numpy, torch, transformers
folder, name = sys.argv[1:]
model = getattr(transformers, name).from_pretrained(folder, trust_remote_code=True)
extractor = transformers.AutoFeatureExtractor.from_pretrained(folder, trust_remote_code=True)
clip = numpy.sin(numpy.arange(10 * 16_000) / 9).astype(numpy.float32)
features = extractor([clip], sampling_rate=16_000, return_attention_mask=True, return_tensors="pt")
mask = features.get("feature_attention_mask", features.get("attention_mask"))
ids = torch.tensor([[5] * 56 + [7] * 250 + [5] * 24])
heard = {"input_features": features["input_features"], "feature_attention_mask": mask}
print(model.generate(ids, **heard, do_sample=False, max_new_tokens=16)[0, -16:].tolist())
"""


def loading(threads: int, repeats: int) -> Comparison:
    """A process that loads a model of 0.5 billion parameters from its folder and writes 16 tokens about 10 s."""
    text = {"model_type": "qwen2", "hidden_size": 1024, "intermediate_size": 2816, "num_attention_heads": 16}
    text |= {"num_key_value_heads": 16, "num_hidden_layers": 12, "vocab_size": 100_000}
    encoder = {"model_type": "qwen2_audio_encoder", "encoder_layers": 12, "d_model": 768}
    encoder |= {"encoder_attention_heads": 12, "encoder_ffn_dim": 3072}
    config = Qwen2AudioConfig(audio_config=encoder, text_config=text, audio_token_index=7)
    with tempfile.TemporaryDirectory() as folder:
        stock, ours = Path(folder) / "stock", Path(folder) / "ours"
        Qwen2AudioForConditionalGeneration(config).save_pretrained(stock)
        WHISPER.save_pretrained(stock)
        AudioReasonerForConditionalGeneration.from_pretrained(stock).save_pretrained(ours)
        EXTRACTOR.save_pretrained(ours)
        environment = {**os.environ, "HF_HUB_OFFLINE": "1", "OMP_NUM_THREADS": str(threads)}

        def run(path: Path, name: str) -> str:
            command = [sys.executable, "-c", LOADING, str(path), name]
            done = subprocess.run(command, check=True, capture_output=True, text=True, env=environment)
            return done.stdout.splitlines()[-1]

        if run(ours, "AutoModel") != run(stock, "Qwen2AudioForConditionalGeneration"):
            raise SystemExit("The two classes did not write the same tokens.")
        times = shortest(
            lambda: run(ours, "AutoModel"), lambda: run(stock, "Qwen2AudioForConditionalGeneration"), repeats
        )
    return Comparison("loading 0.5B parameters, first answer included", threads, *times, 1.0)


def main() -> None:
    """Command line."""
    arguments = command_line(__doc__.splitlines()[0], layers=4, repeats=2, answers=8, tokens=32, batch=16)
    torch.manual_seed(0)
    ours, stock = models(arguments.layers, arguments.device)
    rows = []
    for threads in arguments.threads:
        torch.set_num_threads(threads)
        rows += [first_token(name, ours, stock, threads, arguments.repeats) for name in FIRST_TOKEN]
        rows.append(sampled_answers(ours, stock, threads, arguments.answers, arguments.tokens, arguments.repeats))
    rows.append(prefill_memory(ours, stock, torch.get_num_threads()))
    if arguments.device == "cuda":
        rows.append(
            answered_batch(ours, stock, *arguments.threads, arguments.batch, arguments.tokens, arguments.repeats)
        )
        rows.append(trained_batch(ours, stock, *arguments.threads, arguments.batch, arguments.repeats))
    del ours, stock
    if arguments.device == "cpu":
        rows += [loading(threads, arguments.repeats) for threads in arguments.threads]
    report("generation", rows, arguments)


if __name__ == "__main__":
    main()
