"""Outputs of multiple choice: MMAU, MMAR, AIR-Bench foundation and CoTA, official and strict side by side."""

from __future__ import annotations

import csv
import json

import pytest

from evaluation.outputs.registry import benchmark_of
from evaluation.outputs.score import score_outputs
from evaluation.outputs.table import outputs_sentences


@pytest.mark.parametrize(
    ("form", "official"),
    [
        ("{text}", 1.0),
        # A letter is a word; a wrong choice has "a" in it, and the letter of the first item is "A".
        ("{letter}. {text}", 3 / 4),
        ("({small}) {text}", 3 / 4),
        ("It is a {text}", 1 / 4),
        ("{text} The answer is {letter}.", 3 / 4),
        ("{letter}", 0.0),
        ("The answer is {letter}.", 0.0),
    ],
)
def test_what_the_wording_of_a_right_answer_does(score, mmau, form: str, official: float) -> None:
    """The strict figure is 100% for every usual form; the official one goes by the words."""
    rows = []
    for number, text in enumerate(("dog", "cat", "a bird", "horse")):
        letter = "ABCD"[number]
        output = form.format(text=text, letter=letter, small=letter.lower())
        rows.append(mmau(number, output, answer=text))
    figures = score("mmau", rows).figures
    assert (figures["official"], figures["strict"], figures["unresolved"]) == (official, 1.0, 0)
    assert figures["wording_moved"] == official - 1
    assert figures["wording"]["official_wrong_strict_right"] == 4 * (1 - official)


def test_rows_without_the_key_leave_the_official_denominator_alone(score, mmau) -> None:
    figures = score("mmau", [mmau(0, "cat"), mmau(1, "dog"), mmau(2), mmau(3, "")]).figures
    assert (figures["n"], figures["skipped"], figures["unresolved"]) == (4, 1, 2)
    assert (figures["official"], figures["strict"]) == (1 / 3, 1 / 4)
    assert figures["left_out_moved"] == pytest.approx(1 / 3 - 1 / 4)
    assert figures["wording_moved"] == 0
    assert "Entries without 'model_output': 1 of 4." in figures["statements"]
    assert [(entry["id"], entry["prediction"]) for entry in figures["problems"]] == [("item-2", None), ("item-3", "")]


def test_who_chooses_wrongly_is_told_from_who_chooses_nothing(score, mmau) -> None:
    """Of the same score."""
    wrong = score("mmau", [mmau(number, "dog") for number in range(3)]).figures
    silent = score("mmau", [mmau(0, "A chair."), mmau(1, "dog or cat"), mmau(2, "")]).figures
    assert wrong["strict"] == silent["strict"] == 0
    assert wrong["named"] == {"right": 0, "wrong": 3, "none": 0, "several": 0, "nothing": 0}
    assert silent["named"] == {"right": 0, "wrong": 0, "none": 1, "several": 1, "nothing": 1}
    assert [group["named"]["none"] for group in silent["by_group"]["task"].values()] == [0, 1, 0]
    assert outputs_sentences(wrong)[0] == (
        "Named in 3 answers: the right choice in 0, a wrong one in 3, none of the choices in 0, more than one in 0."
    )
    assert outputs_sentences(silent)[:2] == [
        "Named in 3 answers: the right choice in 0, a wrong one in 0, none of the choices in 1, more than one in 1; "
        "nothing to read in 1. Without a choice, and so wrong: 3.",
        "No answer names one choice: the figure says how the model answers, and not what it would choose.",
    ]


def test_groups(score, mmau) -> None:
    rows = [mmau(0, "cat"), mmau(1, "dog"), mmau(2, "B", category=["Reasoning"]), mmau(3, "cat", difficulty=None)]
    figures = score("mmau", rows).figures
    by_group = figures["by_group"]
    assert {name: list(groups) for name, groups in by_group.items()} == {
        "task": ["music", "sound", "speech"],
        "difficulty": ["easy", "hard", "medium"],
        "category": ["Reasoning"],
        "sub-category": ["Animals"],
    }
    assert [by_group["task"][name]["n"] for name in ("sound", "music", "speech")] == [2, 1, 1]
    speech = by_group["task"]["speech"]
    assert (speech["official"], speech["strict"], speech["intervals"]["strict"][1]) == (0.0, 1.0, 1.0)
    assert "Items in no group of difficulty, which count in the whole alone: 1." in figures["statements"]


