"""What `audio-reasoner evaluate` refuses before anything is asked, each in one sentence."""

from __future__ import annotations

import json
import subprocess
import sys
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


HEAVY = ("inspect_ai", "torch", "transformers")
REFUSED = """
import json, sys
from typer.testing import CliRunner
from app.main import app
for arguments in json.loads(sys.argv[1]):
    result = CliRunner().invoke(app, ["evaluate", *arguments])
    loaded = [name for name in json.loads(sys.argv[2]) if name in sys.modules]
    print(json.dumps([result.exit_code, " ".join(result.stderr.split()), loaded]))
"""


def test_what_is_wrong_is_said_before_anything_heavy_is_imported(model: str, tmp_path: Path) -> None:
    """inspect and torch take seconds."""
    for name in ("model.safetensors", "processor_config.json"):
        (Path(model) / name).touch()
    data, used, output = tmp_path / "data", tmp_path / "used", str(tmp_path / "new")
    data.mkdir()
    used.mkdir()
    settings = {"benchmark": "cota", "model": model, "data": str(data), "max_tokens": 5}
    manifest = {"format": 1, "settings": settings, "model": {"sha256": "ab"}, "data": {}}
    (used / "manifest.json").write_text(json.dumps(manifest))
    (tmp_path / "moved.json").write_text(json.dumps(manifest | {"settings": settings | {"model": "was/here"}}))
    cota = ["cota", "--model", model, "--data", str(data)]
    cases = {
        "benchmark 'mmlu' is unknown": ["mmlu", "--model", model, "--output", output],
        "cota has no split 'tests'": [*cota, "--split", "tests", "--output", output],
        "There is no folder absent: get cota from": ["cota", "--model", model, "--data", "absent", "--output", output],
        "model /absent is no folder here: check the path": ["cota", "--model", "/absent", "--output", output],
        "model 'absent' is neither a model folder nor": ["cota", "--model", "absent", "--output", output],
        "used holds a run with another max_tokens (5 there, 2048 here)": [*cota, "--output", str(used)],
        "ablation 'deafness' is unknown": [*cota, "--ablate", "deafness", "--output", output],
        "there is no such manifest": ["--from", "absent.json", "--output", output],
        "was/here, the model of": ["--from", str(tmp_path / "moved.json"), "--output", output],
    }
    command = [sys.executable, "-c", REFUSED, json.dumps(list(cases.values())), json.dumps(HEAVY)]
    done = subprocess.run(command, capture_output=True, text=True, check=True, cwd=Path(__file__).parents[2])
    found = [json.loads(line) for line in done.stdout.splitlines()]
    for (code, sentence, loaded), expected in zip(found, cases, strict=True):
        assert (code, loaded) == (1, []) and expected in sentence, (code, sentence, loaded)


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
