"""The literal `trl grpo`, by our reward alone, teaches a tiny model to listen: more is right than a guess gets."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import yaml


ROOT = Path(__file__).parent.parent.parent
sys.path[:0] = [str(ROOT / "recipes"), str(ROOT / "tests" / "recipes")]
GUESS = 0.5
"""Share of right answers without hearing: one of two answers, as often low as high."""
EVERYWHERE = {
    "trust_remote_code": True,
    "dtype": "float32",
    "remove_unused_columns": False,
    "gradient_checkpointing": False,
    "use_cpu": True,
    "bf16": False,
    "report_to": "none",
    "save_strategy": "steps",
    "save_steps": 100000,
    "save_only_model": True,
    "adam_beta2": 0.98,
    "seed": 0,
}
FORM = {"assistant_only_loss": True, "max_length": None, "max_steps": 40, "learning_rate": 1.0e-2}
REWARDED = {
    "reward_funcs": ["recipes.rewards.answer_correct"],
    "num_generations": 8,
    "max_completion_length": 8,
    "per_device_train_batch_size": 64,
    "max_steps": 140,
    "learning_rate": 1.0e-3,
    "lr_scheduler_type": "constant",
    "logging_steps": 5,
    "log_multimodal": False,
}


@pytest.fixture(scope="module")
def place(tmp_path_factory) -> Path:
    """A language model and an encoder put together, answers to begin with, and the questions of other clips."""
    import torch
    from synthetic_cota import write_cota
    from tiny_models import ENCODER, EXTRACTOR, TEXT_MODEL

    import grpo_prompts
    from init_text_model import TextModelRecipe, main
    from modeling_audio_reasoner import AudioReasonerEncoder, AudioReasonerEncoderConfig, AudioReasonerFeatureExtractor
    from modeling_audio_reasoner.compose_audio_reasoner import compose_audio_reasoner

    place = tmp_path_factory.mktemp("grpo")
    torch.manual_seed(0)
    AudioReasonerEncoder(AudioReasonerEncoderConfig(**ENCODER)).save_pretrained(place / "encoder")
    AudioReasonerFeatureExtractor(**EXTRACTOR).save_pretrained(place / "encoder")
    shorten(write_cota(place / "form", train=320, validation=4))
    write_cota(place / "tones", train=320, validation=4, seed=1)
    main(
        TextModelRecipe(str(place / "form"), str(place / "text"), vocab_size=500, phrase_tokens=120, model=TEXT_MODEL)
    )
    compose_audio_reasoner(place / "encoder", place / "text", place / "composed")
    assert grpo_prompts.main(["--dataset", str(place / "tones"), "--output", str(place / "prompts")]) == 0
    return place


def shorten(folder: Path) -> None:
    """Leave of each answer its RESPONSE, which a tiny model learns to write in seconds."""
    import pyarrow.parquet as parquet
    from datasets import Dataset

    from dataset_builder.schema import features

    for path in (folder / "data").glob("*.parquet"):
        rows = parquet.read_table(path).to_pylist()
        for row in rows:
            row["messages"][-1]["content"][0]["text"] = f"<RESPONSE>{row['answer']}</RESPONSE>"
            row |= {name: json.loads(row[name]) for name in ("annotations", "teacher", "review")}
        Dataset.from_list(rows, features=features()).to_parquet(path)


def train(place: Path, method: str, model: str, data: str, **keys: object) -> list[dict]:
    """Run a recipe from the repository's root; returns what it logged. The model is in the folder `method`."""
    paths = {"model_name_or_path": model, "dataset_name": data, "output_dir": method}
    recipe = EVERYWHERE | keys | {key: str(place / name) for key, name in paths.items()}
    (place / f"{method}.yaml").write_text(yaml.safe_dump(recipe), encoding="utf-8")
    run = subprocess.run(
        [str(Path(sys.executable).parent / "trl"), method, "--config", str(place / f"{method}.yaml")],
        **{"capture_output": True, "text": True, "cwd": ROOT, "timeout": 300},
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    assert run.returncode == 0, run.stderr[-3000:]
    state = next((place / method).glob("checkpoint-*/trainer_state.json"))
    return json.loads(state.read_text(encoding="utf-8"))["log_history"]


def test_rewards_teach_to_listen(place):
    train(place, "sft", "composed", "form", per_device_train_batch_size=16, **FORM)
    logged = [entry for entry in train(place, "grpo", "sft", "prompts", **REWARDED) if "reward" in entry]
    right = [entry["rewards/answer_correct/mean"] for entry in logged]
    assert right[0] < GUESS
    assert sum(right[-3:]) / 3 > GUESS + 0.3, "of 120 questions, six standard deviations above a guess"
