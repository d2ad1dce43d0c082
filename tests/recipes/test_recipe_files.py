"""The recipes of the repository: read by the programs that run them, and by people."""

from __future__ import annotations

import inspect
import re
import subprocess
from importlib import import_module
from pathlib import Path

import pytest
import yaml
from trl.cli.main import main as trl_command

import grpo_prompts
from dataset_builder.build_settings import read_build
from dataset_builder.build_stages import plan_build
from encoder_recipe import EncoderRecipe
from init_text_model import TextModelRecipe
from recipe_config import read_recipe, run_recipe
from text_recipe import TextRecipe


ROOT = Path(__file__).parent.parent.parent
MINI = ROOT / "recipes" / "audio-reasoner-mini"
ENCODER = MINI / "encoder" / "config_demo.yaml"
TEXT = MINI / "text" / "config_demo.yaml"
OURS = {ENCODER: EncoderRecipe, MINI / "text" / "config_initial.yaml": TextModelRecipe, TEXT: TextRecipe}
BUILDS = sorted((ROOT / "recipes").rglob("cota*.yaml"))
MACHINES = sorted((ROOT / "recipes" / "accelerate_configs").glob("*.yaml"))
RECIPES = sorted(set((ROOT / "recipes").rglob("*.yaml")) - set(BUILDS) - set(MACHINES))
BY_TRL = [path for path in RECIPES if path not in OURS]
BY_GRPO = [path for path in BY_TRL if path.parent.name == "grpo"]
LAUNCHER = {"accelerate_config", "num_cpu_threads_per_process", "env"}


def name_of(path: Path) -> str:
    """Of a recipe, as a test shows it: audio-reasoner-7b/sft/config_lora."""
    return str(path.relative_to(ROOT / "recipes").with_suffix(""))


def read_by_trl(path: Path, *options: str) -> tuple:
    """What TRL makes of a recipe: arguments of the script, the training, the model, and what is left for accelerate.

    As if on a CPU, which this test has: bfloat16 of a GPU would be refused here.
    """
    parser = import_module(f"trl.scripts.{path.parent.name}").make_parser()
    script, training, model, _, left, _ = parser.parse_args_and_config(
        ["--config", str(path), "--use_cpu", "true", "--bf16", "false", *options],
        return_remaining_strings=True,
        separate_remaining_strings=True,
    )
    return script, training, model, left


@pytest.mark.parametrize("path", RECIPES, ids=name_of)
def test_a_recipe_opens_with_how_to_use_it(path):
    opening = path.read_text(encoding="utf-8").split("\n\n")[0]
    assert opening.startswith("# ")
    place = path.relative_to(ROOT)
    for word in ("Needs", "Launch:", "Override", f"--config {place}"):
        assert word in opening, word


@pytest.mark.parametrize("path", BUILDS, ids=lambda path: "/".join(path.parts[-2:]))
def test_a_build_opens_with_how_to_use_it_and_can_be_planned(path):
    opening = path.read_text(encoding="utf-8").split("\n\n")[0]
    for word in ("Needs", "Launch:", "Override", f"audio-reasoner build {path.relative_to(ROOT)}"):
        assert word in opening, word
    assert plan_build(read_build(path))[-1].stage.name == "write_shards"


@pytest.mark.parametrize("path", BY_TRL, ids=name_of)
def test_trl_reads_every_key(path, monkeypatch):
    """What TRL does not take goes to accelerate's launcher, and must be meant for it."""
    monkeypatch.chdir(ROOT)
    keys = yaml.safe_load(path.read_text(encoding="utf-8"))
    for name in keys.get("env", {}):
        monkeypatch.setenv(name, "")
    script, training, model, left = read_by_trl(path)
    assert {word.removeprefix("--") for word in left if word.startswith("--")} <= LAUNCHER
    if "accelerate_config" in keys:
        assert ROOT / keys["accelerate_config"] in MACHINES
    # Without these a run hears nothing, learns its own questions, or loses clips; see docs/train.md.
    assert training.trust_remote_code and training.remove_unused_columns is False
    # What is logged stays on the machine, and makes no Space where the weights are pushed.
    speed = ["audio_reasoner"] if path.parent.name == "sft" else []
    assert training.report_to == [*speed, "trackio"] and training.project == "audio-reasoner"
    assert training.trackio_space_id is None and training.trackio_static_space_id is False
    if path.parent.name == "sft":
        assert training.include_num_input_tokens_seen == "all"
        assert training.assistant_only_loss and training.max_length is None
    assert training.learning_rate == keys["learning_rate"] and model.model_name_or_path == keys["model_name_or_path"]


