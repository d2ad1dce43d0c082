"""The tasks. Each takes the same options (`-T name=value`), which `benchmark_task` describes."""

from __future__ import annotations

from collections.abc import Callable

from inspect_ai import Task, task
from inspect_ai.solver import generate
from inspect_ai.util import registry_info

from evaluation.benchmarks.cota import FOLDER
from evaluation.benchmarks.registry import read_questions, template_of
from evaluation.tasks.hearing import hear
from evaluation.tasks.samples import samples
from evaluation.tasks.scoring import official_and_strict, sides


PACKAGE = "evaluation"


def registered(function: Callable[..., Task]) -> Callable[..., Task]:
    """The task under its package's name, as `evaluation/mmau`, whichever way this project is installed.

    inspect names tasks by the package they are in, and does not see one that is installed as editable under another
    distribution's name.
    """
    found = task(function)
    name = f"{PACKAGE}/{function.__name__}"
    return found if registry_info(found).name == name else task(name=name)(function)


def benchmark_task(
    benchmark: str,
    data: str | None = None,
    split: str | None = None,
    prompt: str | None = None,
    heard: str = "real",
    permutation: int = 0,
    limit: int | None = None,
) -> Task:
    """The task of a benchmark.

    Args:
        benchmark: its name.
        data: its folder, in the official layout; the Hub's copy without it.
        split: of the benchmark; its default one without it.
        prompt: how a question with choices is put: listed, lettered, air_bench, or a template of one's own; the
            benchmark's own way without it.
        heard: real, or a control: silence, noise, shuffle or none.
        permutation: number of an order of the choices; 0 is the benchmark's own.
        limit: ask only so many questions, chosen evenly by their order, where inspect's own takes the first.

    Raises:
        ValueError, FileNotFoundError: as `read_questions` and `samples`.
    """
    questions = read_questions(benchmark, data, split)
    if limit is not None and limit < len(questions):
        questions = [questions[place * len(questions) // limit] for place in range(limit)]
    return Task(
        dataset=samples(questions, benchmark, template_of(benchmark, prompt), heard, permutation),
        solver=[hear(heard), generate()],
        scorer=official_and_strict(benchmark),
        metrics=sides(benchmark),
        name=benchmark,
        # A sample that fails is named and counted; the others go on.
        fail_on_error=False,
    )


@registered
def mmau(
    data: str | None = None,
    split: str = "test-mini",
    prompt: str | None = None,
    heard: str = "real",
    permutation: int = 0,
    limit: int | None = None,
) -> Task:
    """MMAU (arXiv 2410.19168): sound, speech and music; `split` is test-mini or test."""
    return benchmark_task("mmau", data, split, prompt, heard, permutation, limit)


@registered
def mmar(
    data: str | None = None,
    split: str = "test",
    prompt: str | None = None,
    heard: str = "real",
    permutation: int = 0,
    limit: int | None = None,
) -> Task:
    """MMAR (arXiv 2505.13032): sound, speech, music and their mixtures, in four layers of reasoning."""
    return benchmark_task("mmar", data, split, prompt, heard, permutation, limit)


@registered
def air_bench_foundation(
    data: str | None = None,
    split: str = "test",
    prompt: str | None = None,
    heard: str = "real",
    permutation: int = 0,
    limit: int | None = None,
) -> Task:
    """AIR-Bench foundation (arXiv 2402.07729): 19 tasks, answered by a letter."""
    return benchmark_task("air_bench_foundation", data, split, prompt, heard, permutation, limit)


@registered
def air_bench_chat(
    data: str | None = None,
    split: str = "test",
    prompt: str | None = None,
    heard: str = "real",
    permutation: int = 0,
    limit: int | None = None,
) -> Task:
    """AIR-Bench chat (arXiv 2402.07729): open questions; the answers are collected, and a judge gives points."""
    return benchmark_task("air_bench_chat", data, split, prompt, heard, permutation, limit)


@registered
def meld(
    data: str | None = None,
    split: str = "test",
    prompt: str | None = None,
    heard: str = "real",
    permutation: int = 0,
    limit: int | None = None,
) -> Task:
    """MELD (arXiv 1810.02508): which of seven emotions an utterance of its test set has."""
    return benchmark_task("meld", data, split, prompt, heard, permutation, limit)


@registered
def covost2(
    data: str | None = None,
    split: str = "en_zh-CN",
    prompt: str | None = None,
    heard: str = "real",
    permutation: int = 0,
    limit: int | None = None,
) -> Task:
    """CoVoST 2 (arXiv 2007.10310): the test set of a pair of languages; `split` is the pair, as en_zh-CN or fr_en."""
    return benchmark_task("covost2", data, split, prompt, heard, permutation, limit)


@registered
def auditorybench_pp(
    data: str | None = None,
    split: str = "all",
    prompt: str | None = None,
    heard: str = "real",
    permutation: int = 0,
    limit: int | None = None,
) -> Task:
    """AuditoryBench++ (arXiv 2509.17641): text alone; `split` is all, pitch, duration, loudness, animal or mmau."""
    return benchmark_task("auditorybench_pp", data, split, prompt, heard, permutation, limit)


@registered
def cota(
    data: str | None = FOLDER,
    split: str = "test",
    prompt: str | None = None,
    heard: str = "real",
    permutation: int = 0,
    limit: int | None = None,
) -> Task:
    """CoTA: the multiple-choice questions of a split of a folder that `audio-reasoner build` wrote."""
    return benchmark_task("cota", data, split, prompt, heard, permutation, limit)
