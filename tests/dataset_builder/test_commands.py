"""`audio-reasoner build` and `check` at the command line."""

from __future__ import annotations

import shutil

import pytest
from typer.testing import CliRunner

from app.main import app


@pytest.fixture
def run(recordings, monkeypatch):
    monkeypatch.setattr("dataset_builder.sources.debian.read_recordings", lambda cache: recordings)
    return lambda *arguments: CliRunner().invoke(app, [str(argument) for argument in arguments])


def test_build_prints_the_baselines_beside_chance(run, tmp_path):
    result = run("build", "--output", tmp_path / "cota", "--rows", 40, "--workers", 1)
    assert result.exit_code == 0, result.output
    assert all(word in result.output for word in ("chance", "majority", "lead_instrument", "Places of the answer"))
    assert (tmp_path / "cota" / "manifest.json").is_file()


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


def test_build_does_not_overwrite_another_folder(run, tmp_path):
    (tmp_path / "notes.txt").write_text("mine")
    result = run("build", "--output", tmp_path, "--rows", 40, "--workers", 1)
    assert result.exit_code == 1
    assert "it is not overwritten" in result.stderr
    assert (tmp_path / "notes.txt").read_text() == "mine"
