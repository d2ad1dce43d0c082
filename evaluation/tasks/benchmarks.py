"""The tasks. Each takes the same options (`-T name=value`), which `benchmark_task` describes."""

from __future__ import annotations

from collections.abc import Callable

from inspect_ai import Task, task
from inspect_ai.solver import generate
from inspect_ai.util import registry_info

from evaluation.benchmarks.readable import check_readable
from evaluation.benchmarks.registry import READERS, located, read_questions, template_of
from evaluation.manifest import HUB
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
    revision: str | None = None,
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
        revision: branch, tag or commit of the Hub's copy; the newest without it.

    Raises:
        ValueError, FileNotFoundError: as `located`, `read_questions`, `check_readable` and `samples`.
    """
    place = located(benchmark, data, split, revision)
    questions = read_questions(benchmark, str(place.folder), split)
    if limit is not None and limit < len(questions):
        questions = [questions[place * len(questions) // limit] for place in range(limit)]
    if heard != "none":
        check_readable(questions, READERS[benchmark].source)
    return Task(
        dataset=samples(questions, benchmark, template_of(benchmark, prompt), heard, permutation),
        solver=[hear(heard), generate()],
        scorer=official_and_strict(benchmark),
        metrics=sides(benchmark),
        name=benchmark,
        metadata={HUB: {"repository": place.hub, "revision": place.revision}} if place.hub else None,
        # A sample that fails is named and counted; the others go on.
        fail_on_error=False,
    )


def task_of(benchmark: str, about: str) -> Callable[..., Task]:
    """The task of a benchmark as inspect finds it, with the options of `benchmark_task`.

    Args:
        benchmark: its name, and the task's.
        about: what it is, and what `split` may be: the task's docstring.
    """

    def asked(
        data: str | None = READERS[benchmark].folder,
        split: str = READERS[benchmark].splits[0],
        prompt: str | None = None,
        heard: str = "real",
        permutation: int = 0,
        limit: int | None = None,
        revision: str | None = None,
    ) -> Task:
        return benchmark_task(benchmark, data, split, prompt, heard, permutation, limit, revision)

    asked.__name__ = asked.__qualname__ = benchmark
    asked.__doc__ = about
    return registered(asked)


mmau = task_of("mmau", "MMAU (arXiv 2410.19168): sound, speech and music; `split` is test-mini or test.")
mmar = task_of(
    "mmar", "MMAR (arXiv 2505.13032): sound, speech, music and their mixtures, in four layers of reasoning."
)
air_bench_foundation = task_of(
    "air_bench_foundation", "AIR-Bench foundation (arXiv 2402.07729): 19 tasks, answered by a letter."
)
air_bench_chat = task_of(
    "air_bench_chat",
    "AIR-Bench chat (arXiv 2402.07729): open questions; the answers are collected, and a judge gives points.",
)
meld = task_of("meld", "MELD (arXiv 1810.02508): which of seven emotions an utterance of its test set has.")
covost2 = task_of(
    "covost2",
    "CoVoST 2 (arXiv 2007.10310): the test set of a pair of languages; `split` is the pair, as en_zh-CN or fr_en.",
)
auditorybench_pp = task_of(
    "auditorybench_pp",
    "AuditoryBench++ (arXiv 2509.17641): text alone; `split` is all, pitch, duration, loudness, animal or mmau.",
)
cota = task_of(
    "cota",
    "CoTA: the multiple-choice questions of a split of a folder that `audio-reasoner build` wrote.",
)
