"""The ablations' runs, two variants from random weights to collected results in two steps each, killed in between."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import yaml
from datasets import Dataset
from safetensors.torch import load_file


ROOT = Path(__file__).parent.parent.parent
sys.path[:0] = [str(ROOT / "recipes"), str(ROOT / "tests" / "recipes")]
MAKE = ["make", "-f", str(ROOT / "recipes/ablations/Makefile"), "MINI=tiny", "SEEDS=3", "VARIANTS=full response_only"]
OPTIONS = ["SFT_OPTIONS=--max_steps 2 --logging_steps 1", "EVALUATE_OPTIONS=--max-new-tokens 8"]
OF_A_RUN = ["text", "encoder", "compose", "train", "evaluate"]


@pytest.fixture(scope="module")
def place(tmp_path_factory) -> Path:
    """A folder with CoTA of tones, test split included, and the demo's recipes at the size of a test."""
    from synthetic_cota import row, write_cota
    from tiny_models import ENCODER, EXTRACTOR, TEXT_MODEL

    from dataset_builder.schema import features

    place = tmp_path_factory.mktemp("ablations")
    write_cota(place / "cota", train=64, validation=8)
    generator = np.random.default_rng(1)
    tested = [row(index, "test", generator, structured=True, heard="tone") for index in range(12)]
    Dataset.from_list(tested, features=features()).to_parquet(place / "cota/data/test-00000-of-00001.parquet")
    parts = {"encoder": ENCODER, "feature_extractor": EXTRACTOR, "vocabulary_of": {}}
    for name, changes in {
        "text/config_initial.yaml": {"vocab_size": 600, "phrase_tokens": 20, "model": TEXT_MODEL},
        "text/config_demo.yaml": {"max_steps": 2},
        "encoder/config_demo.yaml": {"max_steps": 2, **parts},
    }.items():
        keys = yaml.safe_load((ROOT / "recipes/audio-reasoner-mini" / name).read_text(encoding="utf-8"))
        (place / "tiny" / name).parent.mkdir(parents=True, exist_ok=True)
        (place / "tiny" / name).write_text(yaml.safe_dump(keys | changes), encoding="utf-8")
    return place


def environment(place: Path) -> dict[str, str]:
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    return {**os.environ, "PATH": path, "TRACKIO_DIR": str(place / "trackio")}


def begun(text: str) -> list[str]:
    return re.findall(r"^(\S+): begun$", text, flags=re.MULTILINE)


def test_two_variants_go_the_whole_way(place):
    started = {"cwd": place, "env": environment(place), "stdout": subprocess.PIPE, "stderr": subprocess.STDOUT}
    with subprocess.Popen([*MAKE, *OPTIONS], text=True, start_new_session=True, **started) as process:
        seen = ""
        while "train-full-3: begun" not in seen:
            line = process.stdout.readline()
            assert line, seen
            seen += line
        os.killpg(process.pid, signal.SIGKILL)
    assert begun(seen) == ["data", "initial-3", "text_data-full", *(f"{step}-full-3" for step in OF_A_RUN[:4])]

    run = subprocess.run([*MAKE, *OPTIONS], text=True, timeout=900, **started)
    assert run.returncode == 0, run.stdout
    others = ["text_data-response_only", *(f"{step}-response_only-3" for step in OF_A_RUN)]
    assert begun(run.stdout) == ["train-full-3", "evaluate-full-3", *others]
    assert "evaluate-response_only-3: " in run.stdout and "2 of 2 runs are finished" in run.stdout
    again = subprocess.run([*MAKE, *OPTIONS], text=True, **started)
    assert again.returncode == 0 and not begun(again.stdout)

    out = place / "demo/ablations"
    before, after = {}, {}
    for variant in ("full", "response_only"):
        before[variant] = load_file(out / f"warm_ups/{variant}-3/composed/model.safetensors")
        after[variant] = load_file(out / f"runs/{variant}-3/model/model.safetensors")
        changed = [name for name, tensor in after[variant].items() if not tensor.equal(before[variant][name])]
        assert changed and before[variant].keys() == after[variant].keys()
        log = json.loads((out / f"runs/{variant}-3/model/checkpoint-2/trainer_state.json").read_text(encoding="utf-8"))
        assert (log["global_step"], log["train_batch_size"]) == (2, 16)
        results = json.loads((out / f"runs/{variant}-3/evaluation/results.json").read_text(encoding="utf-8"))
        assert list(results["conditions"]) == ["real", "silence"] and results["questions"] == 12
    name = "language_model.model.embed_tokens.weight"
    assert not before["full"][name].equal(before["response_only"][name]), "each has a warm-up of its own"

    command = [sys.executable, str(ROOT / "recipes/ablation_results.py"), "--output", "results"]
    collected = subprocess.run(
        command, text=True, **{**started, "env": environment(place) | {"PYTHONPATH": str(ROOT)}}
    )
    assert collected.returncode == 0, collected.stdout
    results = json.loads((place / "results/results.json").read_text(encoding="utf-8"))
    assert list(results["variants"]) == ["full", "response_only"] and (results["steps"], results["rows"]) == (2, 32)
    assert results["variants"]["response_only"]["trained_tokens"] == 4 * 32


def test_a_failed_step_shows_the_end_of_its_log(place):
    command = [*MAKE, "VARIANTS=without_caption", "TEXT_OPTIONS=--max_steps none"]
    run = subprocess.run(command, cwd=place, env=environment(place), capture_output=True, text=True)
    assert run.returncode != 0
    assert "max_steps is 'none': give a whole number" in run.stdout
    assert "text-without_caption-3 failed: its log is demo/ablations/logs/text-without_caption-3.log" in run.stdout
    assert not (place / "demo/ablations/warm_ups/without_caption-3").exists()
