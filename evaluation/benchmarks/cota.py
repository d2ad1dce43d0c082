"""CoTA: the multiple-choice questions of a split of a folder that `audio-reasoner build` wrote."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

from evaluation.benchmarks.place import Source
from evaluation.benchmarks.prompts import asked
from evaluation.benchmarks.question import Question
from evaluation.benchmarks.recording import Recording
from evaluation.cota import multiple_choice, split_files


SOURCE = Source("cota", "`audio-reasoner build`, or the Hub")
FOLDER = "cota"
"""Where it is looked for unless another folder is named."""
SPLITS = ("test", "validation", "train")
COLUMNS = ("id", "domain", "task", "language", "source", "source_id", "question", "choices", "answer", "messages")


def read(folder: Path, split: str = "test") -> list[Question]:
    """The questions of a split, each asked by the messages of its row.

    Raises:
        ValueError: the folder is no folder of CoTA, lacks the split, or has no multiple-choice question.
    """
    import pyarrow.parquet as parquet

    questions: list[Question] = []
    for file in split_files(folder, split):
        with parquet.ParquetFile(file) as shard:
            names = [name for name in COLUMNS if name in shard.schema_arrow.names]
            for group in range(shard.num_row_groups):
                rows = shard.read_row_group(group, columns=[*names]).to_pylist()
                for place, row in enumerate(rows):
                    row["place"] = Recording(str(file), "audio", group, place)
                questions += [_question(row) for row in multiple_choice(rows)]
    if not questions:
        raise ValueError(f"{folder}: split {split!r} has no multiple-choice question to score; choose another split.")
    return questions


def _question(row: dict[str, Any]) -> Question:
    texts = {message["role"]: _text(message) for message in row["messages"]}
    facts = ("id", "domain", "task", "question", "choices", "answer")
    question = Question(
        id=row["id"],
        entry={name: row[name] for name in facts},
        text=row["question"],
        answer=row["answer"],
        choices=tuple(row["choices"]),
        recordings=(row["place"],),
        kind=row["task"],
        origin=row.get("source_id"),
        system=texts.get("system"),
    )
    # Asked as the row words it, where that is another way than the prompt's.
    return question if texts["user"] == asked(question) else replace(question, asked=texts["user"])


def _text(message: dict[str, Any]) -> str:
    return "".join(part.get("text") or "" for part in message["content"] if part["type"] == "text")
