"""A literal `trl sft` that is killed goes on from its last checkpoint as if nothing had happened, to the same bits."""

from __future__ import annotations

import json
import os
import signal
import time
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from .trainings import TRL, begin, history, run, write_composed, write_recipe


ROWS, STEPS, SAVED = 64, 32, 4
EPOCH = ROWS // 4
SETTINGS = {
    "max_steps": STEPS,
    "per_device_train_batch_size": 2,
    "gradient_accumulation_steps": 2,
    "lr_scheduler_type": "cosine",
    "warmup_steps": 5,
    "save_strategy": "steps",
    "save_steps": SAVED,
    "num_cpu_threads_per_process": 1,
}
RANDOM = {"train_sampling_strategy": "random", "dataloader_num_workers": 2}
GROUPED = {"train_sampling_strategy": "group_by_length", "length_column_name": "length", "dataloader_num_workers": 0}
ORDERS = {"random": RANDOM, "grouped": GROUPED}
DRAWN = {
    "audio_config": {"apply_spec_augment": True, "mask_time_prob": 0.5, "dropout": 0.1},
    "text_config": {"attention_dropout": 0.1},
}
"""What draws random numbers in each step: a run that went on with others would end with other weights."""


@pytest.fixture(scope="module")
def place(tmp_path_factory) -> Path:
    from synthetic_cota import write_cota

    place = tmp_path_factory.mktemp("resume")
    write_composed(place, DRAWN)
    write_cota(place / "cota", train=ROWS, validation=2)
    return place


def uninterrupted(place: Path, name: str) -> Path:
    """The run that nothing ended before its time, once for all tests."""
    if not (place / name / "training_args.bin").is_file():
        run([TRL, "sft", "--config", str(write_recipe(place, name, **SETTINGS, **ORDERS[name]))], place)
    return place / name


def resume(place: Path, name: str, checkpoint: Path, order: dict[str, object]) -> Path:
    config = write_recipe(place, name, **SETTINGS, **order)
    run([TRL, "sft", "--config", str(config), "--resume_from_checkpoint", str(checkpoint)], place)
    return place / name


def assert_same(found: Path, expected: Path) -> None:
    """The curve of losses, norms of gradients and learning rates, and all weights, to the bit."""
    assert history(found) == history(expected)
    first, second = load_file(found / "model.safetensors"), load_file(expected / "model.safetensors")
    assert first.keys() == second.keys()
    assert [name for name, tensor in first.items() if not torch.equal(tensor, second[name])] == []


@pytest.mark.parametrize("name, least", [("random", EPOCH + SAVED), ("grouped", SAVED)])
def test_a_killed_run_goes_on_as_if_uninterrupted(place, name, least):
    """Killed in its second epoch where rows are in random order, and in its first where they are grouped by length."""
    order = ORDERS[name]
    expected = uninterrupted(place, name)
    config = write_recipe(place, f"{name}-killed", **SETTINGS, **order)
    process = begin([TRL, "sft", "--config", str(config)], place)
    folder = place / f"{name}-killed"
    try:
        wait_for(folder / f"checkpoint-{least + SAVED}", process)
    finally:
        os.killpg(process.pid, signal.SIGKILL)
    assert process.wait() == -signal.SIGKILL
    assert not (folder / "training_args.bin").exists(), "it was at its end already"
    # A checkpoint that was being written when the run was killed has no trainer_state.json, or half of one.
    last = max(int(path.name.rpartition("-")[2]) for path in folder.glob("checkpoint-*") if is_whole(path))
    assert least <= last < (STEPS if name == "random" else EPOCH + 1), last
    resume(place, f"{name}-killed", folder / f"checkpoint-{last}", order)
    assert_same(folder, expected)


def test_a_run_that_goes_on_logs_and_saves_as_it_is_told(place):
    """Where transformers' trainer would go on with the steps of the checkpoint; and both starts stand in the log."""
    changes = {**SETTINGS, **RANDOM, "report_to": ["audio_reasoner"], "save_steps": 4}
    config = write_recipe(place, "told", **changes)
    run([TRL, "sft", "--config", str(config), "--max_steps", "4"], place)
    told = ["--max_steps", "10", "--logging_steps", "3", "--save_steps", "6"]
    resumed = ["--resume_from_checkpoint", "told/checkpoint-4"]
    run([TRL, "sft", "--config", str(config), *told, *resumed], place)
    assert [entry["step"] for entry in history(place / "told") if "loss" in entry] == [1, 2, 3, 4, 6, 9]
    assert {path.name for path in (place / "told").glob("checkpoint-*")} == {
        *("checkpoint-4", "checkpoint-6", "checkpoint-10")
    }
    state = json.loads((place / "told" / "checkpoint-10" / "trainer_state.json").read_text(encoding="utf-8"))
    begun, gone_on = state["stateful_callbacks"]["audio_reasoner_sessions"]["sessions"]
    assert (begun["begins_after"], begun["options"]) == (0, ["--max_steps", "4"])
    assert (gone_on["begins_after"], gone_on["options"]) == (4, [*told, *resumed])
    said = "From step 4 on, as this run was told: logging_steps 3 (it was 1 before), save_steps 6 (it was 4 before)."
    assert any(said in log.read_text() for log in place.glob("log-*.txt"))


def wait_for(path: Path, process, seconds: float = 240) -> None:
    deadline = time.monotonic() + seconds
    while not path.exists():
        assert process.poll() is None and time.monotonic() < deadline, f"no {path.name}"
        time.sleep(0.01)


def is_whole(checkpoint: Path) -> bool:
    try:
        json.loads((checkpoint / "trainer_state.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return False
    return True
