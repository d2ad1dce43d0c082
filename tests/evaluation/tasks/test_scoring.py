"""inspect shows the figures that `audio-reasoner score` gives for the same outputs."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from inspect_ai import Task
from inspect_ai import eval as inspect_eval
from inspect_ai.log import EvalLog
from inspect_ai.model import ChatMessage, ModelOutput, ModelUsage, get_model
from inspect_ai.scorer import SampleScore, Score
from inspect_ai.solver import generate

from evaluation.benchmarks.question import Question
from evaluation.outputs.registry import BENCHMARKS
from evaluation.outputs.score import score_outputs
from evaluation.runs.collect import OUTPUTS, collect
from evaluation.runs.judging import scored_run
from evaluation.strict import prediction_of
from evaluation.tasks.samples import samples
from evaluation.tasks.scoring import figure, official_and_strict, sides


Run = Callable[[str, list[Question], Mapping[str, str]], EvalLog]


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """The log of a task whose model answers each question, by its text, as it is told."""

    def answered(benchmark: str, questions: list[Question], answers: Mapping[str, str]) -> EvalLog:
        def output(messages: list[ChatMessage], *_: Any) -> ModelOutput:
            (answer,) = [answer for text, answer in answers.items() if text in messages[-1].text]
            found = ModelOutput.from_content("mockllm/model", answer)
            # Without it inspect counts tokens by a tokenizer that it downloads.
            found.usage = ModelUsage()
            return found

        task = Task(
            dataset=samples(questions, benchmark, "listed", "real", 0),
            solver=generate(),
            scorer=official_and_strict(benchmark),
            metrics=sides(benchmark),
            name=benchmark,
        )
        model = get_model("mockllm/model", custom_outputs=output, memoize=False)
        (log,) = inspect_eval(task, model=model, log_dir=str(tmp_path / "log"), display="none")
        assert log.status == "success", log.error
        return log

    return answered


def shown(log: EvalLog) -> dict[str, float]:
    """The figures in a log: official and strict."""
    assert log.results is not None
    return {score.name: next(iter(score.metrics.values())).value for score in log.results.scores}


def figures_of(log: EvalLog, benchmark: str, output: Path) -> dict[str, Any]:
    """What `score_outputs` makes of the file that is collected from the log."""
    collect(log, benchmark, output)
    return score_outputs(BENCHMARKS[benchmark], output / OUTPUTS).figures


def same(log: EvalLog, figures: Mapping[str, Any]) -> bool:
    return shown(log) == pytest.approx({side: figures[side] for side in ("official", "strict")})


def test_a_share(questions, run: Run, tmp_path: Path) -> None:
    """Right both ways, wrong, a letter (strictly right), two named, right in sections, cut while reasoning."""
    said = ["dog", "horse", "(C)", "cat or horse", "<THINK>It barks.</THINK><RESPONSE>dog</RESPONSE>", "<THINK>It is"]
    answers = dict(zip((question.text for question in questions), said, strict=True))
    log = run("mmau", questions, answers)
    assert shown(log) == pytest.approx({"official": 2 / 6, "strict": 3 / 6})
    assert same(log, figures_of(log, "mmau", tmp_path / "run"))
    by_id = {sample.id: sample.scores["official_and_strict"] for sample in log.samples}
    assert [by_id[f"q{number}"].value["strict"] for number in range(6)] == [1, 0, 1, 0, 1, 0]
    assert (by_id["q2"].answer, by_id["q2"].explanation) == ("a bird", "It names 'a bird'; right is 'a bird'.")
    assert "more than one" in by_id["q3"].explanation


def test_items_that_the_official_script_leaves_out(questions, run: Run, tmp_path: Path) -> None:
    fields = ("choice_a", "choice_b", "choice_c", "choice_d")
    asked = [
        replace(
            question,
            entry=dict(zip(fields, question.choices, strict=True))
            | {"answer_gt": question.answer, "task_name": "t", "dataset_name": "d", "uniq_id": number},
            choice_fields=fields,
        )
        for number, question in enumerate(questions)
    ]
    said = ["A", "A", "the third", "D.", "(A) dog", "B"]
    log = run("air_bench_foundation", asked, dict(zip((q.text for q in asked), said, strict=True)))
    # "the third" and "(A) dog" leave the official denominator: 3 of 4, and strictly 4 of 6.
    assert shown(log) == pytest.approx({"official": 3 / 4, "strict": 4 / 6})
    assert same(log, figures_of(log, "air_bench_foundation", tmp_path / "run"))


def test_bleu(questions, run: Run, tmp_path: Path) -> None:
    pytest.importorskip("sacrebleu", reason="sacrebleu is not installed")
    references = ["the dog barks at night", "he goes to the old house", "that is true", "今天天气很好", "你好", "再见"]
    said = ["the dog barks at night", "he went to the old house", "it is true", "今天天气不好", "你好", ""]
    asked = [
        replace(
            question,
            choices=(),
            answer=reference,
            entry={
                "translation": reference,
                "source": f"covost2_de_{'en' if number < 3 else 'zh'}_test",
                "audio_path": f"clips/{number}.mp3",
            },
        )
        for number, (question, reference) in enumerate(zip(questions, references, strict=True))
    ]
    log = run("covost2", asked, dict(zip((q.text for q in asked), said, strict=True)))
    figures = figures_of(log, "covost2", tmp_path / "run")
    assert 0 < figures["official"] < 100
    assert same(log, figures)
    # Not the mean of the sentences' BLEU, which their values are.
    values = [sample.scores["official_and_strict"].value["official"] for sample in log.samples]
    assert shown(log)["official"] != pytest.approx(sum(values) / len(values))


def test_points(tmp_path: Path) -> None:
    """The figure of AIR-Bench chat from the parts of judged items: by area, mixed ones together."""
    from evaluation.manifest import write_json

    tasks = ("speech_QA", "speech_QA", "sound_QA", "music_QA", "speech_and_sound_QA", "speech_and_music_QA")
    replies = ("9 6", "9 8", "9 5", "ten", "9 3", "9 8")
    rows = [
        {"task_name": task, "dataset_name": "x", "uniq_id": number, "gpt-score": reply}
        for number, (task, reply) in enumerate(zip(tasks, replies, strict=True))
    ]
    write_json(tmp_path / "outputs.json", rows)
    scored = score_outputs(BENCHMARKS["air_bench_chat"], tmp_path / "outputs.json")
    for side, expected in (("official", (7 + 5 + 5.5) / 3), ("strict", (7 + 5 + 0 + 5.5) / 4)):
        scores = [
            SampleScore(score=Score(value=math.nan, metadata={"official": one.official, "strict": one.strict}))
            for one in scored.verdicts
        ]
        assert figure("air_bench_chat", side)(scores) == pytest.approx(expected)
        assert scored.figures[side] == pytest.approx(expected)


def test_chat_is_collected_for_a_judge(questions, run: Run, tmp_path: Path) -> None:
    asked = [
        replace(
            question,
            choices=(),
            entry={"task_name": "sound_QA", "dataset_name": "x", "uniq_id": number, "meta_info": "A tone."},
        )
        for number, question in enumerate(questions[:2])
    ]
    said = ["8 7", "<THINK>I hear a tone.</THINK><RESPONSE>A tone.</RESPONSE>"]
    log = run("air_bench_chat", asked, dict(zip((q.text for q in asked), said, strict=True)))
    # No points are read out of the model's own words.
    assert all(math.isnan(value) for value in shown(log).values())
    items = collect(log, "air_bench_chat", tmp_path / "run")
    assert [(item["official"], item["strict"], item["named"]) for item in items] == [
        (None, None, "8 7"),
        (None, None, "A tone."),
    ]
    import json

    outputs = json.loads((tmp_path / "run" / OUTPUTS).read_text(encoding="utf-8"))
    assert [output["response"] for output in outputs] == ["8 7", "A tone."]
    assert all("gpt-score" not in output and output["meta_info"] == "A tone." for output in outputs)


@pytest.mark.parametrize(
    ("completion", "prediction"),
    [
        ("cat", "cat"),
        ("<THINK>…</THINK><RESPONSE>cat</RESPONSE>", "cat"),
        ("<THINK>It was cut", "<THINK>It was cut"),
        ("", ""),
    ],
)
def test_what_of_an_answer_is_scored(completion: str, prediction: str) -> None:
    assert prediction_of(completion) == prediction


def test_answers_that_are_not_public(questions, run: Run, tmp_path: Path) -> None:
    """As of MMAU's test: the outputs are written, and nothing is scored."""
    hidden = [replace(question, entry={**question.entry, "answer": ""}, answer="") for question in questions]
    log = run("mmau", hidden, {question.text: "dog" for question in hidden})
    items = collect(log, "mmau", tmp_path)
    assert len(items) == len(hidden) and all(item["strict"] is None and item["prediction"] == "dog" for item in items)
    scored = scored_run("mmau", tmp_path)
    assert scored.figures["strict"] is None and scored.figures["n"] == len(hidden)
    assert "not public" in scored.figures["statements"][0]
