"""What a run was started with stands in its trainer's state, and one that goes on keeps to what it was told."""

from __future__ import annotations

import hashlib
import json
from types import SimpleNamespace

from transformers import TrainerState

from modeling_audio_reasoner.training_session_audio_reasoner import (
    SESSIONS,
    hold_steps,
    record_session,
    session,
    without_secrets,
)


SCRIPT = "/lib/python3/site-packages/trl/scripts/sft.py"


def test_options_beside_the_recipe_are_kept(tmp_path):
    recipe = tmp_path / "config.yaml"
    recipe.write_text("max_steps: 600\n")
    expected = {
        "begins_after": 300,
        "processes": 2,
        "command": "sft",
        "recipe": str(recipe),
        "recipe_sha256": hashlib.sha256(b"max_steps: 600\n").hexdigest(),
        "options": ["--max_steps", "200", "--bf16=false"],
    }
    for config in (["--config", str(recipe)], [f"--config={recipe}"]):
        argv = [SCRIPT, "--max_steps", "200", *config, "--bf16=false"]
        assert session(argv, begins_after=300, processes=2) == expected


def test_another_programs_command_line_is_not_kept():
    assert session(["kernel.py", "-f", "secret.json"], 0, 1) == {"begins_after": 0, "processes": 1}
    assert session([], 0, 1) == {"begins_after": 0, "processes": 1}


def test_a_recipe_that_has_gone_and_none_at_all():
    assert session([SCRIPT, "--config", "nowhere.yaml"], 0, 1)["recipe_sha256"] is None
    assert session([SCRIPT, "--max_steps", "2"], 0, 1)["recipe"] is None


def test_tokens_and_keys_are_not_kept():
    words = ["--hub_token", "hf_abcdefghijkl", "--push-to-hub-token=x", "--eos_token", "</s>", "--api_key", "y"]
    words += ["--model_init_kwargs", '{"token": "hf_abcdefghijkl"}']
    shown = without_secrets(words)
    assert shown == [
        *("--hub_token", "…", "--push-to-hub-token=…", "--eos_token", "</s>", "--api_key", "…"),
        *("--model_init_kwargs", '{"token": "…"}'),
    ]


def test_a_run_that_went_on_has_both_starts_in_its_checkpoint(tmp_path):
    """By transformers' own state, through JSON; a start that a later one takes the place of is left out."""
    state = TrainerState()
    record_session(state, {"begins_after": 0, "options": []})
    state.save_to_json(str(tmp_path / "state.json"))
    resumed = TrainerState.load_from_json(str(tmp_path / "state.json"))
    record_session(resumed, {"begins_after": 8, "options": ["first try"]})
    record_session(resumed, {"begins_after": 4, "options": ["--save_steps", "2"]})
    resumed.save_to_json(str(tmp_path / "state.json"))
    kept = json.loads((tmp_path / "state.json").read_text())["stateful_callbacks"][SESSIONS]
    assert kept == {
        "sessions": [{"begins_after": 0, "options": []}, {"begins_after": 4, "options": ["--save_steps", "2"]}]
    }


def test_a_run_that_goes_on_keeps_to_the_steps_it_was_told():
    state = TrainerState(global_step=4, max_steps=20, logging_steps=1, eval_steps=5, save_steps=4)
    told = SimpleNamespace(logging_steps=1, eval_steps=0.5, save_steps=3)
    assert hold_steps(told, state) == ["eval_steps 10 (it was 5 before)", "save_steps 3 (it was 4 before)"]
    assert (state.logging_steps, state.eval_steps, state.save_steps) == (1, 10, 3)
    assert hold_steps(told, state) == []


def test_a_run_that_begins_is_left_alone():
    state = TrainerState(global_step=0, max_steps=20, logging_steps=9)
    assert hold_steps(SimpleNamespace(logging_steps=1, eval_steps=None, save_steps=3), state) == []
    assert state.logging_steps == 9