@pytest.mark.parametrize("path", BY_GRPO, ids=name_of)
def test_rewards_are_functions_of_what_the_data_holds(path, monkeypatch):
    """By the names and in the way of `trl grpo`, which imports from where it is started."""
    monkeypatch.syspath_prepend(str(ROOT))
    script, training, _, _ = read_by_trl(path)
    assert len(training.reward_weights) == len(script.reward_funcs) == 4
    columns = set(grpo_prompts.features())
    for name in script.reward_funcs:
        module, function = name.rsplit(".", 1)
        taken = inspect.signature(getattr(import_module(module), function)).parameters
        assert {column for column in taken if column not in ("completions", "columns")} <= columns
        assert taken["columns"].kind == inspect.Parameter.VAR_KEYWORD
    assert training.log_multimodal is False, "a logged clip would be taken for a picture"


@pytest.mark.parametrize(
    "name",
    [
        "audio-reasoner-7b/sft/config_lora",
        "audio-reasoner-7b/sft/config_qlora",
        "audio-reasoner-7b/grpo/config_lora",
        "audio-reasoner-mini/sft/config_lora",
    ],
)
def test_adapters_go_on_the_language_models_linear_layers_alone(name):
    """PEFT holds the whole name of a module to a regular expression."""
    import torch

    from modeling_audio_reasoner import AudioReasonerForConditionalGeneration
    from modeling_audio_reasoner.memory_audio_reasoner import QWEN2_AUDIO_7B

    _, _, model, _ = read_by_trl(ROOT / "recipes" / f"{name}.yaml")
    with torch.device("meta"):
        layers = AudioReasonerForConditionalGeneration(QWEN2_AUDIO_7B).named_modules()
        linear = {name for name, module in layers if isinstance(module, torch.nn.Linear)}
    wanted = {name for name in linear if name.startswith("model.language_model.")}
    assert {name for name in linear if re.fullmatch(model.lora_target_modules, name)} == wanted
    assert len(wanted) == 7 * 32
    assert model.lora_modules_to_save == ["multi_modal_projector"]


def test_stage_one_freezes_all_but_the_projector_and_the_command_line_can_say_so():
    small = ROOT / "recipes/audio-reasoner-small/sft"
    frozen = {"frozen_parts": ["audio_tower", "language_model", "lm_head"]}
    assert read_by_trl(small / "config_projector.yaml")[1].model_init_kwargs == frozen
    assert read_by_trl(small / "config_all.yaml")[1].model_init_kwargs is None
    given = ("--model_init_kwargs", '{"frozen_parts": ["audio_tower"]}')
    assert read_by_trl(small / "config_all.yaml", *given)[1].model_init_kwargs == {"frozen_parts": ["audio_tower"]}


def test_the_memory_that_recipes_name_is_what_the_configuration_gives():
    """GiB of 7B recipes: rows of 30 s and 1,024 tokens in bfloat16, as `audio-reasoner memory` takes them."""
    from modeling_audio_reasoner.configuration_audio_reasoner import count_audio_tokens
    from modeling_audio_reasoner.memory_audio_reasoner import (
        LORA_RANK,
        QWEN2_AUDIO_7B,
        TEXT_TOKENS,
        count_parameters,
        memory_steps,
    )

    text, parts = QWEN2_AUDIO_7B.text_config, count_parameters(QWEN2_AUDIO_7B)
    steps = {step.name: step.bytes / 2**30 for step in memory_steps(QWEN2_AUDIO_7B)}
    everything = sum(parts[name] for name in ("encoder", "projector", "language model", "embeddings and head"))
    tokens = TEXT_TOKENS + count_audio_tokens(3000) + 1024
    assert tokens == 1902 and round(everything / 1e6) == 8397
    for path in sorted((ROOT / "recipes/audio-reasoner-7b").glob("*/*.yaml")):
        _, training, model, _ = read_by_trl(path)
        rows = training.per_device_train_batch_size
        inputs = 2 * rows * tokens * text.num_hidden_layers * text.hidden_size / 2**30
        inside = 2 * rows * tokens * (2 * text.hidden_size + 3 * text.intermediate_size) / 2**30
        adapters = model.lora_r / LORA_RANK * parts["adapter"] / 2**30
        eighth = 16 * everything / 8 / 2**30
        answers = rows * training.gradient_accumulation_steps
        sampling = 2 * 2 * answers * tokens * text.num_hidden_layers * text.hidden_size / 2**30
        expected = {
            "grpo/config_lora": [steps["load"], 16 * adapters, sampling],
            "sft/config_full_zero3": [eighth, inputs, inside, 2e9 / 2**30],
            "sft/config_full_fsdp2": [eighth, inputs, inside, 2 * parts["embeddings and head"] / 2**30],
            "sft/config_lora": [steps["load"], 16 * adapters, inputs, inside],
            "sft/config_qlora": [steps["load in 4 bits"], 8 * adapters, inputs, inside],
        }[f"{path.parent.name}/{path.stem}"]
        opening = path.read_text(encoding="utf-8").split("\n\n")[0]
        said = [float(word) for word in re.findall(r"(\d+\.\d) GiB", opening)]
        assert said == [round(size, 1) for size in expected], path.name
        assert f"# {sum(expected):.0f} GiB" in opening, path.name


