"""AIR-Bench foundation: `Foundation/Foundation_meta.json`, with choices in the fields choice_a to choice_d."""

from __future__ import annotations

from pathlib import Path

from evaluation.benchmarks.air_bench import (
    HUB,
    SITE,
    SPLITS,
    item_id,
    meta_file,
    origin_of,
    recording_of,
)
from evaluation.benchmarks.place import Source, need, not_in_layout, numbered_entries
from evaluation.benchmarks.question import Question
from evaluation.outputs.choice_benchmarks import AIR_BENCH_FOUNDATION


SOURCE = Source("air_bench_foundation", SITE, hub=HUB, patterns=("Foundation/*",))
FIELDS = ("choice_a", "choice_b", "choice_c", "choice_d")

__all__ = ["SOURCE", "SPLITS", "read"]


def read(folder: Path, split: str = "test") -> list[Question]:
    """The questions; questions of one task may swap their recordings.

    Raises:
        FileNotFoundError: the file is missing.
        ValueError: an entry is not in the layout, such as one whose answer is none of its choices.
    """
    path = meta_file(folder, "Foundation", SOURCE)
    questions = []
    for number, entry in numbered_entries(path):
        try:
            choices = AIR_BENCH_FOUNDATION.layout.choices(entry)
        except ValueError as error:
            raise not_in_layout(path, number, error) from None
        questions.append(
            Question(
                id=item_id(entry, path, number),
                entry=entry,
                text=need(entry, "question", path, number),
                answer=need(entry, "answer_gt", path, number),
                choices=tuple(choice or "" for choice in choices),
                recordings=(recording_of(entry, path, number),),
                kind=need(entry, "task_name", path, number),
                origin=origin_of(entry, path, number),
                choice_fields=FIELDS,
            )
        )
    return questions
