"""The benchmarks of training run, on tiny seeded weights, and what they compute is right."""

from __future__ import annotations

import importlib
import json
import sys
from pathlib import Path

import pytest
import torch
from datasets import load_dataset
from transformers import AutoModel, AutoProcessor, Qwen2AudioForConditionalGeneration


ENCODER = {"d_model": 32, "encoder_layers": 1, "encoder_attention_heads": 2, "encoder_ffn_dim": 64, "num_mel_bins": 80}
TEXT = {"model_type": "qwen2", "hidden_size": 32, "intermediate_size": 64, "num_hidden_layers": 1}
TEXT |= {"num_attention_heads": 2, "num_key_value_heads": 2, "tie_word_embeddings": False}


@pytest.fixture
def benchmark(repository, tmp_path, monkeypatch):
    """Import a benchmark whose results go to a folder of the test, and give its command line."""
    monkeypatch.syspath_prepend(str(repository / "benchmarks"))
    monkeypatch.setenv("TOKENIZERS_PARALLELISM", "false")

    def load(name: str, *arguments: str):
        module = importlib.import_module(name)
        monkeypatch.setattr(importlib.import_module("measuring"), "RESULTS", tmp_path / "results")
        monkeypatch.setattr(sys, "argv", [name, *arguments])
        return module

    return load


@pytest.fixture
def small_training(benchmark, monkeypatch):
    """bench_training at a width at which it takes seconds, on clips that do."""
    module = benchmark("bench_training", "--rows", "4", "--batch", "2", "--threads", "1", "--repeats", "1")
    monkeypatch.setattr(module, "ENCODER", ENCODER)
    monkeypatch.setattr(module, "TEXT", TEXT)
    return module


def written(folder: Path, name: str) -> dict:
    return json.loads((folder / "results" / f"{name}.json").read_text(encoding="utf-8"))


def test_lengths_are_those_that_are_stated(benchmark):
    lengths = benchmark("cota_lengths")
    rows = lengths.draw_lengths(3000)
    for domain, (shortest, longest) in lengths.SECONDS.items():
        seconds = [row.seconds for row in rows if row.domain == domain]
        assert len(seconds) == 1000 and shortest <= min(seconds) < shortest + 0.5
        assert longest - 0.5 < max(seconds) <= longest
    whole = sum(row.seconds == lengths.WHOLE_SOUND for row in rows if row.domain == "sound")
    assert 700 < whole < 800
    assert {row.answer_tokens for row in rows} == set(range(150, 401))
    # 10 s of three in four and 6 in the others, 8.5 s, 20 s: a third each.
    assert sum(row.seconds for row in rows) / 3000 == pytest.approx((9 + 8.5 + 20) / 3, rel=0.02)


def test_an_answer_has_the_tokens_that_were_drawn(benchmark):
    lengths = benchmark("cota_lengths")
    words = lengths.tokenizer()
    for tokens in (150, 233, 400):
        ids = words(lengths.answer(tokens, seed=tokens).render() + "<|im_end|>")["input_ids"]
        assert len(ids) == tokens


def test_the_arithmetic_of_the_7b_model(benchmark):
    """By hand, for 10 s and 30 s: 500 and 1,500 positions of 32 layers, 1280 wide."""
    module = benchmark("training_arithmetic")
    rows = [module.Row(seconds, text_tokens=100, trained=0) for seconds in (10.0, 30.0)]
    found = module.arithmetic(module.QWEN2_AUDIO_7B, rows)

    def encoder(positions: int) -> float:
        layer = 2 * positions * 12 * 1280**2 + 4 * positions**2 * 1280
        return 32 * layer + 2 * positions * 3 * (2 * 128 * 1280 + 1280**2)

    assert found.encoder == encoder(500) + encoder(1500) and found.encoder_of_windows == 2 * encoder(1500)
    weights = 32 * (4 * 4096**2 + 3 * 4096 * 11008)
    tokens = (350, 850)
    expected = sum(2 * weights * count + 2 * 32 * 4096 * count**2 for count in tokens)
    assert found.language_model == pytest.approx(expected + 2 * (250 + 750) * 1280 * 4096)
    assert found.our_share < found.stock_share < 0.5 and 1 < found.ratio < 1.2
    assert module.arithmetic(module.QWEN2_AUDIO_7B, rows[1:]).ratio == 1


