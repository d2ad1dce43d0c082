"""The recipes of the repository: read by the programs that run them, and by people."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
import yaml

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
RECIPES = sorted(set(MINI.rglob("*.yaml")) - set(BUILDS))
LAUNCHER = {"accelerate_config", "num_cpu_threads_per_process", "env"}


@pytest.mark.parametrize("path", RECIPES, ids=lambda path: "/".join(path.parts[-2:]))
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


@pytest.mark.parametrize("path", [path for path in RECIPES if path not in OURS], ids=lambda path: path.parent.name)
def test_trl_reads_every_key(path, monkeypatch):
    """What TRL does not take goes to accelerate's launcher, and must be meant for it."""
    from trl.scripts.sft import make_parser

    monkeypatch.chdir(ROOT)
    keys = yaml.safe_load(path.read_text(encoding="utf-8"))
    for name in keys.get("env", {}):
        monkeypatch.setenv(name, "")
    *_, left, _ = make_parser().parse_args_and_config(
        ["--config", str(path)], return_remaining_strings=True, separate_remaining_strings=True
    )
    assert {word.removeprefix("--") for word in left if word.startswith("--")} <= LAUNCHER
    if "accelerate_config" in keys:
        assert (ROOT / keys["accelerate_config"]).is_file()


@pytest.mark.parametrize("path", OURS, ids=lambda path: path.parent.name)
def test_our_scripts_read_every_key(path):
    read_recipe(path, OURS[path])


def test_one_step_writes_what_the_next_one_reads():
    def read(name):
        return yaml.safe_load((MINI / name).read_text(encoding="utf-8"))

    assert read("text/config_demo.yaml")["model_name_or_path"] == read("text/config_initial.yaml")["output_dir"]
    assert read("sft/config_demo.yaml")["model_name_or_path"] == "demo/composed"
    assert read("sft/config_demo.yaml")["output_dir"] == "demo/model"


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


def test_trl_refuses_an_unknown_key(tmp_path):
    """TRL hands what it does not know to accelerate, which ends with a usage message and status 2."""
    path = tmp_path / "recipe.yaml"
    path.write_text(f"model_name_or_path: {tmp_path}\ndataset_name: {tmp_path}\nuse_cpu: true\nlearnig_rate: 0.1\n")
    run = subprocess.run(
        [str(Path(sys.executable).parent / "trl"), "sft", "--config", str(path)],
        capture_output=True,
        text=True,
        cwd=tmp_path,
    )
    assert run.returncode == 2
    assert "unrecognized arguments: --learnig_rate" in run.stderr
    assert "Traceback" not in run.stderr
