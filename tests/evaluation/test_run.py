"""A tiny model of random weights answers, deaf models are refused, and nothing is answered twice."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from evaluation import run
from evaluation.run import evaluate_cota, read_answers, read_results


@pytest.fixture(scope="module")
def evaluated(cota: Path, tiny_model: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict, list]:
    output = tmp_path_factory.mktemp("evaluation")
    told: list[tuple[str, int, int]] = []
    results = evaluate_cota(
        tiny_model,
        cota,
        output,
        batch_size=5,
        max_new_tokens=6,
        progress=lambda *what: told.append(what),
    )
    return output, results, told


def test_all_rows_are_answered_under_all_conditions(evaluated: tuple[Path, dict, list]) -> None:
    output, results, told = evaluated
    assert list(results["conditions"]) == ["real", "silence", "shuffled"] == results["answered_now"]
    assert results["questions"] == 12
    assert results["process"]["isolated"]
    assert results["process"]["model_class"].startswith("transformers_modules.")
    assert told[-1] == ("shuffled", 12, 12)
    answers = {name: read_answers(output, name) for name in results["conditions"]}
    assert len({tuple(row["id"] for row in rows) for rows in answers.values()}) == 1
    assert all(row["clip"] == row["id"] for row in answers["real"])
    assert all(row["clip"] is None for row in answers["silence"])
    assert all(row["clip"] not in (None, row["id"]) for row in answers["shuffled"])
    assert all(row["new_tokens"] <= 6 for rows in answers.values() for row in rows)
    assert results["table"][0]["real"]["truncated"] == sum(row["truncated"] for row in answers["real"])
    # 80 ms a token: one of these clips of 0.6 to 0.9 s gives 7 to 11.
    assert 12 * 7 <= results["conditions"]["real"]["audio_tokens"] <= 12 * 11


def test_what_is_there_is_not_answered_again(
    evaluated: tuple[Path, dict, list], cota: Path, tiny_model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    output, results, _ = evaluated
    asked: list[list[str]] = []
    monkeypatch.setattr(run, "answer_isolated", lambda model, files, conditions, **_: asked.append(conditions))
    again = evaluate_cota(tiny_model, cota, output, max_new_tokens=6)
    assert again["answered_now"] == [] == asked
    assert again["table"] == results["table"]
    with pytest.raises(ValueError, match="no answers|not the answers"):
        evaluate_cota(tiny_model, cota, output.with_name("other"), max_new_tokens=6)
    assert asked == [["real", "silence", "shuffled"]]


def test_cut_answers_are_not_taken_for_whole(evaluated: tuple[Path, dict, list], tmp_path: Path) -> None:
    output = Path(shutil.copytree(evaluated[0], tmp_path / "evaluation"))
    rows = (output / "real.jsonl").read_text(encoding="utf-8").splitlines(keepends=True)
    (output / "real.jsonl").write_text("".join(rows[:-1]), encoding="utf-8")
    with pytest.raises(ValueError, match="incomplete or changed"):
        read_answers(output, "real")
    (output / "results.json").unlink()
    with pytest.raises(ValueError, match="no finished evaluation"):
        read_results(output)


def test_a_model_whose_code_is_missing_fails_in_one_sentence(cota: Path, tiny_model: Path, tmp_path: Path) -> None:
    """The folder has to stand by itself: the project's own copy of the code is not found in the process."""
    broken = Path(shutil.copytree(tiny_model, tmp_path / "broken"))
    (broken / "processing_audio_reasoner.py").unlink()
    with pytest.raises(ValueError, match="processing_audio_reasoner"):
        evaluate_cota(broken, cota, tmp_path / "evaluation", conditions=["real"], max_new_tokens=2)
    assert not list((tmp_path / "evaluation").glob("*.json*"))


def test_folders_that_are_not_models(cota: Path, tiny_model: Path, tmp_path: Path) -> None:
    def evaluate(model: Path) -> None:
        evaluate_cota(model, cota, tmp_path / "evaluation")

    with pytest.raises(ValueError, match="no such folder"):
        evaluate(tmp_path / "none")
    with pytest.raises(ValueError, match="not a model folder, it has no config.json"):
        evaluate(cota)
    part = Path(shutil.copytree(tiny_model, tmp_path / "part"))
    (part / "model.safetensors").unlink()
    with pytest.raises(ValueError, match="no weights"):
        evaluate(part)


def test_conditions_are_checked(cota: Path, tiny_model: Path, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="condition 'noise' is unknown"):
        evaluate_cota(tiny_model, cota, tmp_path, conditions=["real", "noise"])
    with pytest.raises(ValueError, match="condition 'real' is missing"):
        evaluate_cota(tiny_model, cota, tmp_path, conditions=["silence"])


def test_the_manifest_says_what_was_measured(evaluated: tuple[Path, dict, list]) -> None:
    manifest = json.loads((evaluated[0] / "manifest.json").read_text(encoding="utf-8"))
    entry = manifest["conditions"]["real"]
    assert len(entry["basis"]["model_sha256"]) == 64
    assert entry["basis"]["decoding"] == {"strategy": "greedy", "max_new_tokens": 6}
    assert {"torch", "transformers", "python"} <= set(entry["versions"])
