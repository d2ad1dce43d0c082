"""A tiny model of random weights answers a tiny CoTA folder through inspect: what the folder of a run holds."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from evaluation.cota_results import read_answers, read_results, write_cota_results
from evaluation.local.process import ModelStopped
from evaluation.local.provider import LocalAudioReasoner
from evaluation.outputs.registry import BENCHMARKS
from evaluation.outputs.score import score_outputs
from evaluation.report.run_page import write_run_page
from evaluation.runs import answering
from evaluation.runs.answering import RunFailed
from evaluation.runs.controls import controls_of
from evaluation.runs.repeat import repeat
from evaluation.runs.run import read_run, run
from evaluation.runs.settings import RunSettings
from evaluation.runs.trust import run_controls


QUESTIONS = 12
OPTIONS: dict[str, Any] = {"batch_size": 5}


@pytest.fixture(scope="module")
def settings(cota: Path, tiny_model: Path) -> RunSettings:
    return RunSettings("cota", str(tiny_model), data=str(cota), max_tokens=6)


@pytest.fixture(scope="module")
def finished(settings: RunSettings, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict, dict]:
    """A run and the controls `silence` and `shuffle`, with one other order: the folder, scores, and trust."""
    output = tmp_path_factory.mktemp("run")
    begun: list[str] = []
    scores = run(settings, output, **OPTIONS)
    trust = run_controls(settings, output, ["silence", "shuffle"], 1, begun.append, **OPTIONS)
    assert begun == ["silence", "shuffle", "order-1"]
    return output, scores, trust


def test_every_question_is_answered_and_scored(finished: tuple[Path, dict, dict]) -> None:
    output, scores, _ = finished
    outputs = json.loads((output / "outputs.json").read_text(encoding="utf-8"))
    assert len(outputs) == QUESTIONS == scores["n"]
    assert all(
        set(entry) == {"id", "domain", "task", "question", "choices", "answer", "response"} for entry in outputs
    )
    assert scores["failed"] == 0 and scores["answered_now"]
    assert scores["cut"] == sum(item["stop"] == "max_tokens" for item in read_run(output)[2])
    assert score_outputs(BENCHMARKS["cota"], output / "outputs.json").figures["strict"] == scores["strict"]


def test_what_was_heard_is_noted(finished: tuple[Path, dict, dict]) -> None:
    output, _, _ = finished
    items = {name: read_run(output / place)[2] for name, place in (("real", "."), ("shuffle", "controls/shuffle"))}
    # 80 ms a token; one of these clips of 0.6 to 0.9 s gives 7 to 11.
    assert all(7 <= item["tokens"]["audio"] <= 11 for item in items["real"])
    sent = {item["id"]: item["heard"]["sent"][0]["sent_sha256"] for item in items["real"]}
    swapped = {item["id"]: item["heard"]["sent"][0]["sent_sha256"] for item in items["shuffle"]}
    assert all(item["hears"] not in (None, item["id"]) for item in items["shuffle"])
    assert all(swapped[item["id"]] == sent[item["hears"]] for item in items["shuffle"])
    silence = read_run(output / "controls" / "silence")[2]
    assert len({item["heard"]["sent"][0]["sent_sha256"] for item in silence}) == len({0.6, 0.7, 0.8, 0.9})


def test_the_manifest_says_what_was_measured(finished: tuple[Path, dict, dict], settings: RunSettings) -> None:
    _, manifest, _ = read_run(finished[0])
    assert RunSettings.from_json(manifest["settings"], "it") == settings
    assert len(manifest["model"]["sha256"]) == len(manifest["outputs_sha256"]) == len(manifest["scorers_sha256"]) == 64
    assert manifest["process"]["isolated"] and manifest["process"]["model_class"].startswith("transformers_modules.")
    assert manifest["prompt"] == "{question}\nChoose one: {listed}."
    assert {"torch", "transformers", "python"} <= set(manifest["versions"])


def test_what_is_there_is_not_asked_again(
    finished: tuple[Path, dict, dict], settings: RunSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    def asked(*arguments: object, **options: object) -> None:
        raise AssertionError("asked again")

    monkeypatch.setattr(answering, "inspect_eval", asked)
    monkeypatch.setattr(answering, "eval_retry", asked)
    output, scores, _ = finished
    again = run(settings, output, **OPTIONS)
    assert not again["answered_now"] and again["strict"] == scores["strict"]


def test_a_folder_of_another_run_is_refused(finished: tuple[Path, dict, dict], settings: RunSettings) -> None:
    other = RunSettings(**{**settings.to_json(), "max_tokens": 5})
    with pytest.raises(ValueError, match=r"holds a run with another max_tokens \(6 there, 5 here\): name another"):
        run(other, finished[0], **OPTIONS)


def test_a_model_that_was_trained_again_is_asked_again(
    finished: tuple[Path, dict, dict], settings: RunSettings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What the log holds was answered by other weights."""

    def asked(*arguments: object, **options: object) -> None:
        raise AssertionError("asked again")

    monkeypatch.setattr(answering, "inspect_eval", asked)
    monkeypatch.setattr(answering, "model_sha256", lambda folder: "another one")
    with pytest.raises(AssertionError, match="asked again"):
        run(settings, shutil.copytree(finished[0], tmp_path / "run"), **OPTIONS)


