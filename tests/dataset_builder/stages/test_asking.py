"""What a prompt says of a recording."""

from __future__ import annotations

from dataset_builder.stages.asking import told_facts


def test_an_annotation_that_is_cut_says_so():
    told = told_facts({"transcript": "a" * 2_000, "captions": ["b" * 1_500, "c" * 1_500], "label": "x", "title": ""})
    assert told["transcript"] == "a" * 2_000
    assert told["captions"].startswith("b" * 1_500 + "; c")
    assert told["captions"].endswith("c … (cut here: the first 2,000 of 3,002 characters)")
    assert set(told) == {"transcript", "captions"}
