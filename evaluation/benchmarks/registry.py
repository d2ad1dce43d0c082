"""The benchmarks that can be asked, by name: how each is read, from where, and which splits it has."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from evaluation.benchmarks import (
    air_bench_chat,
    air_bench_foundation,
    auditorybench_pp,
    cota,
    covost2,
    meld,
    mmar,
    mmau,
)
from evaluation.benchmarks.place import Place, Source, place_of
from evaluation.benchmarks.prompts import PROMPTS
from evaluation.benchmarks.question import Question, check_unique
from evaluation.benchmarks.readable import check_there


@dataclass(frozen=True)
class Reader:
    """How a benchmark is read.

    Attributes:
        source: where to get it.
        splits: its splits, the default one first.
        read: the questions of a split of a folder.
        prompt: how its choices are shown unless one asks otherwise.
        folder: that is read where none is named; the Hub's copy without it.
    """

    source: Source
    splits: tuple[str, ...]
    read: Callable[[Path, str], list[Question]]
    prompt: str = "listed"
    folder: str | None = None


READERS = {
    "mmau": Reader(mmau.SOURCE, mmau.SPLITS, mmau.read),
    "mmar": Reader(mmar.SOURCE, mmar.SPLITS, mmar.read),
    "air_bench_foundation": Reader(
        air_bench_foundation.SOURCE, air_bench_foundation.SPLITS, air_bench_foundation.read, prompt="air_bench"
    ),
    "air_bench_chat": Reader(air_bench_chat.SOURCE, air_bench_chat.SPLITS, air_bench_chat.read),
    "meld": Reader(meld.SOURCE, meld.SPLITS, meld.read),
    "covost2": Reader(covost2.SOURCE, covost2.SPLITS, covost2.read),
    "auditorybench_pp": Reader(auditorybench_pp.SOURCE, auditorybench_pp.SPLITS, auditorybench_pp.read),
    "cota": Reader(cota.SOURCE, cota.SPLITS, cota.read, folder=cota.FOLDER),
}


def reader_of(benchmark: str) -> Reader:
    """The reader of that name.

    Raises:
        ValueError: there is none.
    """
    if benchmark not in READERS:
        raise ValueError(f"benchmark {benchmark!r} is unknown; choose among {', '.join(READERS)}.")
    return READERS[benchmark]


def template_of(benchmark: str, prompt: str | None) -> str:
    """The template by which a benchmark's choices are shown: that of `prompt`, or the benchmark's own without one."""
    name = reader_of(benchmark).prompt if prompt is None else prompt
    return PROMPTS.get(name, name)


def located(benchmark: str, data: str | None, split: str | None = None, revision: str | None = None) -> Place:
    """Where a benchmark lies; the Hub's copy is downloaded.

    Args:
        benchmark, data, split: as `read_questions` takes them.
        revision: branch, tag or commit of the Hub's copy; the newest without it.

    Raises:
        ValueError: the benchmark or the split is unknown, or a revision of a local folder is asked for.
        FileNotFoundError: there is no such folder, or the Hub's copy cannot be had.
    """
    return place_of(data, reader_of(benchmark).source, split_of(benchmark, split), revision)


def split_of(benchmark: str, split: str | None) -> str:
    """The split that is asked, the default one where none is named.

    Raises:
        ValueError: the benchmark or the split is unknown.
    """
    splits = reader_of(benchmark).splits
    if split is not None and split not in splits:
        raise ValueError(f"{benchmark} has no split {split!r}; choose among {', '.join(splits)}.")
    return split or splits[0]


def read_questions(benchmark: str, data: str | None, split: str | None = None) -> list[Question]:
    """The questions of a benchmark.

    Args:
        benchmark: a name of `READERS`.
        data: its folder; None for the Hub's copy.
        split: of its splits; None for the default one.

    Raises:
        ValueError: the benchmark or the split is unknown, an entry is not in the layout, or an id is there twice.
        FileNotFoundError: a file or recordings are missing; says which, and where to get them.
    """
    folder = located(benchmark, data, split).folder
    questions = reader_of(benchmark).read(folder, split_of(benchmark, split))
    check_unique(questions, str(folder))
    check_there(questions, folder, reader_of(benchmark).source)
    return questions
