"""Every benchmark is a task of inspect, under its package's name, with the same options."""

from __future__ import annotations

import inspect

import pytest
from inspect_ai.util import registry_info

from evaluation import inspect_entry
from evaluation.benchmarks.registry import READERS
from evaluation.tasks import benchmarks


OPTIONS = ["data", "split", "prompt", "heard", "permutation", "limit", "revision"]


def test_every_benchmark_is_a_task_that_inspect_finds() -> None:
    assert set(inspect_entry.__all__) == {"audio_reasoner", *READERS}
    for name, reader in READERS.items():
        found = getattr(inspect_entry, name)
        assert registry_info(found).name == f"evaluation/{name}"
        assert inspect.getdoc(found)
        options = inspect.signature(found).parameters
        assert list(options) == OPTIONS
        assert options["split"].default == reader.splits[0]


@pytest.fixture
def text(tmp_path) -> str:
    """A folder of AuditoryBench++, the one benchmark without recordings."""
    (tmp_path / "pitch").mkdir()
    rows = "".join(f"sound {number},another,another\n" for number in range(10))
    (tmp_path / "pitch" / "test.csv").write_text(f"span1,span2,answer\n{rows}", encoding="utf-8")
    return str(tmp_path)


def test_a_limit_takes_questions_from_the_whole(text) -> None:
    task = benchmarks.auditorybench_pp(data=text, split="pitch", limit=4)
    assert [sample.id for sample in task.dataset] == ["pitch/1", "pitch/3", "pitch/6", "pitch/8"]
    assert len(benchmarks.auditorybench_pp(data=text, split="pitch", limit=20).dataset) == 10


def test_the_benchmarks_own_prompt_or_another(text) -> None:
    def first(**options) -> str:
        return benchmarks.auditorybench_pp(data=text, split="pitch", **options).dataset[0].input[-1].text

    asked = "Which has the higher pitch: sound 0 or another?"
    assert first() == f"{asked}\nChoose one: sound 0; another."
    assert first(prompt="{question}\n{options}") == f"{asked}\nA. sound 0\nB. another"


def test_text_has_no_controls(text) -> None:
    with pytest.raises(ValueError, match="auditorybench_pp has no recordings"):
        benchmarks.auditorybench_pp(data=text, split="pitch", heard="silence")
