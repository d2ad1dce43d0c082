"""`audio-reasoner build` and `check` at the command line."""

from __future__ import annotations

import json
import shutil

import pytest
import yaml
from typer.testing import CliRunner

from app.main import app


@pytest.fixture
def run():
    return lambda *arguments: CliRunner().invoke(app, [str(argument) for argument in arguments])


@pytest.fixture
def config(recordings, tmp_path):
    """A build file for all the recordings."""
    folders = sorted({str(recording.audio.path.parent) for recording in recordings})
    path = tmp_path / "build.yaml"
    settings = {
        "output": "cota",
        "tasks": 2,
        "sources": [{"corpus": "folder", "folder": folder} for folder in folders],
        "measure": {"facts": ["silence"], "fingerprint": False},
        "question": {"teacher": "annotations", "rows": 40},
        "reason": {"teacher": "annotations"},
        "review": {"checks": ["structure"]},
    }
    path.write_text(yaml.safe_dump(settings))
    return path


def test_build_prints_the_baselines_beside_chance(run, config, tmp_path):
    result = run("build", config, "--workers", 1)
    assert result.exit_code == 0, result.output
    assert all(f"{stage} (rows)" in result.stderr for stage in ("measure", "review", "publish")), "what a bar counts"
    assert all(word in result.output for word in ("chance", "majority", "lead_instrument", "Places of the answer"))
    assert (tmp_path / "cota" / "manifest.json").is_file()
    assert (tmp_path / "cota" / "build.yaml").read_text() == config.read_text()
    assert "torch" in json.loads((tmp_path / "cota" / "versions.json").read_text())


def test_the_status_of_a_build(run, config, tmp_path):
    result = run("build", config, "--status")
    assert result.exit_code == 0, result.output
    assert "read" in result.output and "0/1" in result.output and "not written yet" in result.output
    assert not (tmp_path / "cota.build").exists()
    run("build", config, "--workers", 1)
    result = run("build", config, "--status")
    assert "2/2" in result.output and "cota is written" in result.output.replace("\n", "")


def test_check_writes_the_figure(run, cota, tmp_path):
    result = run("check", cota, "--figure", tmp_path / "cota.png")
    assert result.exit_code == 0, result.output
    assert "is whole" in result.output.replace("\n", " ")
    assert (tmp_path / "cota.png").stat().st_size > 0


def test_a_missing_shard_ends_with_one_sentence(run, cota, tmp_path):
    copy = shutil.copytree(cota, tmp_path / "cota")
    next(copy.glob("data/*/genre/train-*")).unlink()
    result = run("check", copy)
    assert result.exit_code == 1
    assert result.stderr.count("\n") == 1
    assert "lacks the shard data/music/genre/train-00000-of-00001.parquet" in result.stderr


def test_build_does_not_overwrite_another_folder(run, config, tmp_path):
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "notes.txt").write_text("mine")
    result = run("build", config, "--output", tmp_path / "mine", "--workers", 1)
    assert result.exit_code == 1
    assert "it is not overwritten" in result.stderr
    assert (tmp_path / "mine" / "notes.txt").read_text() == "mine"


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("colour: red", "`colour:` is unknown"),
        ("seed: many", "seed is 'many'"),
        ("splits: {train: 1.0}", "give shares of train, validation, test"),
        ("splits: {train: 0.8, validation: 0.1, test: 0.1}", "`splits:` cannot be set with the teacher annotations"),
        ("splits: 0.9", "`splits:` is 0.9: give names and values"),
        ("output: 5", "`output:` is 5: give a path"),
        ("sources: here", "`sources:` is 'here': give a list"),
        ("teachers: {ear: gemini}", "`teachers: ear:` is 'gemini': give settings"),
        ("question: {teacher: annotations}", "`question:` needs `rows:`"),
        ("question: {teacher: annotations, rows: many}", "`question:` rows is 'many'"),
        ("annotate: {teacher: gpt}", "`annotate: teacher: gpt` is no teacher of this build"),
        ("question: {teacher: annotations, lines: 3}", "`question:` knows no `lines:` here"),
        ("review: {checks: [taste]}", "`review:` There is no check 'taste'"),
        ("measure: {facts: [smell]}", "`measure:` There are no facts 'smell'"),
        ("sources: [{folder: x}]", "Source 1 of the build names no `corpus:`"),
        ("sources: [{corpus: atlantis}]", "atlantis"),
        ("{", "is not YAML"),
    ],
)
def test_what_a_build_file_gets_wrong_is_one_sentence(run, config, line, message):
    key = line.split(":")[0]
    kept = {name: value for name, value in yaml.safe_load(config.read_text()).items() if name != key}
    config.write_text(f"{yaml.safe_dump(kept)}{line}\n")
    result = run("build", config, "--workers", 1)
    assert result.exit_code == 1, result.output
    assert result.stderr.count("\n") == 1
    assert message in result.stderr
    assert "Traceback" not in result.output
