"""A small CoTA folder of synthetic tones and a tiny model folder of random weights, made once a session."""

from __future__ import annotations

import io
import json
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest


SAMPLING_RATE = 16_000
TASKS = (
    ("sound", "sound_event", ["bell", "dog", "rain", "door"]),
    ("speech", "spoken_language", ["English", "French", "Russian", "Italian"]),
    ("music", "lead_instrument", ["piano", "flute", "violin", "trumpet"]),
)


def tone(frequency: float, seconds: float) -> bytes:
    """A FLAC file of a decaying tone."""
    import soundfile

    time = np.arange(int(seconds * SAMPLING_RATE)) / SAMPLING_RATE
    buffer = io.BytesIO()
    wave = 0.5 * np.sin(2 * np.pi * frequency * time) * np.exp(-time)
    soundfile.write(buffer, wave.astype(np.float32), SAMPLING_RATE, format="FLAC")
    return buffer.getvalue()


def cota_row(domain: str, task: str, choices: list[str], number: int) -> dict[str, Any]:
    answer = choices[number % len(choices)]
    question = f"Which {task.replace('_', ' ')} is it?"
    clip = {"bytes": tone(220.0 * (1 + number % 4), 0.6 + 0.1 * (number % 5)), "path": None}
    sections = [
        f"I listen for the {task}.",
        f"I hear {answer}.",
        f"{answer} fits, the others do not.",
        f"So {answer}.",
    ]
    tags = ("PLANNING", "CAPTION", "REASONING", "SUMMARY")
    think = "".join(f"<{tag}>{text}</{tag}>" for tag, text in zip(tags, sections, strict=True))
    answer_text = f"<THINK>{think}</THINK><RESPONSE>{answer}</RESPONSE>"

    def text(words: str) -> dict[str, Any]:
        return {"type": "text", "text": words, "audio": None}

    heard = {"type": "audio", "text": None, "audio": clip}
    asked = text(f"{question}\nChoose one: {'; '.join(choices)}.")
    return {
        "id": f"{task}-{number:03d}",
        "audio": clip,
        "duration": 0.6 + 0.1 * (number % 5),
        "domain": domain,
        "task": task,
        "language": None,
        "source": "tones",
        "source_id": f"{task}-{number // 2}",
        "license": "CC0-1.0",
        "question": question,
        "choices": choices,
        "answer": answer,
        "messages": [
            {"role": "system", "content": [text("Listen.")]},
            {"role": "user", "content": [heard, asked]},
            {"role": "assistant", "content": [text(answer_text)]},
        ],
    }


def write_cota(folder: Path, rows_a_task: int) -> Path:
    """A CoTA folder with one shard a task and split, and statistics."""
    import pyarrow
    import pyarrow.parquet as parquet

    for split in ("test", "validation"):
        for domain, task, choices in TASKS:
            rows = [cota_row(domain, task, choices, number) for number in range(rows_a_task)]
            path = folder / "data" / domain / task / f"{split}-00000-of-00001.parquet"
            path.parent.mkdir(parents=True, exist_ok=True)
            parquet.write_table(pyarrow.Table.from_pylist(rows), path)
    baseline = {"overall": 0.25, "by_domain": {"sound": 0.3}, "by_task": {"sound_event": 0.31}}
    statistics = {"baselines": {"majority": baseline, "bag_of_words": {"overall": 0.28}}}
    (folder / "statistics.json").write_text(json.dumps(statistics), encoding="utf-8")
    return folder


@pytest.fixture(scope="session")
def cota(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A CoTA folder with twelve test rows; tests do not change it."""
    return write_cota(tmp_path_factory.mktemp("data") / "cota", 4)


@pytest.fixture(scope="session")
def tiny_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A whole model folder of random weights, a byte-level vocabulary and the project's own classes."""
    return write_tiny_model(tmp_path_factory.mktemp("model") / "tiny")


def write_tiny_model(folder: Path) -> Path:
    import torch
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers
    from transformers import GenerationConfig, PreTrainedTokenizerFast, Qwen2Config

    from modeling_audio_reasoner import (
        AudioReasonerConfig,
        AudioReasonerEncoderConfig,
        AudioReasonerFeatureExtractor,
        AudioReasonerForConditionalGeneration,
        AudioReasonerProcessor,
    )

    bytes_ = {letter: index for index, letter in enumerate(sorted(pre_tokenizers.ByteLevel.alphabet()))}
    inner = Tokenizer(models.BPE(vocab=bytes_, merges=[]))
    inner.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    inner.decoder = decoders.ByteLevel()
    tokenizer = PreTrainedTokenizerFast(tokenizer_object=inner, eos_token="<|im_end|>", pad_token="<|endoftext|>")
    names = ["<|im_start|>", "<|im_end|>", "<|audio_bos|>", "<|AUDIO|>", "<|audio_eos|>"]
    tokenizer.add_special_tokens({"additional_special_tokens": names})
    code = Path(sys.modules[AudioReasonerProcessor.__module__].__file__).parent
    extractor = AudioReasonerFeatureExtractor(feature_size=20, hop_length=320, n_fft=640)
    processor = AudioReasonerProcessor(
        extractor, tokenizer, chat_template=(code / "chat_template.jinja").read_text(encoding="utf-8")
    )
    torch.manual_seed(0)
    text = Qwen2Config(
        vocab_size=len(tokenizer),
        hidden_size=32,
        intermediate_size=64,
        num_hidden_layers=2,
        num_attention_heads=4,
        num_key_value_heads=2,
        max_position_embeddings=2048,
        pad_token_id=tokenizer.pad_token_id,
        eos_token_id=tokenizer.eos_token_id,
    )
    audio = AudioReasonerEncoderConfig(
        num_mel_bins=20, encoder_layers=1, encoder_attention_heads=2, encoder_ffn_dim=32, d_model=16
    )
    placeholder = tokenizer.convert_tokens_to_ids("<|AUDIO|>")
    model = AudioReasonerForConditionalGeneration(
        AudioReasonerConfig(audio_config=audio, text_config=text, audio_token_id=placeholder)
    )
    model.generation_config = GenerationConfig(
        eos_token_id=tokenizer.eos_token_id, pad_token_id=tokenizer.pad_token_id, do_sample=False
    )
    model.save_pretrained(folder)
    processor.save_pretrained(folder)
    return folder
