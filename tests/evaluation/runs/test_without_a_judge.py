"""AIR-Bench chat is asked and recorded without a judge; what has no points has no figure and no controls."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from inspect_ai import Task
from inspect_ai import eval as inspect_eval
from inspect_ai.log import EvalLog
from inspect_ai.model import ModelOutput, ModelUsage, get_model

from evaluation.benchmarks.question import Question
from evaluation.report.run_page import write_run_page
from evaluation.runs import run as runs
from evaluation.runs.judging import check_judge
from evaluation.runs.settings import RunSettings
from evaluation.tasks.samples import samples
from evaluation.tasks.scoring import official_and_strict, sides


SETTINGS = RunSettings("air_bench_chat", "mockllm/model")
ENTRY = {"task_name": "sound_QA", "dataset_name": "x", "uniq_id": 0, "meta_info": "A tone.", "answer_gt": "A tone."}


@pytest.fixture
def log(tmp_path: Path) -> EvalLog:
    """Of one question, which was answered "8 7"."""
    question = Question(id="sound_QA/x/0", entry=ENTRY, text="What is it?", answer="A tone.", kind="sound_QA")
    output = ModelOutput.from_content("mockllm/model", "8 7")
    output.usage = ModelUsage()  # without it inspect counts tokens by a tokenizer that it downloads
    task = Task(
        dataset=samples([question], "air_bench_chat", "listed", "real", 0),
        scorer=official_and_strict("air_bench_chat"),
        metrics=sides("air_bench_chat"),
    )
    model = get_model("mockllm/model", custom_outputs=[output], memoize=False)
    (found,) = inspect_eval(task, model=model, log_dir=str(tmp_path / "log"), display="none")
    assert found.status == "success", found.error
    return found


def test_a_run(log: EvalLog, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runs, "answered", lambda settings, output, **options: (log, True))
    scores = runs.run(SETTINGS, tmp_path)
    assert (scores["n"], scores["official"], scores["strict"], scores["failed"]) == (1, None, None, 0)
    assert scores["key"] == "response"
    assert scores["statements"] == [
        "No judge has given points yet.",
        f"Name a model that judges: audio-reasoner judge {tmp_path} --judge MODEL",
    ]
    outputs = json.loads((tmp_path / "outputs.json").read_text(encoding="utf-8"))
    assert outputs == [{**ENTRY, "response": "8 7"}]
    _, manifest, items = runs.read_run(tmp_path)
    assert manifest["settings"] == SETTINGS.to_json()
    assert [(item["id"], item["output"], item["official"], item["strict"]) for item in items] == [
        ("sound_QA/x/0", "8 7", None, None)
    ]
    assert "No judge has given points yet." in write_run_page(tmp_path).read_text(encoding="utf-8")


def test_controls_would_have_to_be_judged() -> None:
    with pytest.raises(ValueError, match="the controls of air_bench_chat are compared by a judge's points"):
        check_judge("air_bench_chat", None, controls=True)
    with pytest.raises(ValueError, match="benchmark 'mmlu' is unknown"):
        RunSettings("mmlu", "mockllm/model")
