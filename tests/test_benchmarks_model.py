"""The model's benchmarks run, on tiny seeded weights; their figures are no subject of tests."""

from __future__ import annotations

import importlib
import io
import json
import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile
import torch
from datasets import Audio, Dataset, Features, List, Value

from modeling_audio_reasoner import AudioReasonerConfig, AudioReasonerForConditionalGeneration


PLACEHOLDER, VOCABULARY = 500, 600
TEXT = {"model_type": "qwen2", "hidden_size": 32, "intermediate_size": 64, "num_attention_heads": 2}
TEXT |= {"num_key_value_heads": 2, "vocab_size": VOCABULARY}
ENCODER = {"model_type": "qwen2_audio_encoder", "d_model": 32, "encoder_attention_heads": 2, "encoder_ffn_dim": 64}


@pytest.fixture
def benchmark(repository, tmp_path, monkeypatch):
    """Import a benchmark whose results go to a folder of the test, and give its command line."""
    monkeypatch.syspath_prepend(str(repository / "benchmarks"))

    def load(name: str, *arguments: str):
        module = importlib.import_module(name)
        monkeypatch.setattr(sys.modules["measuring"], "RESULTS", tmp_path / "results")
        monkeypatch.setattr(sys, "argv", [name, "--device", "cpu", "--threads", "1", "--repeats", "1", *arguments])
        return module

    return load


@pytest.fixture
def small_generation(benchmark, monkeypatch):
    """bench_generation at a width at which it takes seconds."""
    module = benchmark("bench_generation", "--layers", "1", "--answers", "2", "--tokens", "3", "--batch", "2")
    monkeypatch.setattr(module, "PLACEHOLDER", PLACEHOLDER)
    monkeypatch.setattr(module, "TEXT", TEXT)
    monkeypatch.setattr(module, "ENCODER", ENCODER)
    return module


@pytest.fixture
def recorded_clip() -> bytes:
    """Half a second of noise as a WAV file."""
    written = io.BytesIO()
    soundfile.write(written, 0.1 * np.random.default_rng(0).standard_normal(8000), 16_000, format="WAV")
    return written.getvalue()


def results(folder: Path, name: str) -> dict[str, dict]:
    """The rows that were written, by what they measure; each took time, and ours gives what the stock class does."""
    rows = json.loads((folder / "results" / f"{name}.json").read_text(encoding="utf-8"))["rows"]
    assert all(row["ours"] > 0 and row["stock"] > 0 and (row["difference"] or 0) <= 1e-5 for row in rows)
    return {row["what"]: row for row in rows}


def test_hearing_and_answering(small_generation, tmp_path, monkeypatch):
    """All that `make bench` and `make gpu` run of it, but for loading, which takes a process for each turn."""
    measuring = sys.modules["measuring"]
    loaded = measuring.Comparison("loading", 1, 1.0, 1.0)
    monkeypatch.setattr(small_generation, "loading", lambda threads, repeats: loaded)
    small_generation.main()
    rows = results(tmp_path, "generation")
    assert "2 sampled answers, 3 tokens each, 10 s" in rows and "peak memory of the prefill, 8 clips of 10 s" in rows
    assert {f"first token, {name}" for name in small_generation.FIRST_TOKEN} < set(rows)


def test_batches_as_on_a_gpu(small_generation, tmp_path, capsys):
    ours, stock = small_generation.models(1, "cpu")
    answered = small_generation.answered_batch(ours, stock, 1, 2, 3, 1)
    trained = small_generation.trained_batch(ours, stock, 1, 2, 1)
    assert all(parameter.grad is None for net in (ours, stock) for parameter in net.parameters())
    assert answered.samples_per_second == (2 / answered.ours, 2 / answered.stock)
    measuring = sys.modules["measuring"]
    arguments = measuring.command_line("", layers=0, answers=0, tokens=0, batch=0)
    measuring.report("batches", [answered, trained], arguments)
    assert capsys.readouterr().out.count("samples/s") == 2
    assert results(tmp_path, "batches")[trained.what]["samples_per_second"][0] == 2 / trained.ours