def test_both_commands_train_on_the_same_batches(small_training, tmp_path):
    """What TRL's collator makes of the rows with either processor, and the losses that either class gives it."""
    from trl.trainer.sft_trainer import DataCollatorForVisionLanguageModeling

    _, words = small_training.write_models(tmp_path)
    sizes = small_training.write_rows(tmp_path, 3, words)
    rows = load_dataset(str(tmp_path / "data"), split="train", cache_dir=str(tmp_path / "cache"))
    ours = AutoModel.from_pretrained(tmp_path / "ours", trust_remote_code=True)
    stock = Qwen2AudioForConditionalGeneration.from_pretrained(tmp_path / "stock")
    batches, losses = [], []
    for net, which in ((ours, "ours"), (stock, "stock")):
        processor = AutoProcessor.from_pretrained(tmp_path / which, trust_remote_code=True)
        collate = DataCollatorForVisionLanguageModeling(processor=processor, assistant_only_loss=True)
        batches.append(collate([rows[number] for number in range(3)]))
        with torch.no_grad():
            losses.append(net(**batches[-1]).loss.item())
    assert losses[0] == pytest.approx(losses[1], abs=1e-5)
    for name in ("input_ids", "attention_mask", "labels"):
        assert torch.equal(batches[0][name], batches[1][name])
    assert batches[0]["attention_mask"].sum(-1).tolist() == [size.tokens for size in sizes]
    assert (batches[0]["labels"] != -100).sum(-1).tolist() == [size.trained for size in sizes]


def test_runs_on_other_rows_are_not_compared(small_training):
    run = small_training.Run(2, 10.0, 2**30, [1.0, 0.5], [10, 20], 25)
    other = small_training.Run(2, 30.0, 3 * 2**30, [1.0, 0.75], [10, 20], 25)
    step, memory = small_training.compare("in random order", {"ours": [other, run], "stock": [other]}, 1, 2**29)
    assert (step.ours, step.stock, step.ratio, step.difference) == (5.0, 15.0, 3.0, 0.0)
    assert (memory.ours, memory.stock, memory.unit) == (0.5, 2.5, "GiB")
    apart = small_training.compare("in random order", {"ours": [run], "stock": [other]}, 1, 0)
    assert apart[0].difference == 0.25
    elsewhere = small_training.Run(2, 30.0, 2**30, [1.0, 0.75], [10, 21], 25)
    with pytest.raises(SystemExit, match="trained on other rows, in random order"):
        small_training.compare("in random order", {"ours": [run], "stock": [elsewhere]}, 1, 0)


def test_what_a_core_feeds(benchmark, tmp_path):
    module = benchmark("bench_feed", "--rows", "3", "--batch", "2", "--repeats", "1")
    module.main()
    found = written(tmp_path, "feed")
    assert [line["what"] for line in found["rows"]] == list(module.KINDS)
    for line in found["rows"]:
        parts = line["milliseconds_per_clip"]
        assert tuple(parts) == module.PARTS and min(parts.values()) >= 0
        assert 1000 / sum(parts.values()) == pytest.approx(line["clips_per_second"])
        assert line["workers_for_a_node"] >= 1 and line["clips_per_second_of_all_workers"] > 0
    same_rate, other_rate = (line["milliseconds_per_clip"]["resampling"] for line in found["rows"])
    assert same_rate < 0.1 < other_rate


def test_what_a_node_takes(benchmark):
    """100,000 rows of 30 s and 1,024 written tokens take the hour that recipes/audio-reasoner-7b/sft states."""
    taken = benchmark("bench_feed").consumption(1902.0, 1500.0)
    layers, head = 32 * (4 * 4096**2 + 3 * 4096 * 11008), 156_032 * 4096
    products = (layers + head) * 1902 + 637e6 * 1500
    assert taken["clips_per_second"] == pytest.approx(8 * 0.4 * 989e12 / (8 * products), rel=1e-3)
    assert round(100_000 / taken["clips_per_second"] / 3600, 1) == 1.0


@pytest.mark.slow
def test_training(small_training, tmp_path, monkeypatch):
    """The two commands in processes of their own, and the third run; one order of the rows is enough here."""
    order = "grouped by length"
    monkeypatch.setattr(small_training, "ORDERS", {order: small_training.ORDERS[order]})
    small_training.main()
    found = written(tmp_path, "training")
    rows = {row["what"]: row for row in found["rows"]}
    step, memory = rows[f"a step of trl sft, {order}"], rows[f"peak memory of trl sft, {order}"]
    assert step["ours"] > 0 and step["stock"] > 0 and step["difference"] <= 1e-5
    assert 2**28 < found["libraries"] < 2**30
    assert 0.1 < memory["ours"] < 4 and 0.1 < memory["stock"] < 4
    curves = found["curves"][order]
    assert [len(losses) for losses in curves["losses"].values()] == [2, 2]
    assert curves["difference_with_fixed_positions"] <= 1e-6
    assert 0 < curves["padding_share"] < 0.5
    ratios = {name: counted["ratio"] for name, counted in found["arithmetic"].items()}
    assert 1 < ratios["Qwen2-Audio-7B"] < ratios["Whisper-small and Qwen3-0.6B"]
