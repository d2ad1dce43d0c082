"""Benchmarks of multiple choice: MMAU, MMAR, AIR-Bench foundation, AuditoryBench++, and CoTA as `evaluate` has it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence

from evaluation.official import air_foundation, mmar_match, mmau_match
from evaluation.outputs.benchmark import Benchmark, Verdict, choice_judge, texts
from evaluation.outputs.entries import Entry
from evaluation.outputs.items import Item, Layout, field_reader, listed_choices, text_of


def _mmau(item: Item) -> bool:
    return mmau_match(item.answer, item.prediction or "", texts(item))


def _mmar(item: Item) -> bool:
    return mmar_match(item.answer, item.prediction or "", texts(item))


def _air_foundation(item: Item) -> bool | None:
    return air_foundation(item.prediction or "", item.choices, item.answer)


MMAU_RELEASES = {
    "b706b8c7112957fd": "test-mini v05.15.25, as its file is since 2025-08-09",
    "d3fa6c12bf569820": "test-mini before v05.15.25, as its file was from 2025-03-25",
    "2210f8ed5c099454": "test-mini before v05.15.25, as its file was from 2025-01-28",
    "24a3b657305f7171": "test-mini before v05.15.25, as its file was from 2024-10-29",
}
"""Whole releases by the hash of their items. Of the 1000 items of v05.15.25, 636 are as they were in January 2025."""


def items_hash(items: Sequence[Item]) -> str:
    """The first 16 digits of the SHA-256 of ids, choices and answers, in the order of the ids."""
    lines = sorted(json.dumps([item.id, list(item.choices), item.answer]) for item in items)
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()[:16]


def _release(verdicts: Sequence[Verdict]) -> str | None:
    return MMAU_RELEASES.get(items_hash([verdict.item for verdict in verdicts]))


def _about_release(verdicts: Sequence[Verdict]) -> list[str]:
    release = _release(verdicts)
    if release:
        return [f"The items are MMAU {release}."]
    return ["The items are no whole release of MMAU test-mini that is known here: say which they are of."]


def _foundation_choices(entry: Entry) -> list[str | None]:
    """The fields choice_a to choice_d; without those after the last that holds anything."""
    choices = [entry.get(f"choice_{letter}") for letter in "abcd"]
    if not all(choice is None or isinstance(choice, str) for choice in choices) or not choices[0]:
        raise ValueError(f"has no texts under choice_a to choice_d but {choices!r}")
    if not any(choice == text_of(entry, "answer_gt") for choice in choices):
        raise ValueError(f"has an 'answer_gt' that is none of its choices: {entry.get('answer_gt')!r}")
    while not choices[-1]:
        choices.pop()
    return choices


def _task_dataset(entry: Entry) -> str:
    return "_".join(text for name in ("task_name", "dataset_name") if (text := text_of(entry, name)))


def _unread_groups(verdicts: Sequence[Verdict]) -> list[str]:
    groups: dict[str, list[Verdict]] = {}
    for verdict in verdicts:
        groups.setdefault(verdict.item.groups.get("task_dataset", ""), []).append(verdict)
    failed = [name for name, members in groups.items() if all(verdict.official is None for verdict in members)]
    said = ["The official script prints a figure for each task_dataset and none for the whole."]
    if failed:
        said.append(f"No letter was read in any item of {', '.join(failed)}: the official script stops with an error.")
    return said


MMAU = Benchmark(
    name="mmau",
    layout=Layout(
        key="model_output",
        other_keys=("model_prediction",),
        choices=listed_choices,
        likely_identity=("audio_id", "question"),
        groups={name: field_reader(name) for name in ("task", "difficulty", "category", "sub-category")},
        further=("dataset", "split", "task", "difficulty", "category", "sub-category", "choices", "match"),
    ),
    judge=choice_judge(_mmau, letters=True),
    remarks=_about_release,
    release=_release,
)

MMAR = Benchmark(
    name="mmar",
    layout=Layout(
        key="answer_prediction",
        other_keys=("model_prediction", "model_output"),
        choices=listed_choices,
        likely_identity=("audio_path", "question"),
        groups={name: field_reader(name) for name in ("modality", "category", "sub-category")},
        further=("modality", "category", "sub-category", "choices", "language", "source", "url", "timestamp", "match")
        + ("thinking", "cue", "rubric", "thinking_prediction"),
    ),
    judge=choice_judge(_mmar, letters=True),
)

AIR_BENCH_FOUNDATION = Benchmark(
    name="air_bench_foundation",
    layout=Layout(
        key="response",
        answer=("answer_gt",),
        choices=_foundation_choices,
        identity=("task_name", "dataset_name", "uniq_id"),
        likely_identity=("task_name", "dataset_name", "path", "question"),
        groups={"task_dataset": _task_dataset},
        further=("choice_a", "choice_b", "choice_c", "choice_d"),
    ),
    judge=choice_judge(_air_foundation, letters=True),
    remarks=_unread_groups,
)

AUDITORYBENCH_PP = Benchmark(
    name="auditorybench_pp",
    layout=Layout(
        key="model_output",
        choices=listed_choices,
        groups={"task": field_reader("task")},
        further=("task", "question", "sentence", "span1", "span2", "choices", "options"),
    ),
    # No public scorer was found: the matcher that stands for one is MMAU's.
    judge=choice_judge(_mmau, letters=True),
    remarks=lambda verdicts: ["No public scorer of AuditoryBench++ was found: official is MMAU's matcher here."],
)

COTA = Benchmark(
    name="cota",
    layout=Layout(
        key="response",
        choices=listed_choices,
        groups={"domain": field_reader("domain"), "task": field_reader("task")},
        further=("domain", "task", "question", "choices", "output", "sections", "complete", "problems", "condition")
        + ("clip", "new_tokens", "truncated", "choice", "unread", "correct", "mmau"),
    ),
    # The questions of CoTA show no letters.
    judge=choice_judge(_mmau, letters=False),
)