def test_steps_of_the_lora_recipe(small_generation, benchmark, tmp_path, monkeypatch):
    """Both classes take the same loss from the same weights, whose adapters begin at nothing."""
    module = benchmark("bench_lora", "--layers", "1", "--rows", "2")
    # A process that holds what steps before have freed grows by nothing.
    monkeypatch.setattr(module, "peak_bytes", lambda work: 2**30 if work() > 0 else 0)
    module.main()
    rows = results(tmp_path, "lora")
    assert set(rows) == {f"LoRA step, sdpa, 2 rows{what}" for what in ("", ", memory beyond the weights")}
    written = json.loads((tmp_path / "results" / "lora.json").read_text(encoding="utf-8"))
    # 56 tokens of the system's prompt, 24 of the question, and 25 embeddings of a second.
    assert written["tokens"] == 2 * (56 + 24) + 50 + 750 + 1024 + 256
    assert written["limits"]["sdpa"]["share"] > 0


@pytest.mark.slow
def test_loading(small_generation):
    assert small_generation.loading(threads=2, repeats=1).ratio > 0


def test_encoder(benchmark, tmp_path, monkeypatch):
    module = benchmark("bench_encoder", "--layers", "1")
    stock_config, our_config = module.Qwen2AudioEncoderConfig, module.AudioReasonerEncoderConfig
    small = {name: value for name, value in ENCODER.items() if name != "model_type"}
    monkeypatch.setattr(module, "Qwen2AudioEncoderConfig", lambda **given: stock_config(**small, **given))
    monkeypatch.setattr(module, "AudioReasonerEncoderConfig", lambda **given: our_config(**small, **given))
    module.main()
    assert {f"{what}, {name}" for what in ("encoder", "log-mels") for name in module.BATCHES} == set(
        results(tmp_path, "encoder")
    )
    limits = json.loads((tmp_path / "results" / "encoder.json").read_text(encoding="utf-8"))["limits"]
    assert limits["1"]["share"] > 0 and limits["1"]["bottleneck"]


def test_few_rows(benchmark, tmp_path, monkeypatch):
    module = benchmark("bench_few_rows")
    monkeypatch.setattr(module, "ROWS", (5, 9))
    monkeypatch.setattr(module, "WIDTHS", ((32, 64), (64, 32)))
    monkeypatch.setattr(module.linear_audio_reasoner, "FEW_ROWS", module.linear_audio_reasoner.FEW_ROWS)
    module.main()
    assert set(results(tmp_path, "few_rows")) == {"5 rows", "9 rows"}


def test_answering(benchmark, tmp_path, monkeypatch, processor, recorded_clip):
    """On a folder of a model and one of questions as `make demo` leaves them."""
    module = benchmark("bench_answering", "--questions", "2", "--batch", "2")
    monkeypatch.setattr(module, "MODEL", tmp_path / "model")
    monkeypatch.setattr(module, "DATA", tmp_path / "cota")
    monkeypatch.setattr(module, "MAX_NEW_TOKENS", 3)
    torch.manual_seed(0)
    tokens = processor.tokenizer
    text = {**TEXT, "num_hidden_layers": 1, "vocab_size": len(tokens), "eos_token_id": tokens.eos_token_id}
    config = AudioReasonerConfig({**ENCODER, "encoder_layers": 1}, text, processor.audio_token_id)
    AudioReasonerForConditionalGeneration(config).save_pretrained(tmp_path / "model")
    processor.save_pretrained(tmp_path / "model")
    part = {"type": Value("string"), "text": Value("string"), "audio": Audio(decode=False)}
    asked = [
        {"type": "audio", "text": None, "audio": {"bytes": recorded_clip, "path": None}},
        {"type": "text", "text": "What is it?", "audio": None},
    ]
    messages = [{"role": "user", "content": asked}, {"role": "assistant", "content": []}]
    (tmp_path / "cota").mkdir()
    features = Features({"messages": List({"role": Value("string"), "content": List(part)})})
    Dataset.from_list(3 * [{"messages": messages}], features=features).to_parquet(tmp_path / "cota" / "test.parquet")
    module.main()
    written = json.loads((tmp_path / "results" / "answering.json").read_text(encoding="utf-8"))
    assert written["same_answers"] == 2 and list(results(tmp_path, "answering")) == ["2 held-out questions"]
