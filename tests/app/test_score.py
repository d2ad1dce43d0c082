"""`audio-reasoner score`: its table, its figures as JSON, and a comparison."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from app.main import app


ROWS = [
    {"id": "a", "choices": ["dog", "cat"], "answer": "cat", "task": "sound", "model_output": "cat"},
    {"id": "b", "choices": ["dog", "cat"], "answer": "dog", "task": "music", "model_output": "(A)"},
    {"id": "c", "choices": ["dog", "cat"], "answer": "dog", "task": "music", "model_output": "[bold]both"},
]


@pytest.fixture
def outputs(tmp_path: Path) -> Path:
    path = tmp_path / "outputs.json"
    path.write_text(json.dumps(ROWS))
    return path


def run(*arguments: object) -> str:
    result = CliRunner().invoke(app, ["score", *map(str, arguments)])
    assert result.exit_code == 0, result.output
    return result.output


def test_json_alone_goes_to_stdout(outputs: Path) -> None:
    figures = json.loads(run("mmau", outputs, "--json", "-"))
    assert (figures["official"], figures["strict"]) == (1 / 3, 2 / 3)
    assert (figures["n"], figures["skipped"], figures["unresolved"]) == (3, 0, 1)
    assert figures["by_group"]["task"]["sound"]["official"] == 1


def test_the_table_and_a_file(outputs: Path, tmp_path: Path) -> None:
    shown = run("mmau", outputs, "--json", tmp_path / "scores.json")
    (line,) = [line for line in shown.splitlines() if line.startswith("all ")]
    assert line.split()[:2] == ["all", "3"]
    assert "33.3" in line and "66.7" in line and "-33.3" in line
    assert (
        "Named in 3 answers: the right choice in 2, a wrong one in 0, none of the choices in 1, more than one in 0. "
        "Without a choice, and so wrong: 1."
    ) in shown
    assert "Wording alone: 1 officially wrong that name the right choice, 0 officially right that" in shown
    assert "Not resolved, as it names none of the choices: 1." in shown
    assert "c: '[bold]both'" in shown
    assert json.loads((tmp_path / "scores.json").read_text())["n"] == 3


def test_against_another_run(outputs: Path, tmp_path: Path) -> None:
    other = tmp_path / "other.json"
    other.write_text(json.dumps([row | {"model_output": "dog"} for row in ROWS]))
    shown = run("mmau", outputs, "--against", other)
    assert "strict: +0.0 percent right, 1 gained and 1 lost, McNemar's exact p = 1." in shown
    assert "c, now wrong: '[bold]both'; there 'dog'" in shown


def test_an_unknown_benchmark(outputs: Path) -> None:
    result = CliRunner().invoke(app, ["score", "gsm8k", str(outputs)])
    assert result.exit_code == 1
    assert "benchmark 'gsm8k' is unknown; choose among mmau, mmar, air_bench_foundation" in result.output
