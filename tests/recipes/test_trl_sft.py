"""The literal `trl sft` teaches a tiny model to hear: its loss falls below what is possible without hearing."""

from __future__ import annotations

import io
import json
import math
import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest
import torch
import yaml


RECIPE = {
    "trust_remote_code": True,
    "dtype": "float32",
    "assistant_only_loss": True,
    "dataset_train_split": "train",
    "dataset_test_split": "validation",
    "max_length": None,
    "remove_unused_columns": False,
    "train_sampling_strategy": "group_by_length",
    "length_column_name": "length",
    "max_steps": 80,
    "per_device_train_batch_size": 8,
    "per_device_eval_batch_size": 32,
    "learning_rate": 1.0e-2,
    "lr_scheduler_type": "cosine",
    "warmup_steps": 10,
    "adam_beta2": 0.98,
    "gradient_checkpointing": False,
    "use_cpu": True,
    "bf16": False,
    "num_cpu_threads_per_process": 1,
    "eval_strategy": "steps",
    "eval_steps": 40,
    "logging_steps": 20,
    "report_to": ["audio_reasoner", "trackio"] if find_spec("trackio") else ["audio_reasoner"],
    "project": "tones",
    "include_num_input_tokens_seen": True,
    "save_strategy": "steps",
    "save_steps": 100000,
    "save_only_model": True,
    "seed": 0,
}
TRAINED_TOKENS = 2
"""Of a row: `low` or `high`, and the end of the turn."""
FLOOR = math.log(2) / TRAINED_TOKENS
"""Nats a token of whoever cannot hear: one of two answers has to be guessed, all else is the same in every row."""


@pytest.fixture(scope="module")
def trained(tmp_path_factory, encoder_folder):
    """A folder that `trl sft` wrote, and the data it learnt from."""
    from synthetic_cota import write_cota
    from tiny_models import TEXT_MODEL

    from init_text_model import TextModelRecipe, main
    from modeling_audio_reasoner.compose_audio_reasoner import compose_audio_reasoner

    place = tmp_path_factory.mktemp("sft")
    data = write_cota(place / "cota", train=160, validation=64, structured=False)
    text = place / "text"
    main(TextModelRecipe(str(data), str(text), vocab_size=500, phrase_tokens=120, model=TEXT_MODEL))
    compose_audio_reasoner(encoder_folder, text, place / "composed")
    recipe = {
        "model_name_or_path": str(place / "composed"),
        "dataset_name": str(data),
        "output_dir": str(place / "model"),
    }
    (place / "config.yaml").write_text(yaml.safe_dump({**RECIPE, **recipe}), encoding="utf-8")
    command = [str(Path(sys.executable).parent / "trl"), "sft", "--config", str(place / "config.yaml")]
    command += ["--save_total_limit", "3"]
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    environment["TRACKIO_DIR"] = str(place / "trackio")
    run = subprocess.run(command, capture_output=True, text=True, cwd=place, env=environment, timeout=300)
    assert run.returncode == 0, run.stderr[-3000:]
    return place


def losses(folder: Path) -> list[float]:
    """Held-out losses of a run, in order."""
    state = json.loads(next((folder / "model").glob("checkpoint-*/trainer_state.json")).read_text(encoding="utf-8"))
    return [entry["eval_loss"] for entry in state["log_history"] if "eval_loss" in entry]


def test_the_held_out_loss_falls_below_the_audio_blind_floor(trained):
    assert losses(trained)[-1] < 0.5 * FLOOR


def test_the_folder_is_self_contained(trained):
    names = {path.name for path in (trained / "model").iterdir()}
    assert {
        "config.json",
        "generation_config.json",
        "model.safetensors",
        "modeling_audio_reasoner.py",
        "processing_audio_reasoner.py",
        "processor_config.json",
        "chat_template.jinja",
        "tokenizer.json",
        "training_args.bin",
    } <= names


def test_other_clips_cost_more_than_guessing(trained):
    """The control: answers alternate, so every second clip fits as well, and the next clip, or silence, does not."""
    from transformers import AutoModel, AutoProcessor

    processor = AutoProcessor.from_pretrained(trained / "model", trust_remote_code=True)
    model = AutoModel.from_pretrained(trained / "model", trust_remote_code=True).eval()
    data = trained / "cota"
    assert held_out_loss(model, processor, data, lambda clips: clips) == pytest.approx(losses(trained)[-1], abs=0.01)
    assert held_out_loss(model, processor, data, lambda clips: clips[2:] + clips[:2]) < 0.5 * FLOOR
    assert held_out_loss(model, processor, data, lambda clips: clips[1:] + clips[:1]) > FLOOR
    assert held_out_loss(model, processor, data, lambda clips: [0 * clip for clip in clips]) > 0.99 * FLOOR