@pytest.mark.parametrize("path", MACHINES, ids=lambda path: path.stem)
def test_accelerate_reads_every_machine(path, monkeypatch):
    """By the loader and the checks of `accelerate launch`, which refuse unknown keys and what does not go together."""
    from accelerate.commands.config.config_args import load_config_from_file
    from accelerate.commands.launch import _validate_launch_command, launch_command_parser

    assert path.read_text(encoding="utf-8").startswith("# ")
    config = load_config_from_file(str(path))
    processes = {"one_cpu": 1, "two_cpu": 2, "one_gpu": 1, "several_nodes": 16}.get(path.stem, 8)
    assert config.num_processes == processes
    assert config.num_machines == (2 if path.stem == "several_nodes" else 1)
    assert config.use_cpu == path.stem.endswith("cpu")
    monkeypatch.setattr("accelerate.commands.launch.is_bf16_available", lambda ignore_tpu=False: True)
    args, _, _ = _validate_launch_command(launch_command_parser().parse_args(["--config_file", str(path), "train.py"]))
    assert args.num_processes == processes
    assert (args.use_deepspeed, args.use_fsdp) == (path.stem.startswith("zero"), path.stem == "fsdp2")


def test_fsdp2_makes_a_unit_of_each_layer_of_both_parts():
    """By accelerate's policy for the config's TRANSFORMER_BASED_WRAP. Without units a GPU would gather the whole."""
    import torch
    from accelerate import FullyShardedDataParallelPlugin
    from accelerate.utils.fsdp_utils import fsdp2_prepare_auto_wrap_policy

    from modeling_audio_reasoner import AudioReasonerForConditionalGeneration
    from modeling_audio_reasoner.memory_audio_reasoner import QWEN2_AUDIO_7B

    keys = yaml.safe_load((ROOT / "recipes/accelerate_configs/fsdp2.yaml").read_text(encoding="utf-8"))["fsdp_config"]
    plugin = FullyShardedDataParallelPlugin(fsdp_version=2, auto_wrap_policy=keys["fsdp_auto_wrap_policy"].lower())
    with torch.device("meta"):
        model = AudioReasonerForConditionalGeneration(QWEN2_AUDIO_7B)
    policy = fsdp2_prepare_auto_wrap_policy(plugin, model)
    units = {name for name, module in model.named_modules() if policy(module)}
    parts = ("model.audio_tower.layers", "model.language_model.layers")
    assert units == {f"{part}.{number}" for part in parts for number in range(32)}


def test_the_job_script_starts_one_launcher_a_machine(tmp_path):
    """With the cluster's commands and trl played by scripts: each machine's own rank, and what all agree on."""
    (tmp_path / "bin").mkdir()
    for name, lines in {
        "scontrol": "echo node-a; sleep 0.1; echo node-b",  # as slowly as a cluster may answer
        "srun": 'echo "cores $SRUN_CPUS_PER_TASK"; shift; for SLURM_NODEID in 0 1; do export SLURM_NODEID; "$@"; done',
        "trl": 'echo "$@"',
    }.items():
        (tmp_path / "bin" / name).write_text(f"#!/bin/bash\n{lines}\n", encoding="utf-8")
        (tmp_path / "bin" / name).chmod(0o755)
    script = ROOT / "recipes/slurm/several_nodes.sh"
    recipe = "recipes/audio-reasoner-7b/sft/config_full_zero3.yaml"
    cluster = {
        "SLURM_JOB_NODELIST": "node-[a-b]",
        "SLURM_NNODES": "2",
        "SLURM_JOB_ID": "123456",
        "SLURM_CPUS_PER_TASK": "64",
        "VENV": str(tmp_path),
    }
    run = subprocess.run(
        ["bash", str(script), recipe, "--max_steps", "5"],
        **{"capture_output": True, "text": True, "cwd": ROOT},
        env={"PATH": f"{tmp_path}/bin:/usr/bin:/bin", **cluster},
    )
    assert run.returncode == 0, run.stderr
    cores, *launched = run.stdout.splitlines()
    assert cores == "cores 64", "without which srun gives a task one core"
    shared = "--max_steps 5 --num_machines 2 --num_processes 16 --main_process_ip node-a --main_process_port 23456"
    said = [f"sft --config {recipe} {shared} --machine_rank {rank}" for rank in (0, 1)]
    assert [" ".join(sorted(line.split(" --"))) for line in launched] == [
        " ".join(sorted(line.split(" --"))) for line in said
    ]


@pytest.mark.parametrize("path", OURS, ids=lambda path: path.parent.name)
def test_our_scripts_read_every_key(path):
    read_recipe(path, OURS[path])


