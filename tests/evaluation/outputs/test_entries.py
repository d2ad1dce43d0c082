"""The entries of tables, each by its delimiter's own rules."""

from __future__ import annotations

from pathlib import Path

import pytest

from evaluation.outputs.entries import read_entries


def test_a_tsv_has_no_quoting_and_a_backslash_before_a_quotation_mark(tmp_path: Path) -> None:
    """As the authors of CoVoST 2 write it (get_covost_splits.py, by pandas)."""
    path = tmp_path / "outputs.tsv"
    path.write_text('path\tresponse\na.mp3\t\\"Ja\\", said he.\nb.mp3\t"Open\nc.mp3\tC:\\new\n', encoding="utf-8")
    responses = [entry["response"] for entry in read_entries(path)]
    assert responses == ['"Ja", said he.', '"Open', "C:\\new"]


def test_a_csv_is_quoted(tmp_path: Path) -> None:
    path = tmp_path / "outputs.csv"
    path.write_text('path,response\na.wav,"Yes, ""this"""\nb.wav,"two\nlines"\n', encoding="utf-8")
    assert [entry["response"] for entry in read_entries(path)] == ['Yes, "this"', "two\nlines"]


def test_a_row_of_other_cells_is_named(tmp_path: Path) -> None:
    path = tmp_path / "outputs.csv"
    path.write_text("path,response\na.wav,Yes, this\n", encoding="utf-8")
    with pytest.raises(ValueError, match=r"outputs.csv, row 1, has more or fewer cells than the header: quote"):
        read_entries(path)
