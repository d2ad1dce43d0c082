"""A row goes through TRL's own collator with our processor, with no mapping in between."""

from __future__ import annotations

import datasets
import pytest

import modeling_audio_reasoner as package


trl = pytest.importorskip("trl")


def test_the_clip_and_the_answer_reach_the_batch(cota, processor, tmp_path, monkeypatch):
    from trl.trainer.sft_trainer import DataCollatorForVisionLanguageModeling

    monkeypatch.setattr(datasets.config, "HF_DATASETS_CACHE", tmp_path)
    monkeypatch.chdir(cota.parent)
    rows = datasets.load_dataset("cota", split="train")
    picked = [rows[0], rows[len(rows) // 2], rows[-1]]
    collate = DataCollatorForVisionLanguageModeling(processor, max_length=None, assistant_only_loss=True)
    batch = collate(picked)

    audio_token = processor.tokenizer.convert_tokens_to_ids("<|AUDIO|>")
    for row, ids, labels in zip(picked, batch["input_ids"], batch["labels"], strict=True):
        seconds = float((ids == audio_token).sum()) / 25
        assert seconds == pytest.approx(row["duration"], abs=0.1)
        learned = processor.tokenizer.decode(labels[labels >= 0])
        assert learned.startswith(row["messages"][2]["content"][0]["text"])
        assert package.parse_reasoning(learned.removesuffix("<|im_end|>")).response == row["answer"]