def test_one_step_writes_what_the_next_one_reads():
    def read(name):
        return yaml.safe_load((MINI / name).read_text(encoding="utf-8"))

    assert read("text/config_demo.yaml")["model_name_or_path"] == read("text/config_initial.yaml")["output_dir"]
    assert read("sft/config_demo.yaml")["model_name_or_path"] == "demo/composed"
    assert read("sft/config_demo.yaml")["output_dir"] == read("grpo/config_demo.yaml")["model_name_or_path"]
    assert read("sft/config_demo.yaml")["output_dir"] == read("sft/config_lora.yaml")["model_name_or_path"]
    assert read("sft/config_demo.yaml")["output_dir"] == "demo/model"


@pytest.mark.parametrize("path", [path for path in BY_TRL if "use_peft: true" in path.read_text()], ids=name_of)
def test_adapters_are_merged_as_the_recipe_and_the_page_say(path):
    """From the folder that the recipe writes, into one that is none of those it needs."""
    keys = yaml.safe_load(path.read_text(encoding="utf-8"))
    page = (ROOT / "docs" / "train.md").read_text(encoding="utf-8")
    if path.parent.name == "sft":
        opening = path.read_text(encoding="utf-8").split("\n\n")[0]
        (merged,) = re.findall(rf"^#   audio-reasoner merge {keys['output_dir']} (\S+)$", opening, flags=re.MULTILINE)
        assert merged not in (keys["output_dir"], keys["model_name_or_path"])
        assert path.stem == "config_qlora" or f"audio-reasoner merge {keys['output_dir']} {merged}\n" in page
    else:
        assert f" {keys['model_name_or_path']}\n" in page.split("audio-reasoner merge ", 1)[1]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"learnig_rate": 0.1}, "an unknown key: learnig_rate. The keys of this recipe are max_steps"),
        ({"learning_rate": "1e-3"}, "learning_rate is '1e-3': give a number of at least 0.0. YAML reads 1e-3 as text"),
        ({"max_steps": 0}, "max_steps is 0: give a whole number of at least 1"),
        ({"max_steps": 1.5}, "max_steps is 1.5: give a whole number"),
        ({"speed": 0.9}, "speed is 0.9: give a number from 0.0 to 0.5"),
        ({"noise_snr_db": [30.0, 10.0]}, "give the lower value first"),
        ({"encoder": "small"}, "encoder is 'small': give its fields"),
        ({"dataset_name": None}, "dataset_name is None: give a name"),
    ],
)
def test_a_wrong_key_is_one_sentence(tmp_path, capsys, change, message):
    path = tmp_path / "recipe.yaml"
    path.write_text(yaml.safe_dump({**yaml.safe_load(ENCODER.read_text(encoding="utf-8")), **change}))
    assert run_recipe(lambda recipe: None, EncoderRecipe, ["--config", str(path)]) == 1
    printed = capsys.readouterr().err
    assert message in printed and printed.count("\n") == 1 and str(path) in printed


def test_a_missing_key_and_a_broken_file_are_named(tmp_path):
    path = tmp_path / "recipe.yaml"
    path.write_text("dataset_name: cota\n")
    with pytest.raises(ValueError, match="lacks output_dir, text_model, encoder, feature_extractor"):
        read_recipe(path, EncoderRecipe)
    path.write_text("a: [1\nb: 2")
    with pytest.raises(ValueError, match=r"is not valid YAML \(line 2\)"):
        read_recipe(path, EncoderRecipe)
    path.write_text("- a")
    with pytest.raises(ValueError, match="holds no mapping"):
        read_recipe(path, EncoderRecipe)


def test_the_command_line_overrides_the_file():
    assert run_recipe(
        lambda recipe: (_ for _ in ()).throw(ValueError(f"{recipe.max_steps} {recipe.learning_rate}")),
        EncoderRecipe,
        ["--config", str(ENCODER), "--max_steps", "7", "--learning_rate", "0.5"],
    )
    recipe = read_recipe(ENCODER, EncoderRecipe, max_steps="7", learning_rate="0.5")
    assert (recipe.max_steps, recipe.learning_rate) == (7, 0.5)


def test_trl_refuses_an_unknown_key(tmp_path, capsys):
    """TRL hands what it does not know to accelerate, which ends with a usage message and status 2."""
    path = tmp_path / "recipe.yaml"
    path.write_text(f"model_name_or_path: {tmp_path}\ndataset_name: {tmp_path}\nuse_cpu: true\nlearnig_rate: 0.1\n")
    with pytest.raises(SystemExit) as ended:
        trl_command(["sft", "--config", str(path)])
    assert ended.value.code == 2
    said = capsys.readouterr().err
    assert "unrecognized arguments: --learnig_rate" in said
    assert "Traceback" not in said
