"""The page of a run and of its controls: groups under their fields, and wrong choices beside answers without one."""

from __future__ import annotations

import io
import json
import re
from pathlib import Path
from typing import Any

import pytest

from evaluation.outputs.registry import benchmark_of
from evaluation.outputs.score import score_outputs, summary
from evaluation.report.run_page import write_run_page
from evaluation.runs.table import trust_sentences, trust_table

from ..finished_runs import FIRST, write_run


SILENT = {name: f"I hear {name} sounds." for name in FIRST}
"""What a model answers that never names a choice."""


def rows_of(page: str, heading: str) -> list[list[str]]:
    """The cells of the first table after a heading, a list a row."""
    table = page.split(f"<h2>{heading}</h2>")[1].split("</table>")[0]
    rows = re.findall(r"<tr.*?</tr>", table, re.DOTALL)
    cells = [re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row, re.DOTALL) for row in rows]
    return [[" ".join(re.sub("<br>", " ", cell).split()) for cell in row] for row in cells]


@pytest.fixture
def run(tmp_path: Path) -> Path:
    """A run with a control in which no choice was named."""
    folder = write_run(tmp_path / "run")
    lines: list[dict[str, Any]] = []
    for name, place in (("real", folder), ("silence", write_run(tmp_path / "silence", SILENT, heard="silence"))):
        figures = score_outputs(benchmark_of("mmau"), place / "outputs.json").figures
        lines.append({"name": name, **summary(figures), "failed": 0})
    lines[1] |= {"difference": -0.75, "p": 0.03125}
    (folder / "trust.json").write_text(json.dumps({"runs": lines, "agreement": None}), encoding="utf-8")
    return folder


def test_each_field_has_its_heading(run: Path) -> None:
    page = write_run_page(run).read_text(encoding="utf-8")
    assert [row[0] for row in rows_of(page, "By group")[1:]] == [
        "all",
        "task",
        "music",
        "sound",
        "difficulty",
        "easy",
        "hard",
    ]


def test_wrong_choices_and_answers_without_a_choice_are_told_apart(run: Path) -> None:
    page = write_run_page(run).read_text(encoding="utf-8")
    heading, whole, *_ = rows_of(page, "By group")
    # Of the first run "dog" is wrong of item 4, and "Either of them." names neither of item 7.
    assert dict(zip(heading[-2:], whole[-2:], strict=True)) == {"wrong choice": "1", "no choice": "1"}
    heading, real, silence = rows_of(page, "What the score rests on")
    assert heading[-2:] == ["wrong choice", "no choice"]
    assert (real[-2:], silence[-2:]) == (["1", "1"], ["0", "8"])
    assert "Named in 8 answers: the right choice in 6, a wrong one in 1, none of the choices in 1, more than" in page
    assert "Without a choice, by what was heard: the recordings 1 of 8, silence 8 of 8." in page
    assert "No answer names one choice in: silence. Such a figure says how the model answers, and not what" in page


def test_the_terminal_says_the_same_of_the_controls(run: Path) -> None:
    from rich.console import Console

    trust = json.loads((run / "trust.json").read_text(encoding="utf-8"))
    console = Console(width=80, record=True, file=io.StringIO())
    console.print(trust_table(trust, "accuracy"))
    lines = {line.split("  ")[0]: line.split() for line in console.export_text().splitlines() if line.strip()}
    assert lines["the recordings"][-2:] == ["1", "1"] and lines["silence"][-2:] == ["0", "8"]
    assert "Without a choice, by what was heard: the recordings 1 of 8, silence 8 of 8." in trust_sentences(
        trust, "accuracy"
    )


def test_controls_of_an_earlier_version_have_no_such_counts(run: Path) -> None:
    trust = json.loads((run / "trust.json").read_text(encoding="utf-8"))
    for line in trust["runs"]:
        del line["named"]
    (run / "trust.json").write_text(json.dumps(trust), encoding="utf-8")
    _, real, _ = rows_of(write_run_page(run).read_text(encoding="utf-8"), "What the score rests on")
    assert real[-2:] == ["–", "–"]
    assert not any("choice" in sentence for sentence in trust_sentences(trust, "accuracy"))