def test_a_model_that_is_not_there_is_said_to_be_none(cota: Path, tmp_path: Path) -> None:
    nowhere = RunSettings("cota", "demo/nomodel", data=str(cota))
    with pytest.raises(ValueError, match="model demo/nomodel is no folder here, and inspect knows no provider 'demo'"):
        run(nowhere, tmp_path / "run")


def test_an_interrupted_run_says_how_to_go_on(
    settings: RunSettings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(answering, "inspect_eval", lambda *arguments, **options: [])
    with pytest.raises(RunFailed, match="run was interrupted; the same command goes on with it"):
        run(settings, tmp_path, **OPTIONS)


def test_a_control_is_compared_with_the_run(finished: tuple[Path, dict, dict]) -> None:
    output, scores, trust = finished
    real, *controls = trust["runs"]
    assert real["name"] == "real" and real["strict"] == scores["strict"] and "difference" not in real
    assert [line["name"] for line in controls] == ["silence", "shuffle", "order-1"]
    assert all(line["difference"] == pytest.approx(line["strict"] - real["strict"]) for line in controls)
    assert all(0 <= line["p"] <= 1 for line in controls)
    assert 0 <= trust["agreement"] <= 1
    orders = json.loads((output / "controls" / "order-1" / "outputs.json").read_text(encoding="utf-8"))
    own = json.loads((output / "outputs.json").read_text(encoding="utf-8"))
    assert any(one["choices"] != other["choices"] for one, other in zip(own, orders, strict=True))
    assert all(sorted(one["choices"]) == sorted(other["choices"]) for one, other in zip(own, orders, strict=True))


def test_controls_are_of_a_run_that_hears(settings: RunSettings) -> None:
    with pytest.raises(ValueError, match="ablation 'deafness' is unknown"):
        controls_of(settings, ["deafness"], 0)
    silent = RunSettings(**{**settings.to_json(), "heard": "silence"})
    with pytest.raises(ValueError, match="controls are of a run that hears"):
        controls_of(silent, ["noise"], 0)


def test_a_repetition_says_that_the_outputs_are_the_same(
    finished: tuple[Path, dict, dict], settings: RunSettings, tmp_path: Path
) -> None:
    """Of a model and data that lie somewhere else by now."""
    scores, output = finished[1], Path(shutil.copytree(finished[0], tmp_path / "run"))
    manifest = json.loads((output / "manifest.json").read_text(encoding="utf-8"))
    manifest["settings"] |= {"model": "was/here", "data": "was/there"}
    (output / "manifest.json").write_text(json.dumps(manifest))
    with pytest.raises(ValueError, match=r"was/here, the model of .*manifest.json, is not here: say where .* --model"):
        repeat(output / "manifest.json", tmp_path / "again", **OPTIONS)
    with pytest.raises(FileNotFoundError, match=r"was/there, the data of .*, are not here: say where they .* --data"):
        repeat(output, tmp_path / "again", settings.model, **OPTIONS)
    result = repeat(output / "manifest.json", tmp_path / "again", settings.model, settings.data, **OPTIONS)
    assert result["identical"] and result["changed"] == [] and result["scores"]["strict"] == scores["strict"]
    assert result["differs"] == []
    with pytest.raises(ValueError, match="is the folder of the manifest"):
        repeat(output, output, **OPTIONS)


def test_another_model_is_no_repetition(
    finished: tuple[Path, dict, dict], settings: RunSettings, tmp_path: Path
) -> None:
    manifest = json.loads((finished[0] / "manifest.json").read_text(encoding="utf-8"))
    model = Path(shutil.copytree(settings.model, tmp_path / "model"))
    (model / "generation_config.json").write_text("{}")
    manifest["settings"]["model"] = str(model)
    (tmp_path / "manifest.json").write_text(json.dumps(manifest))
    with pytest.raises(ValueError, match="is not the model of"):
        repeat(tmp_path / "manifest.json", tmp_path / "again")


def test_the_page_holds_the_figures_and_every_item(finished: tuple[Path, dict, dict]) -> None:
    output, scores, _ = finished
    page = write_run_page(output).read_text(encoding="utf-8")
    assert f"{100 * scores['strict']:.1f}" in page and "another&#39;s recording" in page
    assert all(item["id"] in page for item in read_run(output)[2])
    assert {path.name for path in (output / "figures").iterdir()} == {"groups.png", "trust.png"}
    assert "http://" not in page and "https://" not in page


def test_results_of_cota_stand_beside_chance_and_the_text_alone(
    finished: tuple[Path, dict, dict], cota: Path, tmp_path: Path
) -> None:
    output, scores, _ = finished
    results = write_cota_results(output, cota)
    assert list(results["conditions"]) == ["real", "silence", "shuffled"]
    whole = results["table"][0]
    assert whole["real"]["accuracy"] == scores["strict"] and whole["chance"] == 0.25 and whole["text_only"] == 0.28
    answers = {name: read_answers(output, name) for name in results["conditions"]}
    assert len({tuple(row["id"] for row in rows) for rows in answers.values()}) == 1
    assert all(row["clip"] == row["id"] for row in answers["real"])
    assert all(row["clip"] is None for row in answers["silence"])
    assert all(row["clip"] not in (None, row["id"]) for row in answers["shuffled"])
    copy = Path(shutil.copytree(output, tmp_path / "evaluation"))
    rows = (copy / "real.jsonl").read_text(encoding="utf-8").splitlines(keepends=True)
    (copy / "real.jsonl").write_text("".join(rows[:-1]), encoding="utf-8")
    with pytest.raises(ValueError, match="incomplete or changed"):
        read_answers(copy, "real")
    (copy / "results.json").unlink()
    with pytest.raises(ValueError, match="no finished evaluation"):
        read_results(copy)


def test_a_model_that_cannot_answer_ends_the_run_with_its_reason(
    settings: RunSettings, tiny_model: Path, tmp_path: Path
) -> None:
    broken = Path(shutil.copytree(tiny_model, tmp_path / "broken"))
    (broken / "processing_audio_reasoner.py").unlink()
    with pytest.raises((ValueError, RunFailed), match="processing_audio_reasoner"):
        run(RunSettings(**{**settings.to_json(), "model": str(broken)}), tmp_path / "run", **OPTIONS)


def test_settings_that_make_no_sense(tiny_model: Path) -> None:
    def of(**changes: Any) -> RunSettings:
        return RunSettings(**{"benchmark": "cota", "model": str(tiny_model), **changes})

    with pytest.raises(ValueError, match="heard is 'nothing'"):
        of(heard="nothing")
    with pytest.raises(ValueError, match="max_tokens must be 1 or more"):
        of(max_tokens=0)
    with pytest.raises(ValueError, match="top_p is for drawn answers"):
        of(top_p=0.9)
    with pytest.raises(ValueError, match="neither a model folder nor a model of inspect's"):
        of(model="no-such-folder")
    assert of(model="openai-api/local/tiny").inspect_model == "openai-api/local/tiny"
    assert of().inspect_model == f"audio_reasoner/{tiny_model}"


def test_a_deaf_model_has_no_score(settings: RunSettings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Half of the questions were answered before it was found out: none of the answers counts."""
    answer = LocalAudioReasoner.generate
    asked: list[int] = []

    async def found_out(self, **arguments: Any) -> Any:
        asked.append(1)
        if len(asked) > QUESTIONS // 2:
            raise ModelStopped("the model did not hear the recording as it was asked about.")
        return await answer(self, **arguments)

    monkeypatch.setattr(LocalAudioReasoner, "generate", found_out)
    with pytest.raises(RunFailed, match=r"run: the model did not hear .* Nothing of this run is scored"):
        run(settings, tmp_path / "run", **OPTIONS)
    assert not (tmp_path / "run" / "scores.json").exists()
