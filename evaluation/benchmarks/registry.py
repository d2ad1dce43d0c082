"""The benchmarks that can be asked, by name: how each is read, from where, and which splits it has."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from evaluation.benchmarks import cota, mmau
from evaluation.benchmarks.place import Source, folder_of
from evaluation.benchmarks.question import Question, check_unique


@dataclass(frozen=True)
class Reader:
    """How a benchmark is read.

    Attributes:
        source: where to get it.
        splits: its splits, the default one first.
        read: the questions of a split of a folder.
    """

    source: Source
    splits: tuple[str, ...]
    read: Callable[[Path, str], list[Question]]


READERS = {
    "mmau": Reader(mmau.SOURCE, mmau.SPLITS, mmau.read),
    "cota": Reader(cota.SOURCE, cota.SPLITS, cota.read),
}


def read_questions(benchmark: str, data: str | None, split: str | None = None) -> list[Question]:
    """The questions of a benchmark.

    Args:
        benchmark: a name of `READERS`.
        data: its folder; None for the Hub's copy.
        split: of its splits; None for the default one.

    Raises:
        ValueError: the benchmark or the split is unknown, an entry is not in the layout, or an id is there twice.
        FileNotFoundError: a file or a recording is missing; says which, and where to get it.
    """
    reader = READERS.get(benchmark)
    if reader is None:
        raise ValueError(f"benchmark {benchmark!r} is unknown; choose among {', '.join(READERS)}.")
    split = split or reader.splits[0]
    if split not in reader.splits:
        raise ValueError(f"{benchmark} has no split {split!r}; choose among {', '.join(reader.splits)}.")
    folder = folder_of(data, reader.source)
    questions = reader.read(folder, split)
    check_unique(questions, str(folder))
    return questions
