"""What `audio-reasoner evaluate` refuses before anything is asked, each in one sentence."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from app.main import app


def said(*arguments: str) -> str:
    """The sentence with which the command ends, its line breaks undone."""
    result = CliRunner().invoke(app, ["evaluate", *arguments])
    assert result.exit_code == 1, result.output
    return " ".join(result.stderr.split())


@pytest.fixture
def model(tmp_path: Path) -> str:
    folder = tmp_path / "model"
    folder.mkdir()
    (folder / "config.json").write_text("{}")
    return str(folder)


def test_what_is_missing(model: str, tmp_path: Path) -> None:
    assert "name the folder of the results by --output" in said("cota", "--model", model)
    assert "name a benchmark and --model, or a manifest by --from" in said("cota", "--output", str(tmp_path / "run"))
    assert "name a benchmark and --model, or a manifest by --from" in said("--output", str(tmp_path / "run"))


def test_what_does_not_go_together(model: str, tmp_path: Path) -> None:
    output = ("--output", str(tmp_path / "run"))
    manifest = ("--from", str(tmp_path / "manifest.json"))
    assert "manifest.json as it was: leave out benchmark." in said("cota", *manifest, *output)
    for option in ("--train-data", "--max-tokens", "--prompt", "--limit", "--seed"):
        sentence = said(*manifest, *output, option, "4")
        assert f"as it was: leave out {option.removeprefix('--')}. --model and --data say where" in sentence
    judge = said("cota", "--model", model, *output, "--official-randomness")
    assert "--judge-base-url and --official-randomness are of a judge" in judge
    assert "ablation 'deafness' is unknown" in said("cota", "--model", model, *output, "--ablate", "deafness")


def test_a_manifest_that_is_not_there(tmp_path: Path) -> None:
    sentence = said("--from", str(tmp_path / "manifest.json"), "--output", str(tmp_path / "run"))
    assert "there is no such manifest" in sentence


def test_a_benchmark_that_is_not_there(model: str, tmp_path: Path) -> None:
    sentence = said("mmlu", "--model", model, "--output", str(tmp_path / "run"))
    assert "benchmark 'mmlu' is unknown; choose among mmau" in sentence
