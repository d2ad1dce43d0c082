"""The card says how a run was really run, and of adapters what they go into."""

from __future__ import annotations

import hashlib
import json
import re
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
import yaml

from evaluation.card import CardSettings, write_card
from evaluation.card_training import differences, run_sentences


RECIPE = "max_steps: 600\nlogging_steps: 20\neval_steps: 0.1\nsave_steps: 1000000\nlearning_rate: 0.1\n"
SHA256 = hashlib.sha256(RECIPE.encode()).hexdigest()
BEGUN = {
    "begins_after": 0,
    "processes": 2,
    "command": "sft",
    "recipe": "recipes/config.yaml",
    "recipe_sha256": SHA256,
    "options": ["--max_steps", "200", "--output_dir", "/srv/anna/runs/new", "--hub_token", "…"],
}
GONE_ON = {**BEGUN, "begins_after": 100, "processes": 1, "options": ["--resume_from_checkpoint", "a b"]}


@pytest.fixture
def recipe(tmp_path: Path) -> Path:
    path = tmp_path / "config.yaml"
    path.write_text(RECIPE)
    return path


def state(*sessions: dict[str, Any], **fields: Any) -> dict[str, Any]:
    numbers = {"global_step": 200, "max_steps": 200, "logging_steps": 20, "eval_steps": 20, "save_steps": 1000000}
    lines = [{"step": 200, "loss": 0.5}]
    kept = {"audio_reasoner_sessions": {"sessions": list(sessions)}} if sessions else {}
    return {**numbers, "num_train_epochs": 2, "log_history": lines, "stateful_callbacks": kept, **fields}


def test_the_command_of_each_start_is_shown_and_what_differs(recipe: Path) -> None:
    assert run_sentences(state(BEGUN, GONE_ON), recipe) == [
        "It was run in 2 processes as `trl sft --config recipes/config.yaml --max_steps 200 --output_dir …/new "
        "--hub_token …`.",
        "From step 100 on it was run in one process as `trl sft --config recipes/config.yaml "
        "--resume_from_checkpoint 'a b'`.",
        "What the run had where the recipe below says otherwise: `max_steps` 200 and not 600.",
    ]


def test_without_a_recipe_the_command_is_shown_alone() -> None:
    (said,) = run_sentences(state(BEGUN))
    assert said.startswith("It was run in 2 processes as `trl sft --config recipes/config.yaml --max_steps 200 ")


def test_a_recipe_that_was_changed_since_is_said(recipe: Path) -> None:
    recipe.write_text(RECIPE.replace("0.1", "0.2"))
    assert "The recipe below is not the file as it was run: it was changed since, or is another." in run_sentences(
        state(BEGUN), recipe
    )


def test_a_run_that_recorded_nothing_is_said(recipe: Path) -> None:
    """As one without audio_reasoner in report_to: its numbers of steps are in the trainer's state all the same."""
    said = run_sentences(state(logging_steps=5), recipe)
    assert said[0].startswith("Options that stood over the recipe on the command line were not recorded")
    assert said[1].endswith("otherwise: `logging_steps` 5 and not 20, `max_steps` 200 and not 600.")


def test_epochs_are_compared_where_the_recipe_asks_for_epochs(tmp_path: Path) -> None:
    (tmp_path / "config.yaml").write_text("num_train_epochs: 3\n")
    assert differences(state(), tmp_path / "config.yaml") == ["`num_train_epochs` 2 and not 3"]


def test_a_log_that_is_of_a_checkpoint_is_said() -> None:
    assert run_sentences(state(BEGUN, global_step=120))[1] == "The log is of a checkpoint, at step 120 of 200."


def test_the_card_shows_it_above_the_recipe(tiny_model: Path, recipe: Path, tmp_path: Path) -> None:
    model = Path(shutil.copytree(tiny_model, tmp_path / "model"))
    (model / "trainer_state.json").write_text(json.dumps(state(BEGUN)))
    text = write_card(model, CardSettings(recipe=recipe)).read_text(encoding="utf-8")
    said, quoted = text.split("The recipe, as its file has it:")
    assert "--max_steps 200" in said and "`max_steps` 200 and not 600" in said
    assert "anna" not in text and f"````yaml\n{RECIPE}````" in quoted


