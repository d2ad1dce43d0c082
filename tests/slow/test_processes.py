"""Two processes on a CPU (gloo) train as one does, by DDP and by FSDP2, and none waits for ever.

A third of the rows hold no recording, and they lie so that one process has recordings where the other has none, that
both have, and that one or the other has them in a part of its batch. Each step has the same four rows in all runs.
"""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
import torch
import yaml
from safetensors.torch import load_file

from .trainings import ROOT, TRL, losses, run, write_composed, write_mixed, write_recipe


STEPS = 8
# One line is a step; its first two rows are the first process's.
ORDER = "hhtt tthh hhhh hthh thth tthh hhtt hhht"
HEARD = [letter == "h" for letter in ORDER if letter != " "]
SETTINGS = {
    "dataset_test_split": "validation",
    "max_steps": STEPS,
    "train_sampling_strategy": "sequential",
    "per_device_eval_batch_size": 1,
    "eval_strategy": "steps",
    "eval_steps": STEPS // 2,
    "save_strategy": "steps",
    "save_steps": STEPS,
    "gradient_checkpointing": True,
}
TOLERANCE = 1e-5
"""Of a loss of about 5: sums of float32 in another order, and what AdamW makes of them in eight steps."""
FURTHEST = 1e-4
"""Of a weight, after eight steps of at most 3e-3 each."""


def train_by_one(place: Path, tied: bool) -> Path:
    """By one process, four rows at once."""
    write_composed(place, tied=tied)
    write_mixed(place / "cota", HEARD)
    config = write_recipe(place, "one", **SETTINGS, per_device_train_batch_size=4, num_cpu_threads_per_process=1)
    run([TRL, "sft", "--config", str(config)], place)
    return place / "one"


@pytest.fixture(scope="module")
def one(tmp_path_factory) -> Path:
    return train_by_one(tmp_path_factory.mktemp("processes"), tied=True)


@pytest.fixture(scope="module")
def one_with_own_head(tmp_path_factory) -> Path:
    """Of a model whose head is no table, as the 7B model's."""
    return train_by_one(tmp_path_factory.mktemp("own_head"), tied=False)


@pytest.fixture
def place(one) -> Path:
    return one.parent


def assert_as_one(found: Path, one: Path) -> None:
    for name in ("loss", "eval_loss"):
        first, second = losses(found, name), losses(one, name)
        assert len(first) == len(second) == (STEPS if name == "loss" else 2)
        furthest = max(abs(a - b) for a, b in zip(first, second, strict=True))
        print(f"{found.name}: {name} from {second[0]:.3f} to {second[-1]:.3f}, differs by up to {furthest:.1e}")
        assert furthest <= TOLERANCE
    assert losses(one)[-1] < losses(one)[0] - 0.5, "nothing was learnt"
    first, second = load_file(found / "model.safetensors"), load_file(one / "model.safetensors")
    # A table that is also the head is written once, or twice where it was put together from parts.
    assert first.keys() - second.keys() <= {"lm_head.weight"} and second.keys() <= first.keys()
    apart = {name: float((tensor - second[name]).abs().max()) for name, tensor in first.items() if name in second}
    print(f"{found.name}: a weight differs by up to {max(apart.values()):.1e}")
    assert max(apart.values()) <= FURTHEST
    before = load_file(one.parent / "composed" / "model.safetensors")
    conv = next(name for name in before if name.endswith("audio_tower.conv1.weight"))
    assert (second[conv] - before[conv]).abs().max() > 10 * FURTHEST, "the encoder learnt nothing"


def test_ddp(place, one):
    """With `ddp_find_unused_parameters: false`, as the recipes say: no parameter of a process is unused."""
    name = "ddp"
    config = write_recipe(
        place,
        name,
        **SETTINGS,
        per_device_train_batch_size=2,
        accelerate_config=str(ROOT / "recipes/accelerate_configs/two_cpu.yaml"),
        num_cpu_threads_per_process=1,
        main_process_port=0,
        ddp_find_unused_parameters=False,
    )
    run([TRL, "sft", "--config", str(config)], place)
    assert torch.load(place / name / "training_args.bin", weights_only=False).world_size == 2
    assert_as_one(place / name, one)


def test_accumulated_steps(place, one):
    """Two processes, and each step in two parts of one row: text alone for one of them, or for both."""
    config = write_recipe(
        place,
        "accumulated",
        **SETTINGS,
        per_device_train_batch_size=1,
        gradient_accumulation_steps=2,
        accelerate_config=str(ROOT / "recipes/accelerate_configs/two_cpu.yaml"),
        num_cpu_threads_per_process=1,
        main_process_port=0,
    )
    run([TRL, "sft", "--config", str(config)], place)
    assert_as_one(place / "accumulated", one)


def train_sharded(place: Path, name: str, **changes: object) -> Path:
    """With the recipes' config of FSDP2, on two processes without a GPU."""
    keys = yaml.safe_load((ROOT / "recipes/accelerate_configs/fsdp2.yaml").read_text(encoding="utf-8"))
    keys |= {"use_cpu": True, "num_processes": 2, "mixed_precision": "no", "main_process_port": 0}
    (place / "fsdp2_cpu.yaml").write_text(yaml.safe_dump(keys), encoding="utf-8")
    config = write_recipe(place, name, **SETTINGS, **changes)
    launch = [str(Path(sys.executable).parent / "accelerate"), "launch", "--config_file", "fsdp2_cpu.yaml"]
    run([*launch, str(ROOT / "tests/slow/fsdp_on_cpu.py"), "--config", str(config)], place)
    assert torch.load(place / name / "training_args.bin", weights_only=False).world_size == 2
    return place / name


def test_fsdp2(place, one):
    """The folder that it writes is whole."""
    assert_as_one(train_sharded(place, "fsdp2", per_device_train_batch_size=2), one)


@pytest.mark.parametrize("parts", [1, 2])
def test_fsdp2_trains_a_head_of_its_own(one_with_own_head, parts):
    """accelerate shards it as a unit that TRL's fused head does not call; each step at once, or in two parts."""
    found = train_sharded(
        one_with_own_head.parent,
        f"fsdp2-{parts}",
        per_device_train_batch_size=2 // parts,
        gradient_accumulation_steps=parts,
    )
    before, after = (load_file(folder / "model.safetensors") for folder in (found.parent / "composed", found))
    (head,) = (name for name in before if name.endswith("lm_head.weight"))
    assert (after[head] - before[head]).abs().max() > 10 * FURTHEST, "the head learnt nothing"
    assert_as_one(found, one_with_own_head)
