"""Two runs compared: figures known by hand, a page that holds all of it, and what is not compared."""

from __future__ import annotations

import io
import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from typer.testing import CliRunner

from app.main import app
from evaluation.report.compare_page import change_kind, write_compare_page
from evaluation.runs.comparison import compare_runs

from ..finished_runs import SECOND, mmau_entries, write_run


@pytest.fixture
def runs(tmp_path: Path) -> tuple[Path, Path]:
    return write_run(tmp_path / "first"), write_run(tmp_path / "second", SECOND)


def test_the_figures_of_both_runs_and_their_difference(runs: tuple[Path, Path]) -> None:
    found = compare_runs(*runs)
    assert [found[name]["strict"] for name in ("first", "second")] == [6 / 8, 4 / 8]
    assert [found[name]["official"] for name in ("first", "second")] == [5 / 8, 4 / 7]
    strict, official = found["comparison"]["strict"], found["comparison"]["official"]
    assert (strict["gained"], strict["lost"], strict["difference"]) == (3, 1, 1 / 4)
    # Twice the tail of one or none of four: 2 (1 + 4) / 16.
    assert strict["p"] == pytest.approx(0.625)
    # Item 6 is left out of the second run's official figure, so that seven items are paired.
    assert (official["n"], official["gained"], official["lost"], official["difference"]) == (7, 2, 2, 0)
    low, high = strict["interval"]
    assert -0.25 <= low < 1 / 4 < high <= 0.75
    assert found["questions"] == []


def test_the_differences_by_group_are_paired(runs: tuple[Path, Path]) -> None:
    groups = {(line["grouping"], line["group"]): line for line in compare_runs(*runs)["groups"]}
    assert {name: line["n"] for name, line in groups.items()} == {
        ("task", "music"): 4,
        ("task", "sound"): 4,
        ("difficulty", "easy"): 2,
        ("difficulty", "hard"): 6,
    }
    sound, music = groups["task", "sound"], groups["task", "music"]
    assert (sound["strict"]["gained"], sound["strict"]["lost"], sound["strict"]["p"]) == (2, 1, 1.0)
    assert music["strict"]["difference"] == 1 / 4 and music["official"]["difference"] == pytest.approx(-1 / 3)
    easy = groups["difficulty", "easy"]["strict"]
    # Nothing changed there: resamples of zeros would make an interval without width.
    assert (easy["difference"], easy["interval"], easy["p"]) == (0, None, 1.0)


def test_a_group_of_one_item_has_no_interval(tmp_path: Path) -> None:
    entries = [entry | {"difficulty": "odd" if entry["id"] == "3" else "even"} for entry in mmau_entries()]
    runs = write_run(tmp_path / "a", entries=entries), write_run(tmp_path / "b", SECOND, entries)
    found = write_compare_page(*runs, tmp_path / "page")
    (odd,) = [line for line in found["groups"] if line["group"] == "odd"]
    # Right in the first run alone.
    assert (odd["n"], odd["strict"]["difference"], odd["strict"]["interval"]) == (1, 1, None)
    page = (tmp_path / "page" / "compare.html").read_text(encoding="utf-8")
    assert re.search(r"<td>odd</td><td>1</td><td class=.heard.>\+100.0</td>\s*<td class=.interval.>one item<", page)
    assert page.count(">one item<") == 1