def test_both_judge_the_response_of_a_structured_answer_and_the_official_all_of_it(score, mmau) -> None:
    answer = "<THINK><PLANNING>A dog?</PLANNING></THINK><RESPONSE>cat</RESPONSE>"
    figures = score("mmau", [mmau(0, answer), mmau(1, "<THINK><PLANNING>A cat"), mmau(2, "cat")]).figures
    assert (figures["official"], figures["strict"]) == (1 / 3, 2 / 3)
    assert figures["problem_counts"] == {"it reasons and has no <RESPONSE>": 1}


def test_another_key_has_to_be_named(score, mmau) -> None:
    rows = [{"model_prediction": "cat", **mmau(0)}]
    with pytest.raises(ValueError, match="no entry has the key 'model_output'.*pass --key model_prediction"):
        score("mmau", rows)
    assert score("mmau", rows, key="model_prediction").figures["official"] == 1
    with pytest.raises(ValueError, match="no entry has the key 'answered'.*pass --key model_prediction"):
        score("mmau", rows, key="answered")
    with pytest.raises(
        ValueError, match="it has said, id, audio_id, .*: name the one that holds the predictions by --key"
    ):
        score("mmau", [{"said": "cat", **mmau(0)}])


def test_what_is_read_past_is_said(score, mmau) -> None:
    rows = [mmau(0, "cat", temperature=0.7, note="x"), mmau(1, "cat", note="y"), mmau(2, "cow", answer="cow")]
    rows.append(mmau(3, "cat") | {"model_output": None})
    said = " ".join(score("mmau", rows).figures["statements"])
    assert "were not read: temperature (1), note (2)." in said
    assert "Predictions that are null, and count as empty: 1." in said
    assert "no prediction is right: 1." in said


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"id": "item-0"}, "entries 1 and 2 are both 'item-0', by id"),
        ({"answer": None}, "entry 2, has no text under 'answer'"),
        ({"choices": "dog"}, "entry 2, has no list of texts under 'choices' but 'dog'"),
        ({"choices": []}, "entry 2, has no list of texts"),
        ({"choices": [1, 2]}, "entry 2, has no list of texts"),
        ({"model_output": 3}, "entry 2, has a prediction that is no text but 3"),
    ],
)
def test_what_cannot_be_scored_names_the_entry(score, mmau, change: dict, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        score("mmau", [mmau(0, "cat"), mmau(1, "cat") | change])


def test_items_without_ids_are_told_apart_by_clip_and_question(score, mmau) -> None:
    rows = [{name: value for name, value in mmau(0, "cat").items() if name != "id"}] * 2
    scored = score("mmau", rows)
    assert scored.figures["n"] == 2
    assert len({verdict.item.id for verdict in scored.verdicts}) == 2
    assert (
        "Entries with the audio_id and question of an earlier one, all of them scored: 1."
        in scored.figures["statements"]
    )


def test_json_jsonl_and_csv_give_the_same(score, write, mmau, tmp_path) -> None:
    # A line separator of Unicode is no end of a line of JSONL.
    rows = [mmau(0, "cat\u2028"), mmau(1, 'a "dog", I think'), mmau(2, "B\n")]
    path = tmp_path / "outputs.csv"
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, rows[0])
        writer.writeheader()
        writer.writerows(rows)
    found = [score("mmau", rows), score("mmau", rows, "outputs.jsonl"), score_outputs(benchmark_of("mmau"), path)]
    for scored in found:
        assert (scored.figures["official"], scored.figures["strict"]) == (1 / 3, 2 / 3)
        assert [verdict.item for verdict in scored.verdicts] == [verdict.item for verdict in found[0].verdicts]


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("o.json", "[", "is not JSON"),
        ("o.json", "", "holds no outputs"),
        ("o.json", "[]", "holds no outputs"),
        ("o.json", "[3]", "entry 1, is no object"),
        ("o.json", '{"a": 1}\nx', "line 2, is not JSON"),
        ("o.csv", "id,answer\n1,2,3\n", "row 1, has more or fewer cells"),
        ("o.csv", "id,answer\n1\n", "row 1, has more or fewer cells"),
    ],
)
def test_broken_files(tmp_path, name: str, text: str, message: str) -> None:
    (tmp_path / name).write_text(text)
    with pytest.raises(ValueError, match=message):
        score_outputs(benchmark_of("mmau"), tmp_path / name)
    with pytest.raises(FileNotFoundError, match="There is no file"):
        score_outputs(benchmark_of("mmau"), tmp_path / "nowhere.json")


