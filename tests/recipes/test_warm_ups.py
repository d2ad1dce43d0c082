"""The two warm-ups, on tones."""

from __future__ import annotations

import json

import pytest
from datasets import load_dataset
from tiny_models import ENCODER, EXTRACTOR
from transformers import AutoTokenizer

from modeling_audio_reasoner import AudioReasonerEncoder, AudioReasonerFeatureExtractor


def test_the_encoder_learns_to_tell_tones_apart(tones, tmp_path, capsys):
    from encoder_recipe import EncoderRecipe
    from warm_up_encoder import main

    folder = tmp_path / "encoder"
    encoder = {**ENCODER, "initializer_range": 0.1}
    main(EncoderRecipe(str(tones), str(folder), encoder, EXTRACTOR, max_steps=30, logging_steps=30, num_threads=1))
    log = json.loads((folder / "training.json").read_text(encoding="utf-8"))
    assert log["accuracy"] == {"pitch": 1.0}
    assert log["seconds"] > 0
    assert "step 30/30" in capsys.readouterr().out
    assert AudioReasonerEncoder.from_pretrained(folder).config.d_model == ENCODER["d_model"]
    assert AudioReasonerFeatureExtractor.from_pretrained(folder).hop_length == EXTRACTOR["hop_length"]
    assert [path.name for path in tmp_path.iterdir()] == ["encoder"]


def test_a_failed_warm_up_leaves_nothing(tones, tmp_path, monkeypatch):
    import warm_up_encoder
    from encoder_recipe import EncoderRecipe

    def disk_full(*args, **kwargs):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(AudioReasonerFeatureExtractor, "save_pretrained", disk_full)
    with pytest.raises(OSError, match="No space left"):
        warm_up_encoder.main(EncoderRecipe(str(tones), str(tmp_path / "encoder"), ENCODER, EXTRACTOR, max_steps=1))
    assert list(tmp_path.iterdir()) == []


def test_text_rows_hold_words_for_the_clip_and_labels_on_the_answer(tones, text_folder, tmp_path):
    from text_warmup_data import main

    folder = tmp_path / "text_warmup"
    command = ["--dataset", str(tones), "--model", str(text_folder), "--output", str(folder), "--orders", "3"]
    assert main(command) == 0
    rows = load_dataset(str(folder))
    assert (len(rows["train"]), len(rows["validation"])) == (3 * 64, 32)
    tokenizer = AutoTokenizer.from_pretrained(text_folder)
    sides = set()
    for row in rows["train"]:
        text = tokenizer.decode(row["input_ids"])
        heard = text.split("<|audio_bos|>")[1].split("<|audio_eos|>")[0].replace(".", "").split()
        assert len(set(heard)) == 1 and 1 <= len(heard) <= 4
        learnt = tokenizer.decode([token for token in row["labels"] if token != -100])
        assert learnt == text[text.index("<THINK><PLANNING>I") :].rstrip("\n")
        assert learnt.endswith(f"<RESPONSE>{heard[0]}</RESPONSE><|im_end|>")
        assert row["length"] == len(row["input_ids"]) == len(row["labels"])
        sides.add("Choose one: low; high." in text)
    assert sides == {True, False}


def test_new_rows_are_not_taken_from_an_old_cache(tones, text_folder, tmp_path):
    """`datasets` caches a folder under its README's configs: other content must come with another README."""
    from text_warmup_data import main

    folder = tmp_path / "text_warmup"
    command = ["--dataset", str(tones), "--model", str(text_folder), "--output", str(folder)]
    assert main([*command, "--orders", "1"]) == 0
    assert len(load_dataset(str(folder), split="train")) == 64
    assert main([*command, "--orders", "2"]) == 0
    assert len(load_dataset(str(folder), split="train")) == 128


def test_a_missing_model_is_one_sentence(tones, tmp_path, capsys):
    from text_warmup_data import main

    assert main(["--dataset", str(tones), "--model", str(tmp_path), "--output", str(tmp_path / "rows")]) == 1
    printed = capsys.readouterr().err
    assert "holds no tokenizer.json: run recipes/init_text_model.py first" in printed
    assert printed.count("\n") == 1
