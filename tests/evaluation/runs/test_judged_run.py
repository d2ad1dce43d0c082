"""A run that a judge reads: unscored before, scored after, by the same command or by one of its own."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from random import Random

import numpy as np
import pytest
import soundfile
from typer.testing import CliRunner

from app.main import app
from evaluation.figures.benchmark import groups_figure
from evaluation.figures.style import Look
from evaluation.runs.judging import JudgeSettings, check_judge
from evaluation.runs.run import recorded_scores, run
from evaluation.runs.settings import RunSettings
from tests.fault_server import FaultServer


ANSWER = "Some tone, I think."
MODEL = "openai-api/local/tiny"
JUDGE = "openai-api/local/judge"
TASKS = ("speech_QA", "sound_QA", "music_QA")
RATED = '[{"name": "Cue", "score": 1}]'


@pytest.fixture(autouse=True)
def undrawn(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pages without their pictures, which take seconds."""
    for name in ("groups_figure", "trust_figure"):
        monkeypatch.setattr(f"evaluation.report.run_page.{name}", lambda *what: b"a picture")


@pytest.fixture
def judge(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[JudgeSettings]:
    """Gives the reference 9 points and the answer 5, and half of a rubric's points; the same server is the model."""
    monkeypatch.setenv("LOCAL_API_KEY", "none")
    monkeypatch.setenv("INSPECT_CACHE_DIR", str(tmp_path / "cache"))

    def say(request: dict, random: Random) -> str:
        prompt = request["messages"][-1]["content"]
        if isinstance(prompt, list):  # a recording and a question, for the model
            return ANSWER
        if "## Evaluation Rubric" in prompt:
            return RATED
        return "5 9" if f"Assistant 1s Answer]\n{ANSWER}\n" in prompt else "9 5"

    with FaultServer(say=say) as server:
        yield JudgeSettings(JUDGE, server.base_url)


def write_wav(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    soundfile.write(path, 0.1 * np.sin(np.arange(8000) / 5), 16_000)


@pytest.fixture
def chat(tmp_path: Path, judge: JudgeSettings) -> RunSettings:
    """AIR-Bench chat in its official layout, two questions a task."""
    folder = tmp_path / "data"
    entries = []
    for number in range(6):
        task = TASKS[number // 2]
        write_wav(folder / "Chat" / f"{task}_corpus" / f"{number}.wav")
        entries.append(
            {
                "path": f"{number}.wav",
                "question": "What is heard?",
                "answer_gt": "A tone.",
                "meta_info": f"tone {number}",
                "task_name": task,
                "dataset_name": "corpus",
                "uniq_id": number,
            }
        )
    (folder / "Chat" / "Chat_meta.json").write_text(json.dumps(entries), encoding="utf-8")
    return RunSettings("air_bench_chat", MODEL, data=str(folder), base_url=judge.base_url)


@pytest.fixture
def mmar(tmp_path: Path, judge: JudgeSettings) -> RunSettings:
    """MMAR in its official layout: one question that the model answers rightly, and one wrongly."""
    folder = tmp_path / "mmar"
    entries = []
    for name, answer in (("right", "some tone"), ("wrong", "silence")):
        write_wav(folder / "audio" / f"{name}.wav")
        entries.append(
            {
                "id": name,
                "audio_path": f"./audio/{name}.wav",
                "question": "What is heard?",
                "choices": ["some tone", "silence"],
                "answer": answer,
                "modality": "sound",
                "category": "Signal Layer",
                "sub-category": "Acoustics",
                "thinking": "It is heard.",
                "cue": [],
                "rubric": [{"name": "Cue", "scoring_point": "Two points.", "choices": [0, 1, 2]}],
            }
        )
    (folder / "MMAR-meta.json").write_text(json.dumps(entries), encoding="utf-8")
    return RunSettings("mmar", MODEL, data=str(folder), base_url=judge.base_url)


def command(*arguments: object) -> str:
    result = CliRunner().invoke(app, [*map(str, arguments)])
    assert result.exit_code == 0, result.output
    return " ".join(result.output.split())


def evaluate(settings: RunSettings, output: Path) -> list[object]:
    """The command of a run."""
    options = ["--model", settings.model, "--base-url", settings.base_url, "--data", settings.data]
    return ["evaluate", settings.benchmark, *options, "--output", output]


def read(path: Path) -> dict:
    return json.loads(path.read_text(encoding="utf-8"))


def test_a_run_is_not_scored_before_a_judge_has_read_it(
    chat: RunSettings, judge: JudgeSettings, tmp_path: Path
) -> None:
    output = tmp_path / "run"
    shown = command(*evaluate(chat, output))
    assert "No judge has given points yet." in shown
    assert f"audio-reasoner judge {output}" in shown
    scores = read(output / "scores.json")
    assert (scores["n"], scores["official"], scores["strict"], scores["judging"]) == (6, None, None, None)
    assert {entry["response"] for entry in read(output / "outputs.json")} == {ANSWER}
    assert groups_figure(scores, Look(), "white").startswith(b"\x89PNG")

    shown = command("judge", output, "--judge", JUDGE, "--judge-base-url", judge.base_url)
    assert f"Judged by {JUDGE} at temperature 0; officially it is gpt-4-0125-preview." in shown
    scores = read(output / "scores.json")
    assert (scores["official"], scores["strict"], scores["unresolved"]) == (5, 5, 0)
    assert scores["judging"]["requests"] == 12
    assert read(output / "manifest.json")["judge"]["judge"] == JUDGE
    items = [json.loads(line) for line in (output / "items.jsonl").read_text(encoding="utf-8").splitlines()]
    assert [(item["official"], item["strict"], item["named"]) for item in items] == [(5, 5, "5 5")] * 6

    again = run(chat, output)
    assert (again["official"], again["answered_now"]) == (5, False)
    judging = read(output / "judging.json")
    (output / "judging.json").write_text(json.dumps(judging | {"answers_sha256": "of others"}), encoding="utf-8")
    assert recorded_scores(output)["official"] is None


def test_a_run_and_its_controls_are_judged_at_once(chat: RunSettings, judge: JudgeSettings, tmp_path: Path) -> None:
    output = tmp_path / "run"
    asked = ("--judge", JUDGE, "--judge-base-url", judge.base_url, "--ablate", "silence")
    shown = command(*evaluate(chat, output), *asked)
    assert "Judged by" in shown and "No judge" not in shown
    lines = read(output / "trust.json")["runs"]
    assert [(line["name"], line["official"]) for line in lines] == [("real", 5), ("silence", 5)]
    assert ">5.00<" in (output / "report.html").read_text(encoding="utf-8")


def test_the_reasoning_is_rated_beside_the_score(mmar: RunSettings, judge: JudgeSettings, tmp_path: Path) -> None:
    scores = run(mmar, tmp_path / "run", judge)
    assert (scores["official"], scores["judging"]["requests"]) == (1 / 2, 5)
    rubric = scores["judging"]["rubric"]
    assert (rubric["official"], rubric["strict"], rubric["accuracy"]) == (1 / 4, 1 / 4, 1 / 2)
    assert read(tmp_path / "run" / "manifest.json")["judge"]["raters"] == 5


def test_what_is_wrong_with_a_judge_is_said_first(judge: JudgeSettings, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ValueError, match="mmau is scored without a judge"):
        check_judge("mmau", judge)
    with pytest.raises(ValueError, match="mmar is officially judged at temperature 0"):
        check_judge("mmar", replace(judge, official_randomness=True))
    with pytest.raises(ValueError, match="the controls of air_bench_chat are compared by a judge's points"):
        check_judge("air_bench_chat", None, controls=True)
    monkeypatch.delenv("LOCAL_API_KEY")
    with pytest.raises(ValueError, match="cannot be asked: .*LOCAL_API_KEY"):
        check_judge("air_bench_chat", judge)
    check_judge("mmau", None, controls=True)


def test_options_of_a_judge_need_one(tmp_path: Path) -> None:
    result = CliRunner().invoke(
        app, ["evaluate", "air_bench_chat", "--model", "m/m", "--output", str(tmp_path), "--official-randomness"]
    )
    assert result.exit_code == 1 and "name it by --judge" in result.output
