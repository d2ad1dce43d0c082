"""Every benchmark has a reader, a scorer and a task, and the command's options choose among them."""

from __future__ import annotations

import pytest

from evaluation.benchmarks.prompts import LISTED, PROMPTS
from evaluation.benchmarks.registry import READERS, read_questions, template_of
from evaluation.outputs.registry import BENCHMARKS


def test_every_benchmark_can_be_read_and_scored() -> None:
    assert set(READERS) == set(BENCHMARKS)
    assert all(reader.source.benchmark == name for name, reader in READERS.items())
    assert all(reader.prompt in PROMPTS for reader in READERS.values())
    assert {reader.source.hub for reader in READERS.values()} == {
        "gamma-lab-umd/MMAU-test-mini",
        "BoJack/MMAR",
        "qyang1021/AIR-Bench-Dataset",
        "HJOK/AuditoryBenchpp",
        None,
    }


def test_the_default_split_is_the_first(tree) -> None:
    tree.text("pitch/test.csv", "span1,span2,answer", "a,b,a")
    assert [question.id for question in read_questions("auditorybench_pp", str(tree.folder), "pitch")] == ["pitch/1"]
    with pytest.raises(FileNotFoundError, match="none of duration/test.csv"):
        read_questions("auditorybench_pp", str(tree.folder))


def test_what_is_unknown_is_refused_with_what_there_is(tree) -> None:
    with pytest.raises(ValueError, match="benchmark 'mmlu' is unknown; choose among mmau, mmar, air_bench_foundation"):
        read_questions("mmlu", str(tree.folder))
    with pytest.raises(ValueError, match="mmau has no split 'train'; choose among test-mini, test"):
        read_questions("mmau", str(tree.folder), "train")


def test_the_prompt_of_a_benchmark() -> None:
    assert template_of("mmau", None) == LISTED
    assert template_of("air_bench_foundation", None) == PROMPTS["air_bench"]
    assert template_of("air_bench_foundation", "listed") == LISTED
    assert template_of("mmau", "{question} {listed}") == "{question} {listed}"
    with pytest.raises(ValueError, match="benchmark 'mmlu' is unknown"):
        template_of("mmlu", None)