def test_the_items_that_changed_with_both_answers(runs: tuple[Path, Path]) -> None:
    changed = {line["id"]: line for line in compare_runs(*runs)["changed"]}
    kinds = {name: change_kind(line) for name, line in changed.items()}
    assert kinds == {"2": "first", "3": "first", "4": "second", "6": "first", "8": "official"}
    third = changed["3"]
    assert third["asked"] == "What is heard in 3?\nChoose one: dog; cat."
    assert (third["first"]["prediction"], third["second"]["prediction"], third["right"]) == ("dog", "a cat", "dog")
    assert third["groups"] == {"task": "sound", "difficulty": "hard"}
    sixth = changed["6"]["second"]
    assert (sixth["error"], sixth["strict"], sixth["official"]) == ("no answer came", 0, None)


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the page of both runs, of which the second answered an item with a tag; the command wrote it."""
    folder = tmp_path_factory.mktemp("compared")
    runs = write_run(folder / "first"), write_run(folder / "second", {**SECOND, "2": "<script>alert(1)</script>"})
    done = CliRunner().invoke(app, ["compare", *map(str, runs), "--output", str(folder / "page")])
    assert done.exit_code == 0, done.output
    (folder / "page" / "printed.txt").write_text(done.output, encoding="utf-8")
    return folder / "page"


def test_the_page_holds_everything_and_nothing_from_elsewhere(written: Path) -> None:
    page = (written / "compare.html").read_text(encoding="utf-8")
    for value in re.findall(r'(?:src|srcset|href)="([^"]{0,40})', page):
        assert value.startswith("data:image/png"), value
    assert not re.search(r"url\(|@import|<link|https?:", page)
    rows = re.findall(r'<tr data-kind="(\w+)"><td data-name="item">(\w+)<', page)
    assert [(name, kind) for kind, name in rows] == [
        ("2", "first"),
        ("3", "first"),
        ("4", "second"),
        ("6", "first"),
        ("8", "official"),
    ]
    text = " ".join(re.sub(r"<[^>]+>", " ", page).split())
    assert "+25.0 percentage points strict" in text and "+0.0 official" in text
    assert "asked the same questions in the same words" in text
    assert "not answered: no answer came" in text
    # The answer with the tag names none of the choices.
    assert "left out officially wrong choice no choice" in text and text.count("; no choice") == 2
    assert "first better (3)" in text and "second better (1)" in text and "officially alone (1)" in text


def test_the_figure_is_a_picture_of_something(written: Path) -> None:
    from PIL import Image

    picture = Image.open(io.BytesIO((written / "figures" / "difference.png").read_bytes()))
    pixels = np.asarray(picture.convert("L"))
    assert pixels.shape[0] > 300 and pixels.std() > 10


def test_what_a_model_wrote_cannot_change_the_page(written: Path) -> None:
    page = (written / "compare.html").read_text(encoding="utf-8")
    assert "&lt;script&gt;alert(1)" in page and "<script>alert" not in page


def test_two_runs_of_the_same_answers(tmp_path: Path) -> None:
    write_compare_page(write_run(tmp_path / "a"), write_run(tmp_path / "b"), tmp_path / "page")
    page = (tmp_path / "page" / "compare.html").read_text(encoding="utf-8")
    assert "No item has another strict or official value." in page
    assert "<script" not in page
    assert "agree in all that decides" in page


def test_runs_of_different_benchmarks_are_refused(tmp_path: Path) -> None:
    first, second = write_run(tmp_path / "a"), write_run(tmp_path / "b", benchmark="mmar")
    with pytest.raises(ValueError, match=r"a is a run of mmau, \S*b one of mmar: compare two runs of one benchmark"):
        write_compare_page(first, second, tmp_path / "page")
    assert not (tmp_path / "page").exists()


def other_order(entries: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [entry | {"choices": entry["choices"][::-1]} for entry in entries[:3]] + entries[3:]


def other_choices(entries: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [entry | {"choices": [*entry["choices"], "bell"]} for entry in entries[:2]] + entries[2:]


@pytest.mark.parametrize(
    ("entries", "settings", "said"),
    [
        (
            mmau_entries(),
            {"prompt": "{question} {listed}"},
            "Asked in other words, as by another prompt: 8 of 8 items.",
        ),
        (mmau_entries(), {"heard": "silence"}, "Something else was heard: 8 of 8 items."),
        (other_order(mmau_entries()), {}, "The same choices in another order: 3 of 8 items."),
        (other_choices(mmau_entries()), {}, "Other choices, as in another release of the benchmark: 2 of 8 items."),
    ],
    ids=["prompt", "heard", "order", "release"],
)
def test_what_was_asked_otherwise_is_said(tmp_path: Path, entries: list, settings: dict, said: str) -> None:
    first, second = write_run(tmp_path / "a"), write_run(tmp_path / "b", SECOND, entries, **settings)
    found = compare_runs(first, second)
    hashes = [json.loads((run / "manifest.json").read_text())["data"]["questions_sha256"] for run in (first, second)]
    assert found["questions"][0] == (
        f"The runs were not asked the same: their questions have the hashes {hashes[0][:12]} and {hashes[1][:12]}."
    )
    assert said in found["questions"]


def test_items_of_one_run_alone_are_counted_and_not_compared(tmp_path: Path) -> None:
    outputs = dict(list(SECOND.items())[:6])
    found = compare_runs(write_run(tmp_path / "a"), write_run(tmp_path / "b", outputs, mmau_entries()[:6]))
    assert found["comparison"]["n"] == 6 and found["comparison"]["only_here"] == 2
    assert "Asked in one run only, and not compared: 2 items in the first, 0 in the second." in found["questions"]
    assert {line["group"]: line["n"] for line in found["groups"]}["music"] == 2


def test_items_with_another_right_answer_are_refused(tmp_path: Path) -> None:
    entries = [entry | {"answer": entry["choices"][0]} for entry in mmau_entries()]
    with pytest.raises(ValueError, match="item '2' has another answer"):
        compare_runs(write_run(tmp_path / "a"), write_run(tmp_path / "b", SECOND, entries))


def test_a_run_whose_items_were_changed_is_refused(runs: tuple[Path, Path]) -> None:
    items = runs[1] / "items.jsonl"
    items.write_text(items.read_text(encoding="utf-8").replace("a cat", "a dog"), encoding="utf-8")
    with pytest.raises(ValueError, match=r"items.jsonl does not hold the outputs of \S+manifest.json"):
        compare_runs(*runs)


def test_outputs_of_another_run_are_refused(runs: tuple[Path, Path]) -> None:
    path = runs[1] / "outputs.json"
    path.write_text(json.dumps(json.loads(path.read_text())[:5]))
    with pytest.raises(ValueError, match="has 5 items and .*items.jsonl 8"):
        compare_runs(*runs)


def test_a_folder_without_a_run_is_refused(runs: tuple[Path, Path], tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="no finished run is in this folder"):
        compare_runs(runs[0], tmp_path)


def test_other_settings_are_listed(tmp_path: Path) -> None:
    first = write_run(tmp_path / "a")
    second = write_run(tmp_path / "b", max_tokens=64, manifest={"hardware": {"machine": "arm64", "cores": 2}})
    assert compare_runs(first, second)["settings"] == [
        ["settings.max_tokens", "2048", "64"],
        ["hardware.machine", "x86_64", "arm64"],
        ["hardware.system", "Linux", "–"],
    ]


def test_items_meet_by_the_names_of_the_runs(tmp_path: Path) -> None:
    """The layout names an item of AIR-Bench otherwise than the run does."""
    entries = [
        {"task_name": "t", "dataset_name": "d", "uniq_id": number, "question": "?", "choice_a": "x", "choice_b": "y"}
        | {"answer_gt": "x"}
        for number in range(3)
    ]
    outputs = {f"run-{number}": "A" for number in range(3)}
    runs = [
        write_run(tmp_path / name, answers, entries, benchmark="air_bench_foundation")
        for name, answers in (("a", outputs), ("b", outputs | {"run-1": "B"}))
    ]
    assert [line["id"] for line in compare_runs(*runs)["changed"]] == ["run-1"]


def chat_run(folder: Path, points: tuple[int, int] | None) -> Path:
    entries = [
        {"task_name": "sound_QA", "dataset_name": "d", "uniq_id": number, "question": "?", "answer_gt": "A bell."}
        for number in range(3)
    ]
    outputs = {f"sound_QA/d/{number}": f"Something {number}." for number in range(3)}
    return write_run(folder, outputs, entries, benchmark="air_bench_chat", judged=points)


def test_points_of_a_judge_are_compared_without_a_test_of_shares(tmp_path: Path) -> None:
    runs = [chat_run(tmp_path / name, points) for name, points in (("a", (9, 7)), ("b", (9, 5)))]
    found = write_compare_page(*runs, tmp_path / "page")
    assert (found["measure"], found["comparison"]["strict"]["difference"]) == ("points", 2)
    assert [(line["first"]["strict"], line["second"]["strict"]) for line in found["changed"]] == [(7, 5)] * 3
    assert found["changed"][0]["first"]["prediction"] == "Something 0." and found["changed"][0]["right"] == "A bell."
    page = (tmp_path / "page" / "compare.html").read_text(encoding="utf-8")
    assert "<b>+2.00</b> points strict" in page and "McNemar" not in page


def test_a_run_that_no_judge_has_read_is_refused(tmp_path: Path) -> None:
    first, second = chat_run(tmp_path / "a", (9, 7)), chat_run(tmp_path / "b", None)
    with pytest.raises(ValueError, match=r"b has no score\. No judge has .*audio-reasoner judge \S+b"):
        compare_runs(first, second)


def test_runs_whose_right_answers_are_not_public_are_refused(tmp_path: Path) -> None:
    entries = [{name: value for name, value in entry.items() if name != "answer"} for entry in mmau_entries()]
    runs = [write_run(tmp_path / name, SECOND, entries) for name in ("a", "b")]
    with pytest.raises(ValueError, match="a has no score.* are not public"):
        compare_runs(*runs)


def test_the_command_prints_the_comparison(written: Path) -> None:
    text = " ".join((written / "printed.txt").read_text(encoding="utf-8").split())
    assert f"Against {written.parent / 'second' / 'outputs.json'}, on 8 items that are in both:" in text
    assert "strict: +25.0 percent right, 3 gained and 1 lost, McNemar's exact p = 0.625." in text
    assert f"Page: {written / 'compare.html'}" in text


def test_the_command_prints_json_alone(runs: tuple[Path, Path], tmp_path: Path) -> None:
    page = tmp_path / "page"
    done = CliRunner().invoke(app, ["compare", *map(str, runs), "--output", str(page), "--json"])
    assert json.loads(done.stdout) == json.loads((page / "compare.json").read_text(encoding="utf-8"))


def test_the_command_and_the_page_say_what_was_asked_otherwise(tmp_path: Path) -> None:
    runs = write_run(tmp_path / "a"), write_run(tmp_path / "b", SECOND, other_order(mmau_entries()))
    done = CliRunner().invoke(app, ["compare", *map(str, runs), "--output", str(tmp_path / "page")])
    assert "The same choices in another order: 3 of 8 items." in " ".join(done.output.split())
    page = (tmp_path / "page" / "compare.html").read_text(encoding="utf-8")
    assert "<p>The same choices in another order: 3 of 8 items.</p>" in page and "in the same words" not in page