def test_the_speed_of_the_run_is_that_of_its_rows(trained):
    """80 steps of 8 rows are four times the 160 rows, whose tokens are counted here without the trainer."""
    from datasets import load_dataset
    from transformers import AutoProcessor

    from app.labels.row_sizes import row_sizes
    from evaluation.training_log import run_seconds, speeds, trainer_state

    state = trainer_state(trained / "model")
    processor = AutoProcessor.from_pretrained(trained / "model", trust_remote_code=True)
    sizes = row_sizes(load_dataset(str(trained / "cota"), split="train"), processor)
    found = speeds(state)
    assert [speed.step for speed in found] == [20, 40, 60, 80]
    assert sum(speed.tokens for speed in found) == 4 * sum(size.tokens for size in sizes)
    assert sum(speed.epochs for speed in found) == pytest.approx(4)
    held = sum(speed.tokens / (1 - speed.padding_share) for speed in found)
    assert held == pytest.approx(state["num_input_tokens_seen"]) and all(speed.padding_share >= 0 for speed in found)
    assert run_seconds(state) == pytest.approx(sum(speed.seconds for speed in found))


def test_each_line_says_what_went_through_the_model(trained):
    """20 steps of 8 rows are the 160 rows once: their tokens and their seconds, by the figures of each line."""
    from datasets import load_dataset

    from evaluation.training_log import speeds, trainer_state

    state = trainer_state(trained / "model")
    lines = [entry for entry in state["log_history"] if "loss" in entry]
    audio = sum(load_dataset(str(trained / "cota"), split="train")["duration"])
    for line, speed in zip(lines, speeds(state), strict=True):
        seconds = speed.tokens / line["tokens_per_second"]
        assert 0 < seconds <= 1.02 * speed.seconds  # by clocks that are read one after the other
        assert line["padding_share"] == pytest.approx(speed.padding_share)
        # The last frame of a clip is seldom a whole one.
        assert line["audio_seconds_per_second"] * seconds == pytest.approx(audio, rel=0.02)


def test_the_log_says_what_the_run_was_started_with(trained):
    """By the literal command: the recipe, and what stood over it."""
    from evaluation.card_training import run_sentences
    from evaluation.training_log import trainer_state

    state = trainer_state(trained / "model")
    (said,) = run_sentences(state)
    assert said == "It was run in one process as `trl sft --config …/config.yaml --save_total_limit 3`."
    assert run_sentences(state, trained / "config.yaml") == [said], "which was not changed since"
    changed = trained / "changed.yaml"
    changed.write_text((trained / "config.yaml").read_text(encoding="utf-8").replace("max_steps: 80", "max_steps: 90"))
    assert "`max_steps` 80 and not 90" in run_sentences(state, changed)[-1]


def test_trackio_has_the_run_on_this_machine(trained):
    """In a file of its own, without a network, and with the speed."""
    pytest.importorskip("trackio", reason="trackio is not installed")
    import sqlite3

    with sqlite3.connect(trained / "trackio" / "tones.db") as tables:
        logged = [json.loads(text) for (text,) in tables.execute("SELECT metrics FROM metrics ORDER BY step")]
    history = json.loads(next((trained / "model").glob("checkpoint-*/trainer_state.json")).read_text())["log_history"]
    for name in ("loss", "train_tokens_per_second", "tokens_per_second", "audio_seconds_per_second"):
        assert [line[f"train/{name}"] for line in logged if f"train/{name}" in line][:4] == [
            line[name] for line in history if "loss" in line
        ]
    assert [line["eval/loss"] for line in logged if "eval/loss" in line] == losses(trained)


def test_the_trainers_own_card_is_known_for_a_draft(trained):
    from evaluation.card import is_draft

    assert is_draft(trained / "model" / "README.md")


@torch.no_grad()
def held_out_loss(model, processor, data: Path, change) -> float:
    """Mean loss of a token of the answers, over the validation split, with its clips changed. Answers alternate."""
    import soundfile
    from datasets import load_dataset

    rows = load_dataset(str(data), split="validation").remove_columns("audio")
    found = [row["messages"] for row in rows]
    clips = change(
        [soundfile.read(io.BytesIO(turns[1]["content"][0]["audio"]["bytes"]), dtype="float32")[0] for turns in found]
    )
    conversations = [
        [turns[0], {"role": "user", "content": [{"type": "audio", "audio": clip}, turns[1]["content"][1]]}, turns[2]]
        for turns, clip in zip(found, clips, strict=True)
    ]
    inputs = processor.apply_chat_template(
        conversations,
        tokenize=True,
        return_dict=True,
        return_tensors="pt",
        return_assistant_tokens_mask=True,
        processor_kwargs={"padding": True},
    )
    mask = torch.as_tensor(inputs.pop("assistant_masks"))
    assert mask.sum(-1).unique().tolist() == [TRAINED_TOKENS]
    labels = inputs["input_ids"].masked_fill(mask == 0, -100)
    return model(**inputs, labels=labels).loss.item()