@pytest.fixture
def adapters(tiny_model: Path, tmp_path: Path) -> Path:
    """As a training with `use_peft` leaves them: with processor and log, and without the model."""
    peft = pytest.importorskip("peft", reason="peft is not installed")
    from transformers import AutoTokenizer

    from modeling_audio_reasoner import (
        AudioReasonerFeatureExtractor,
        AudioReasonerForConditionalGeneration,
        AudioReasonerProcessor,
    )

    folder = tmp_path / "adapters"
    model = AudioReasonerForConditionalGeneration.from_pretrained(tiny_model)
    settings = {"target_modules": r".*\.language_model\..*\.q_proj", "modules_to_save": ["multi_modal_projector"]}
    adapted = peft.get_peft_model(model, peft.LoraConfig(r=4, task_type="CAUSAL_LM", **settings))
    adapted.save_pretrained(folder)
    tokenizer = AutoTokenizer.from_pretrained(tiny_model)
    extractor = AudioReasonerFeatureExtractor.from_pretrained(tiny_model)
    AudioReasonerProcessor(extractor, tokenizer, chat_template=tokenizer.chat_template).save_pretrained(folder)
    (folder / "README.md").write_text(
        "---\ntags:\n- generated_from_trainer\n---\nA version of [None](https://huggingface.co/None).\n"
    )
    (folder / "checkpoint-200").mkdir()
    (folder / "checkpoint-200" / "trainer_state.json").write_text(json.dumps(state(BEGUN)))
    return folder


def test_a_card_of_adapters_says_so_and_names_their_model(adapters: Path, tiny_model: Path) -> None:
    text = write_card(adapters).read_text(encoding="utf-8")
    flat = " ".join(text.split())
    # Of each of two layers 4 x (32 + 32), and the projector of 16 x 32 and 32.
    assert "**This folder holds adapters, not a whole model**: 1,056 parameters (LoRA of rank 4, and " in flat
    assert f"`multi_modal_projector` whole) that go into `{tiny_model}`" in flat
    assert "(`qwen2`, 2 layers, 32 wide" in flat and "None" not in text
    assert f"`audio-reasoner merge {adapters} FOLDER`" in text
    assert yaml.safe_load(text.split("---\n")[1])["library_name"] == "peft"
    assert (adapters / "curves.png").is_file()
    named = write_card(adapters, CardSettings(base_model="ORG/BASE"), overwrite=True).read_text(encoding="utf-8")
    assert yaml.safe_load(named.split("---\n")[1])["base_model"] == "ORG/BASE" and "go into `ORG/BASE`" in named


def test_the_code_in_a_card_of_adapters_runs(adapters: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = write_card(adapters).read_text(encoding="utf-8")
    code = re.search(r"```python\n(.*?)```", text, re.DOTALL)[1].replace("max_new_tokens=2048", "max_new_tokens=3")
    soundfile.write(tmp_path / "recording.wav", np.sin(np.arange(16_000) / 8.0), 16_000)
    monkeypatch.chdir(tmp_path)
    scope: dict[str, Any] = {}
    exec(compile(code, "card", "exec"), scope)
    assert type(scope["model"]).__name__ == "PeftModelForCausalLM" and scope["answer"].problems


def test_an_evaluation_is_not_of_adapters(adapters: Path, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="holds adapters, and an evaluation is of a whole model.*merge"):
        write_card(adapters, CardSettings([tmp_path]))


def test_adapters_that_name_no_model(adapters: Path) -> None:
    path = adapters / "adapter_config.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"base_model_name_or_path": None}))
    with pytest.raises(ValueError, match="does not say which model they were trained on: pass --base-model"):
        write_card(adapters)
