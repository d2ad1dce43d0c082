"""Each recipe for TRL, started as its launch line says for two steps on tiny weights of its architecture.

What needs a GPU is changed, and nothing else: where it runs, in which type of numbers, by which attention, how many
rows are in a step, and 4 bits. DeepSpeed and FSDP2 shard on GPUs alone, so the recipes that name them run as two
processes that each hold the whole model.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch
import yaml
from safetensors.torch import load_file


ROOT = Path(__file__).parent.parent.parent
sys.path[:0] = [str(ROOT / "recipes"), str(ROOT / "tests" / "recipes")]
ON_CPU = {
    "use_cpu": True,
    "bf16": False,
    "dtype": "float32",
    "attn_implementation": "sdpa",
    "dataloader_num_workers": 0,
    "num_cpu_threads_per_process": 1,
    "max_steps": 2,
    "per_device_train_batch_size": 2,
    "per_device_eval_batch_size": 2,
    "gradient_accumulation_steps": 2,
}
SHARDED = ("recipes/accelerate_configs/zero3.yaml", "recipes/accelerate_configs/fsdp2.yaml")
POSITIONS = "embed_positions"


@pytest.fixture(scope="module")
def place(tmp_path_factory) -> Path:
    """A folder that holds what the recipes need under the names they give it."""
    from synthetic_cota import write_cota
    from tiny_parts import write_language_model, write_qwen2_audio, write_whisper

    from modeling_audio_reasoner.compose_audio_reasoner import compose_audio_reasoner
    from modeling_audio_reasoner.convert_qwen2_audio import convert_qwen2_audio

    place = tmp_path_factory.mktemp("recipes")
    (place / "recipes").symlink_to(ROOT / "recipes")
    write_cota(place / "cota", train=16, validation=4)
    whisper = write_whisper(place / "whisper")
    text = write_language_model(place / "qwen3", "qwen3")
    compose_audio_reasoner(whisper, text, place / "small" / "composed")
    compose_audio_reasoner(whisper, text, place / "demo" / "composed")
    convert_qwen2_audio(write_qwen2_audio(place / "stock"), place / "audio-reasoner-7b-untrained")
    return place


def on_cpu(place: Path, name: str, **changes: object) -> Path:
    """A copy of a recipe with what this machine needs; its name says which."""
    keys = yaml.safe_load((ROOT / "recipes" / name).read_text(encoding="utf-8"))
    keys |= {**ON_CPU, **changes}
    if keys.get("accelerate_config") in SHARDED:
        keys |= {"accelerate_config": "recipes/accelerate_configs/two_cpu.yaml"}
    if "load_in_4bit" in keys:
        keys |= {"load_in_4bit": False}
    path = place / name.replace("/", "-")
    path.write_text(yaml.safe_dump(keys), encoding="utf-8")
    return path


def start(command: list[str], place: Path, **environment: str) -> str:
    run = subprocess.run(
        command,
        capture_output=True,
        text=True,
        cwd=place,
        timeout=120,
        env={**os.environ, "PYTHONPATH": str(ROOT), "TRACKIO_DIR": str(place / "trackio"), **environment},
    )
    assert run.returncode == 0, run.stderr[-4000:]
    return run.stdout + run.stderr


def train(place: Path, name: str, **changes: object) -> tuple[Path, Path]:
    """The folders that a recipe begins with and that it writes, after two steps."""
    config = on_cpu(place, name, **changes)
    start([str(Path(sys.executable).parent / "trl"), Path(name).parent.name, "--config", str(config)], place)
    keys = yaml.safe_load(config.read_text(encoding="utf-8"))
    return place / keys["model_name_or_path"], place / keys["output_dir"]


def changed(before: Path, after: Path) -> tuple[set[str], set[str]]:
    """Names of the tensors that differ between two folders, and of those that are the same bit for bit."""
    first, second = load_file(before / "model.safetensors"), load_file(after / "model.safetensors")
    assert first.keys() == second.keys()
    differ = {name for name, tensor in first.items() if not torch.equal(tensor, second[name])}
    return differ, first.keys() - differ


@pytest.mark.parametrize(
    "name",
    [
        "audio-reasoner-7b/sft/config_full_zero3.yaml",
        "audio-reasoner-7b/sft/config_full_fsdp2.yaml",
        "audio-reasoner-mini/sft/config_demo.yaml",
    ],
)
def test_full_fine_tuning_trains_all_but_the_positions(place, name):
    differ, same = changed(*train(place, name))
    assert differ and {tensor.split(".")[-2] for tensor in same} == {POSITIONS}


@pytest.mark.parametrize(
    ("name", "changes"),
    [
        ("audio-reasoner-7b/sft/config_lora.yaml", {}),
        ("audio-reasoner-7b/sft/config_qlora.yaml", {}),
        ("audio-reasoner-mini/sft/config_lora.yaml", {"model_name_or_path": "demo/composed"}),
    ],
)
def test_adapters_train_the_language_model_and_the_projector(place, name, changes):
    """The base stays as it is; merged, one folder holds what was learnt and the encoder bit for bit."""
    base, written = train(place, name, **changes)
    adapter = load_file(written / "adapter_model.safetensors")
    layers = {key.split(".lora_")[0] for key in adapter if ".lora_" in key}
    assert len(layers) == 7 * 2 and all(".model.language_model.layers." in key for key in layers)
    assert all(tensor.abs().max() > 0 for key, tensor in adapter.items() if "lora_B" in key), "B begins at zero"
    others = {key for key in adapter if ".lora_" not in key}
    assert others == {f"base_model.model.model.multi_modal_projector.linear.{part}" for part in ("weight", "bias")}

    merged = place / f"{written.name}-merged"
    folders = [str(written.relative_to(place)), str(merged.relative_to(place))]
    start([sys.executable, "-m", "app.main", "merge", *folders], place)
    differ, _ = changed(base, merged)
    assert (merged / "processor_config.json").is_file() and (merged / "modeling_audio_reasoner.py").is_file()
    assert not any(tensor.startswith("audio_tower") for tensor in differ)
    assert {tensor for tensor in differ if "projector" in tensor} == {
        f"multi_modal_projector.linear.{part}" for part in ("weight", "bias")
    }
    assert len([tensor for tensor in differ if "_proj.weight" in tensor]) == 7 * 2
    assert len(differ) == 7 * 2 + 2


def test_a_model_from_parts_in_two_stages(place):
    differ, same = changed(*train(place, "audio-reasoner-small/sft/config_projector.yaml"))
    assert differ == {f"multi_modal_projector.linear.{part}" for part in ("weight", "bias")}
    assert any(name.startswith("audio_tower") for name in same)
    assert any(name.startswith("language_model") for name in same)
    differ, same = changed(*train(place, "audio-reasoner-small/sft/config_all.yaml"))
    assert differ and {tensor.split(".")[-2] for tensor in same} == {POSITIONS}


GRPO = {"num_generations": 4, "max_completion_length": 16, "logging_steps": 1}
"""As many answers as a step has rows here, and short ones, since random weights do not end them."""


def by_grpo(place: Path, name: str, prompts: str, **changes: object) -> Path:
    """The folder that a recipe for GRPO writes, after two steps.

    One reward is added, of which random weights win a part: where all answers are worth the same, nothing is learnt.
    """
    import grpo_prompts

    assert grpo_prompts.main(["--dataset", str(place / "cota"), "--output", str(place / prompts)]) == 0
    lines = "def spread(completion_ids, **columns):\n    return [float(sum(ids) % 7) for ids in completion_ids]\n"
    (place / "added_reward.py").write_text(lines, encoding="utf-8")
    keys = yaml.safe_load((ROOT / "recipes" / name).read_text(encoding="utf-8"))
    rewards = {
        "reward_funcs": [*keys["reward_funcs"], "added_reward.spread"],
        "reward_weights": [*keys["reward_weights"], 1.0],
    }
    return train(place, name, **rewards, **GRPO, **changes)[1]


def test_grpo_of_the_demo_trains_all_but_the_positions(place):
    """Rewards are logged by name, in the place that the recipe names; what no random answer wins stays at nothing."""
    name = "audio-reasoner-mini/grpo/config_demo.yaml"
    after = by_grpo(place, name, "demo/grpo_prompts", model_name_or_path="demo/composed")
    differ, same = changed(place / "demo" / "composed", after)
    assert differ and {tensor.split(".")[-2] for tensor in same} == {POSITIONS}
    state = json.loads((after / "checkpoint-2" / "trainer_state.json").read_text(encoding="utf-8"))
    for name in ("answer_correct", "structure_complete", "section_budgets"):
        assert state["log_history"][0][f"rewards/{name}/mean"] == 0
    assert 0 < state["log_history"][0]["rewards/no_repetition/mean"] <= 1


def test_grpo_of_the_7b_model_trains_adapters_and_the_projector(place):
    name, base = "audio-reasoner-7b/grpo/config_lora.yaml", "audio-reasoner-7b-untrained"
    written = by_grpo(place, name, "audio-reasoner-7b-prompts", model_name_or_path=base, warmup_steps=0)
    adapter = load_file(written / "adapter_model.safetensors")
    learnt = {key for key, tensor in adapter.items() if "lora_B" in key and tensor.abs().max() > 0}
    assert len(learnt) == 7 * 2 and all(".model.language_model.layers." in key for key in learnt)
    others = {key for key in adapter if ".lora_" not in key}
    assert others == {f"base_model.model.model.multi_modal_projector.linear.{part}" for part in ("weight", "bias")}


def test_the_curriculum_of_the_demo_trains_all_but_the_positions(place):
    """On rows that the model it begins with was asked; of random weights no answer is right."""
    import curriculum

    model = str(place / "demo" / "composed")
    options = ["--answers", "2", "--max-new-tokens", "8", "--selective-thought"]
    command = ["--dataset", str(place / "cota"), "--model", model, "--output", str(place / "demo" / "curriculum")]
    assert curriculum.main([*command, *options]) == 0
    name = "audio-reasoner-mini/sft/config_curriculum.yaml"
    before, after = train(place, name, model_name_or_path="demo/composed", logging_steps=1)
    differ, same = changed(before, after)
    assert differ and {tensor.split(".")[-2] for tensor in same} == {POSITIONS}
    state = json.loads((after / "checkpoint-2" / "trainer_state.json").read_text(encoding="utf-8"))
    assert [entry["step"] for entry in state["log_history"] if "loss" in entry] == [1, 2]


def test_the_job_script_trains_on_two_machines(place):
    """Slurm is played by a script that starts both machines' tasks here; accelerate joins them as on a cluster."""
    machines = yaml.safe_load((ROOT / "recipes/accelerate_configs/several_nodes.yaml").read_text(encoding="utf-8"))
    (place / "machines.yaml").write_text(yaml.safe_dump(machines | {"use_cpu": True, "mixed_precision": "no"}))
    (place / "bin").mkdir()
    for name, lines in {
        "scontrol": "echo 127.0.0.1",
        "srun": 'shift; SLURM_NODEID=0 "$@" & SLURM_NODEID=1 "$@"; wait $!',
    }.items():
        (place / "bin" / name).write_text(f"#!/bin/bash\n{lines}\n", encoding="utf-8")
        (place / "bin" / name).chmod(0o755)
    config = on_cpu(place, "audio-reasoner-small/sft/config_all.yaml", model_name_or_path="small/composed")
    script = ROOT / "recipes/slurm/several_nodes.sh"
    options = ["--accelerate_config", "machines.yaml", "--output_dir", "small/machines"]
    start(
        ["bash", str(script), str(config), *options],
        place,
        SLURM_JOB_NODELIST="one",
        SLURM_NNODES="2",
        SLURM_GPUS_ON_NODE="1",
        SLURM_JOB_ID=str(os.getpid()),
        VENV=str(Path(sys.executable).parent.parent),
        PATH=f"{place / 'bin'}:{os.environ['PATH']}",
    )
    differ, same = changed(place / "small" / "composed", place / "small" / "machines")
    assert differ and {tensor.split(".")[-2] for tensor in same} == {POSITIONS}
    assert torch.load(place / "small/machines/training_args.bin", weights_only=False).world_size == 2
