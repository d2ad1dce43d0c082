"""A run scored without the items that occur in training data: figures worked out by hand."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from evaluation.outputs.registry import BENCHMARKS
from evaluation.outputs.score import Scored, figures_without, score_outputs
from evaluation.runs.contamination import (
    CONTAMINATION,
    contamination_sentences,
    read_contamination,
    subject,
    without_contaminated,
)


SETTINGS = {"benchmark": "mmau", "model": "m", "data": "mmau", "split": None}
OUTPUTS = {
    "right": "cat",
    "wrong": "dog",
    "letter": "(B)",  # strictly right, officially wrong
    "left out": None,  # strictly wrong, officially not counted
    "right too": "cat",
}


def entry(name: str) -> dict[str, Any]:
    return {"id": name, "question": "Which animal?", "choices": ["dog", "cat"], "answer": "cat", "task": "sound"}


@pytest.fixture
def items() -> list[dict[str, Any]]:
    return [{"id": name, "entry": entry(name)} for name in OUTPUTS]


@pytest.fixture
def scored(tmp_path: Path) -> Scored:
    rows = [entry(name) | ({"model_output": text} if text is not None else {}) for name, text in OUTPUTS.items()]
    (tmp_path / "outputs.json").write_text(json.dumps(rows), encoding="utf-8")
    return score_outputs(BENCHMARKS["mmau"], tmp_path / "outputs.json")


def report(*found: tuple[str, str]) -> dict[str, Any]:
    lines = [{"id": id, "by": by, "detail": "why", "row": "a row"} for id, by in found]
    return {
        "of": subject(SETTINGS),
        "train_data": [{"folder": "cota", "split": "train", "sha256": "0" * 64}],
        "items": lines,
        "compared": [],
        "statements": ["Compared with five."],
    }


def test_the_score_of_what_is_left(scored, items) -> None:
    assert (scored.figures["official"], scored.figures["strict"]) == (2 / 4, 3 / 5)
    found = without_contaminated(report(("right", "audio"), ("right", "source_id"), ("wrong", "audio")), scored, items)
    assert (found["n"], found["removed"]) == (3, 2)
    # Left are the letter, the one that has no output, and the right one.
    assert (found["official"], found["strict"], found["skipped"]) == (1 / 2, 2 / 3, 1)
    assert found["by"] == {"source_id": 1, "audio": 2, "question": 0}
    # Wilson's interval of 2 in 3, and of 1 in 2.
    assert found["intervals"]["strict"] == pytest.approx([0.2077, 0.9385], abs=1e-4)
    assert found["intervals"]["official"] == pytest.approx([0.0945, 0.9055], abs=1e-4)


def test_without_the_recordings_alone(scored, items) -> None:
    """Of the letter only the question was found: it goes with the items that were trained on, and not alone."""
    found = without_contaminated(report(("wrong", "source_id"), ("letter", "question")), scored, items)
    assert (found["n"], found["strict"]) == (3, 2 / 3)
    recordings = found["recordings"]
    assert (recordings["n"], recordings["removed"], recordings["strict"]) == (4, 1, 3 / 4)
    assert recordings["official"] == 2 / 3


def test_items_that_the_run_did_not_ask_do_not_count(scored, items) -> None:
    found = without_contaminated(report(("right", "audio"), ("elsewhere", "question")), scored, items)
    assert (found["n"], found["removed"], found["by"]["question"]) == (4, 1, 0)


def test_nothing_found_is_the_whole_score(scored, items) -> None:
    found = without_contaminated(report(), scored, items)
    assert (found["n"], found["removed"]) == (5, 0)
    assert (found["official"], found["strict"]) == (scored.figures["official"], scored.figures["strict"])


def test_a_scorer_that_calls_items_otherwise(tmp_path: Path) -> None:
    """AIR-Bench's are called by three fields, whatever the question's id is."""
    fields = {"task_name": "t", "dataset_name": "d", "question": "?", "choice_a": "yes", "choice_b": "no"}
    fields |= {"answer_gt": "yes"}
    rows = [fields | {"uniq_id": number, "response": text} for number, text in enumerate(("A", "B", "A"))]
    (tmp_path / "outputs.json").write_text(json.dumps(rows), encoding="utf-8")
    scored = score_outputs(BENCHMARKS["air_bench_foundation"], tmp_path / "outputs.json")
    entries = [{name: value for name, value in row.items() if name != "response"} for row in rows]
    items = [{"id": f"question {number}", "entry": entry} for number, entry in enumerate(entries)]
    found = without_contaminated(report(("question 0", "audio")), scored, items)
    assert (found["n"], found["removed"], found["strict"]) == (2, 1, 1 / 2)


def test_further_figures_are_kept(tmp_path: Path) -> None:
    rows = [
        {"Dialogue_ID": "0", "Utterance_ID": f"{number}", "Emotion": "joy", "response": text}
        for number, text in enumerate(("joy", "anger"))
    ]
    (tmp_path / "outputs.json").write_text(json.dumps(rows), encoding="utf-8")
    scored = score_outputs(BENCHMARKS["meld"], tmp_path / "outputs.json")
    items = [{"id": f"{number}", "entry": row} for number, row in enumerate(rows)]
    found = without_contaminated(report(("1", "audio")), scored, items)
    assert (found["official"], found["weighted_f1"]["official"]) == (1, 1)


def test_an_item_that_was_not_scored(scored) -> None:
    assert figures_without(scored, {"right", "right too"})["strict"] == 1 / 3
    with pytest.raises(ValueError, match="outputs.json has no item 'other', so it cannot be scored without it"):
        figures_without(scored, {"other"})


def test_a_list_about_other_questions_is_not_this_runs(tmp_path: Path) -> None:
    assert read_contamination(tmp_path, SETTINGS) is None
    (tmp_path / CONTAMINATION).write_text(json.dumps(report(("right", "audio"))), encoding="utf-8")
    assert read_contamination(tmp_path, SETTINGS | {"model": "another"}) == report(("right", "audio"))
    assert read_contamination(tmp_path, SETTINGS | {"split": "test"}) is None
    (tmp_path / CONTAMINATION).write_text("{}", encoding="utf-8")
    with pytest.raises(ValueError, match="contamination.json has no 'of'"):
        read_contamination(tmp_path, SETTINGS)


def sentences(scored: Scored, items: list[dict[str, Any]], *found: tuple[str, str]) -> list[str]:
    scores = scored.figures | {"without_contaminated": without_contaminated(report(*found), scored, items)}
    return contamination_sentences(scores)


def test_what_is_said(scored, items) -> None:
    assert contamination_sentences(scored.figures) == []
    assert sentences(scored, items, ("right", "audio"), ("wrong", "question")) == [
        "In the training data: 2 of the 5 items. Without them strict 66.7 (20.8–93.9, 95%), official 50.0 "
        "(9.5–90.5, 95%), on 3 items; with them strict 60.0, official 50.0.",
        "Found: 1 by sound, 1 by question; contamination.json names the rows.",
        "Of 1 of them only the question was found, asked of another recording; without the other 1 alone strict 50.0 "
        "(15.0–85.0, 95%), official 33.3 (6.1–79.2, 95%).",
        "Compared with five.",
    ]
    assert sentences(scored, items)[0] == (
        "In the training data: none of the 5 items, as far as they could be compared."
    )
    everything = sentences(scored, items, *((name, "question") for name in OUTPUTS))
    assert everything[2] == "Of all of them only the question was found, asked of other recordings."
    assert everything[0] == "In the training data: all of the 5 items, so that there is no score without them."