def test_a_release_of_mmau_is_told_by_its_items(monkeypatch, score, mmau) -> None:
    from evaluation.outputs import choice_benchmarks

    scored = score("mmau", [mmau(0, "cat"), mmau(1)])
    assert any("no whole release" in said for said in scored.figures["statements"])
    known = choice_benchmarks.items_hash([verdict.item for verdict in reversed(scored.verdicts)])
    monkeypatch.setitem(choice_benchmarks.MMAU_RELEASES, known, "of this test")
    assert "The items are MMAU of this test." in score("mmau", [mmau(0), mmau(1, "dog")]).figures["statements"]


def test_mmar(score) -> None:
    row = {"choices": ["yes", "no"], "answer": "no", "category": "Signal Layer", "sub-category": "x", "language": None}
    rows = [row | {"id": "a", "modality": "sound", "answer_prediction": "No."}]
    rows.append(row | {"id": "b", "modality": "mix-sound-music", "answer_prediction": "b"})
    rows.append(row | {"id": "c", "modality": "sound"})
    figures = score("mmar", rows, "outputs.jsonl").figures
    assert (figures["official"], figures["strict"], figures["skipped"]) == (1 / 2, 2 / 3, 1)
    assert list(figures["by_group"]["modality"]) == ["mix-sound-music", "sound"]


def foundation(number: int, response: str, task: str = "Speech_Grounding", **other) -> dict:
    choices = {"choice_a": "dog", "choice_b": "cat", "choice_c": None, "choice_d": None}
    names = {"task_name": task, "dataset_name": "librispeech", "path": f"{number}.wav", "question": "Which?"}
    return names | choices | {"answer_gt": "cat", "response": response, "uniq_id": number} | other


def test_air_bench_foundation(score) -> None:
    rows = [
        foundation(0, "B"),
        foundation(1, "Both"),
        foundation(2, "The answer is B"),
        foundation(3, "A dog"),
    ]
    rows += [foundation(0, "cat", "Vocal_Sound"), foundation(1, "(B) cat", "Vocal_Sound")]
    figures = score("air_bench_foundation", rows, "outputs.jsonl").figures
    # "Both" is B, "A dog" is A; the rest of the letters cannot be read.
    assert (figures["n"], figures["skipped"], figures["official"]) == (6, 3, 2 / 3)
    assert (figures["strict"], figures["unresolved"]) == (4 / 6, 1)
    groups = figures["by_group"]["task_dataset"]
    assert groups["Speech_Grounding_librispeech"]["official"] == 2 / 3
    assert groups["Vocal_Sound_librispeech"] | {"intervals": None} == {
        "n": 2,
        "official": None,
        "strict": 1.0,
        "skipped": 2,
        "unresolved": 0,
        "intervals": None,
        "left_out_moved": None,
        "wording_moved": None,
        "wording": {"official_wrong_strict_right": 0, "official_right_strict_wrong": 0},
        "named": {"right": 2, "wrong": 0, "none": 0, "several": 0, "nothing": 0},
    }
    assert any("No letter was read in any item of Vocal_Sound_librispeech" in said for said in figures["statements"])


def test_air_bench_foundation_needs_its_answer_among_the_choices(score) -> None:
    with pytest.raises(ValueError, match="entry 1, has an 'answer_gt' that is none of its choices: 'cow'"):
        score("air_bench_foundation", [foundation(0, "B", answer_gt="cow")])
    with pytest.raises(ValueError, match="entries 1 and 2 are both"):
        score("air_bench_foundation", [foundation(0, "B"), foundation(0, "A")])


def test_cota_is_scored_as_its_evaluation_was(tmp_path) -> None:
    """A folder that `evaluate` wrote: the figures are those of its own table."""
    from evaluation.score import judge, score_rows

    answers = [("a", "dog"), ("b", "a dog"), ("c", "cat"), ("d", None), ("e", "B")]
    given = {"domain": "sound", "task": "event", "question": "?", "choices": ["dog", "cat"], "answer": "dog"}
    rows = [
        judge(given | {"id": name, "response": response, "complete": response is not None, "truncated": False})
        for name, response in answers
    ]
    outputs = [given | {"id": name, "response": response} for name, response in answers]
    (tmp_path / "outputs.json").write_text(json.dumps(outputs))
    figures = score_outputs(benchmark_of("cota"), tmp_path).figures
    own = score_rows(rows)
    assert (figures["strict"], figures["official"]) == (own["accuracy"], own["mmau_accuracy"])
    assert figures["unresolved"] == own["abstained"]
    assert figures["named"] == own["named"] == {"right": 2, "wrong": 1, "none": 1, "several": 0, "nothing": 1}
    (tmp_path / "outputs.json").unlink()
    with pytest.raises(ValueError, match="is no folder of a run of mmau: it has no outputs.json"):
        score_outputs(benchmark_of("mmau"), tmp_path)
