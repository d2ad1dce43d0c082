"""MMAR's rubric, rated by a server: five raters, the mean of the middle three, and 0 for a wrong answer."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

from evaluation.judging.mmar_rubric import RATED, rate_reasoning
from evaluation.official import mmar_rubric_prompt
from tests.evaluation.judging.conftest import JUDGE, JudgeServer


CHOICES = ["dog", "cat"]
RUBRIC = [
    {"name": "Cue", "scoring_point": "Award 1 point for the cue.", "note": "", "choices": [0, 1]},
    {"name": "Answer", "scoring_point": "Award 1 point for the answer.", "note": "", "choices": [0, 1]},
]
THINK = "<PLANNING>Listen.</PLANNING><CAPTION>A bark.</CAPTION>"


def line(name: str, answer: str | None = "dog", modality: str = "sound") -> dict:
    """An item of a run whose right answer is the dog."""
    entry = {
        "id": name,
        "question": f"What is heard in {name}?",
        "choices": CHOICES,
        "answer": "dog",
        "modality": modality,
        "category": "Signal Layer",
        "thinking": "It barks.",
        "cue": ["bark"],
        "rubric": RUBRIC,
    }
    output = None if answer is None else f"<THINK>{THINK}</THINK><RESPONSE>{answer}</RESPONSE>"
    return {"id": name, "entry": entry, "prediction": answer, "output": output, "error": None}


def rated(*scores: int) -> str:
    return json.dumps([{"name": one["name"], "score": score} for one, score in zip(RUBRIC, scores, strict=True)])


class Raters:
    """Gives the replies of each item one after the other."""

    def __init__(self, replies: Mapping[str, Sequence[str]]):
        self.replies = replies
        self.asked: Counter = Counter()

    def __call__(self, prompt: str, request: dict) -> str:
        (name,) = [name for name in self.replies if f"What is heard in {name}?" in prompt]
        self.asked[name] += 1
        return self.replies[name][self.asked[name] - 1]


def test_the_middle_three_of_five_raters_count(serve, write, tmp_path: Path) -> None:
    spread = [rated(1, 1), rated(0, 1), rated(0, 0), rated(1, 0), f"Here it is: {rated(1, 1)}"]
    raters = Raters({"spread": spread, "best": [rated(1, 1)] * 5})
    server: JudgeServer = serve(raters)
    lines = [line("spread"), line("best", modality="music"), line("wrong", "cat"), line("silent", None)]
    outputs = write(lines)
    judging = rate_reasoning(outputs, tmp_path, JUDGE, base_url=server.base_url)
    # 0, 1/2, 1/2, 1, 1 without the lowest and the highest.
    spread_score = (1 / 2 + 1 / 2 + 1) / 3
    rubric = judging["rubric"]
    assert rubric["official"] == pytest.approx((spread_score + 1 + 0) / 3)
    assert rubric["strict"] == pytest.approx((spread_score + 1 + 0 + 0) / 4)
    assert (rubric["n"], rubric["evaluated"], rubric["accuracy"]) == (4, 3, 2 / 3)
    assert rubric["by_group"]["modality"]["music"] == {
        "n": 1, "evaluated": 1, "official": 1.0, "strict": 1.0, "accuracy": 1.0,
    }  # fmt: skip
    assert raters.asked == {"spread": 5, "best": 5}
    assert (judging["requests"], judging["kept"], judging["wrong"], judging["not_answered"]) == (10, 0, 1, ["silent"])
    entries = json.loads((tmp_path / RATED).read_text(encoding="utf-8"))
    assert [entry["correct"] for entry in entries] == [True, True, False, False]
    assert [entry["score"] for entry in entries] == [pytest.approx(spread_score), 1.0, 0.0, None]
    assert entries[0]["raw_responses"] == spread

    again = rate_reasoning(outputs, tmp_path, JUDGE, base_url=server.base_url)
    assert (again["kept"], again["rubric"], len(server.requests)) == (10, rubric, 10)


def test_what_is_rated_is_what_the_model_thought(serve, write, tmp_path: Path) -> None:
    server: JudgeServer = serve(lambda prompt, request: rated(1, 1))
    plain = line("plain") | {"output": "It barks, so dog.", "prediction": "It barks, so dog."}
    rate_reasoning(write([line("tagged"), plain]), tmp_path, JUDGE, base_url=server.base_url)
    known = {"answer": "dog", "thinking": "It barks.", "rubric": RUBRIC}
    expected = {
        mmar_rubric_prompt("What is heard in tagged?", reasoning=THINK, prediction="dog", **known),
        mmar_rubric_prompt(
            "What is heard in plain?", reasoning="It barks, so dog.", prediction="It barks, so dog.", **known
        ),
    }
    assert set(server.prompts) == expected
    assert {(request["temperature"], request["seed"]) for request in server.requests} == {(0.0, 42)}
    system = server.requests[0]["messages"][0]
    assert system["role"] == "system" and system["content"].startswith(
        "You are a impartial and meticulous AI evaluator"
    )


def test_a_rater_that_cannot_be_read_is_asked_again_and_then_listed(serve, write, tmp_path: Path) -> None:
    mended = ["no", rated(1, 1), rated(1, 1), "no", rated(0, 0), rated(1, 1), rated(1, 1)]
    raters = Raters({"mended": mended, "broken": [rated(1, 1), rated(0, 2), "[]", "never"]})
    server = serve(raters)
    judging = rate_reasoning(
        write([line("mended"), line("broken")]), tmp_path, JUDGE, base_url=server.base_url, attempts=2
    )
    assert raters.asked == {"mended": 7, "broken": 3}
    assert judging["unread"] == [{"id": "broken", "rater": 2, "reply": "[]"}]
    rubric = judging["rubric"]
    assert (rubric["evaluated"], rubric["official"], rubric["strict"]) == (1, 1.0, 0.5)


def test_a_request_that_failed_is_asked_by_the_next_run(serve, write, tmp_path: Path) -> None:
    refused = {"late"}

    def say(prompt: str, request: dict) -> str:
        if any(f"heard in {name}?" in prompt for name in refused):
            raise ValueError("not yet")
        return rated(1, 0)

    server: JudgeServer = serve(say)
    outputs = write([line("soon"), line("late")])
    judging = rate_reasoning(outputs, tmp_path, JUDGE, base_url=server.base_url)
    assert [failure["id"] for failure in judging["failures"]] == ["late"] and judging["failed"] == 1
    assert "not yet" in judging["failures"][0]["error"]
    assert (judging["rubric"]["official"], judging["rubric"]["strict"]) == (0.5, 0.25)
    refused.clear()
    judging = rate_reasoning(outputs, tmp_path, JUDGE, base_url=server.base_url)
    assert (judging["failed"], judging["kept"], len(server.requests)) == (0, 5, 10)
    assert judging["rubric"]["strict"] == 0.5


def test_an_item_without_a_rubric_is_named(write, tmp_path: Path) -> None:
    lacking = line("bare")
    del lacking["entry"]["rubric"]
    with pytest.raises(ValueError, match="entry 1, has no 'rubric' of criteria"):
        rate_reasoning(write([lacking]), tmp_path, JUDGE, base_url="http://localhost:1/v1")
    official = line("official")["entry"] | {"answer_prediction": "dog"}
    with pytest.raises(ValueError, match="entry 1, has no text under 'thinking_prediction'"):
        rate_reasoning(write([official]), tmp_path, JUDGE, base_url="http://localhost:1/v1")


def test_nothing_is_asked_where_every_answer_is_wrong(write, tmp_path: Path) -> None:
    judging = rate_reasoning(write([line("wrong", "cat")]), tmp_path, JUDGE, base_url="http://localhost:1/v1")
    assert (judging["requests"], judging["rubric"]["official"], judging["rubric"]["accuracy"]) == (0, 0.0, 0.0)
