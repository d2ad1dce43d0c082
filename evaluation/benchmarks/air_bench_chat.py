"""AIR-Bench chat: `Chat/Chat_meta.json`, open questions whose answers a judge gives points.

Asking needs no judge: the model's answer goes into the official file under "response", beside the fields that a judge
is shown (question, meta_info, answer_gt). The figure comes from the judge's replies, and there is none without them.

A few recordings of speech_dialogue_QA from spokenwoz are published as empty files (github.com/OFA-Sys/AIR-Bench, issue
6). Their questions fail when they are asked, and are named and counted.
"""

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
from evaluation.outputs.open_benchmarks import AIR_BENCH_CHAT


SOURCE = Source("air_bench_chat", SITE, hub=HUB, patterns=("Chat/*",), empty=True)

__all__ = ["SOURCE", "SPLITS", "read"]


def read(folder: Path, split: str = "test") -> list[Question]:
    """The questions, each with the reference answer as its answer; questions of one task may swap their recordings.

    Raises:
        FileNotFoundError: the file is missing.
        ValueError: an entry is not in the layout, such as one without the description that a judge is shown.
    """
    path = meta_file(folder, "Chat", SOURCE)
    questions = []
    for number, entry in numbered_entries(path):
        need(entry, "meta_info", path, number)
        try:
            for read_group in AIR_BENCH_CHAT.layout.groups.values():
                read_group(entry)
        except ValueError as error:
            raise not_in_layout(path, number, error) from None
        questions.append(
            Question(
                id=item_id(entry, path, number),
                entry=entry,
                text=need(entry, "question", path, number),
                answer=need(entry, "answer_gt", path, number),
                recordings=(recording_of(entry, path, number),),
                kind=need(entry, "task_name", path, number),
                origin=origin_of(entry, path, number),
            )
        )
    return questions
