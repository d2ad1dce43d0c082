"""The pages of docs say what the code does: tables are current, build files can be planned, names are all there."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from importlib import import_module

import pytest
import yaml

from app.commands.build import build
from dataset_builder.build_settings import STAGES, read_build
from dataset_builder.build_stages import plan_build
from dataset_builder.tasks import TASKS
from evaluation.outputs.registry import BENCHMARKS


def test_tables_are_current(repository, monkeypatch, capsys):
    monkeypatch.syspath_prepend(str(repository / "benchmarks"))
    monkeypatch.setattr(sys, "argv", ["write_tables.py", "--check"])
    assert import_module("write_tables").main() == 0, capsys.readouterr().err


@pytest.fixture(scope="module")
def page(repository) -> str:
    return (repository / "docs" / "building.md").read_text(encoding="utf-8")


def test_every_build_file_on_the_page_can_be_planned(page, tmp_path):
    found = re.findall(r"```yaml\n(.*?)```", page, flags=re.DOTALL)
    assert len(found) == 6
    for number, text in enumerate(found):
        path = tmp_path / f"{number}.yaml"
        path.write_text(text, encoding="utf-8")
        stages = [item.stage.name for item in plan_build(read_build(path))]
        assert {"read", "measure", "question", "reason", "review", "write_shards"} <= set(stages)
        assert set(yaml.safe_load(text)) & set(STAGES) >= {"question", "reason"}


def test_every_task_stage_and_option_is_on_the_page(page):
    for task in TASKS:
        assert f"`{task.name}`" in page, task.name
    taught = page.split("## With models as teachers")[1]
    for stage in ("read", "unique_audio", "unique_text", "arrange", "write_shards", *STAGES):
        assert f"`{stage}`" in taught or f"{stage}:" in taught, stage
    options = {name.replace("_", "-") for name in build.__annotations__} - {"config", "return"}
    assert [option for option in sorted(options) if f"--{option}" not in page] == []


@pytest.mark.parametrize("page", ["README.md", "docs/model.md"])
def test_the_tolerance_holds_for_every_published_figure(repository, page):
    """The one for the tests' models is what the tests assert on; the other holds for what the benchmarks found."""
    text = " ".join((repository / page).read_text(encoding="utf-8").split())
    found = re.search(
        r"within (1e-\d) (?:in|on) the tests\S*(?: models)?,?(?: and)? (\de-\d) at the width of the 7B", text
    )
    assert found, f"{page} says no tolerance"
    tests = (repository / "tests/modeling_audio_reasoner/test_modeling.py").read_text(encoding="utf-8")
    assert f"TOLERANCE = {found[1]}\n" in tests
    for name in ("encoder", "generation"):
        results = json.loads((repository / f"benchmarks/results/{name}.json").read_text(encoding="utf-8"))
        differences = [row["difference"] for row in results["rows"] if row["difference"] is not None]
        assert differences and max(differences) <= float(found[2])


def test_the_example_of_scoring_prints_what_the_page_says(repository, tmp_path):
    page = (repository / "docs" / "evaluate.md").read_text(encoding="utf-8")
    section = page.split("## Score outputs made anywhere")[1]
    example = re.search(r"```json\n(.*?)```", section, flags=re.DOTALL)[1]
    (tmp_path / "outputs.json").write_text(example, encoding="utf-8")
    command = re.search(r"```sh\naudio-reasoner (.*)\n```", section)[1]
    done = subprocess.run(
        [sys.executable, "-m", "app.main", *command.split()],
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": str(repository)},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    figures = json.loads((tmp_path / "scores.json").read_text(encoding="utf-8"))
    official, strict = re.search(r"prints (\S+) official .*? and (\S+) strict", section, flags=re.DOTALL).groups()
    assert (official, strict) == (f"{100 * figures['official']:.1f}", f"{100 * figures['strict']:.1f}")
    assert official in done.stdout and strict in done.stdout
    assert {*re.findall(r"^\| `(\w+)`", section, flags=re.MULTILINE)} == {*BENCHMARKS}
