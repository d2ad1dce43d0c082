"""Writes one row of CoTA as files: the clip to listen to, and its question as the model reads it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from dataset_builder.question_text import question_text
from dataset_builder.whole_file import write_whole_bytes


@dataclass(frozen=True)
class RowFiles:
    """Where a row was written, its `seconds` of audio, and the answer that its annotation gives."""

    row_id: str
    clip: Path
    question: Path
    seconds: float
    answer: str


def write_row_files(data: Path, output: Path, *, split: str, config: str | None, row: int) -> RowFiles:
    """Write row number `row` of a CoTA folder to `output` + ".flac" and `output` + ".txt".

    Args:
        data: the CoTA folder.
        output: the files' path without their ending.
        split: train, validation or test.
        config: a task or a domain; None for the data set's default, which is all of them.
        row: counted from 0 within that config and split.

    Raises:
        ValueError: no such config, split or row.
        OSError: the folder is not a data set, or the files cannot be written.
    """
    if not (data / "README.md").is_file():
        raise FileNotFoundError(f"{data} is not a CoTA folder: it has no README.md; `audio-reasoner build` makes one.")
    from datasets import Audio, load_dataset

    # Streamed: nothing but the shards up to the row is read, and no copy of an older build comes from a cache.
    rows = load_dataset(str(data), config, split=split, streaming=True).cast_column("audio", Audio(decode=False))
    found = next(iter(rows.skip(row)), None)
    if found is None:
        last = sum(1 for _ in rows) - 1
        there = f"it has the rows 0 to {last}" if last >= 0 else "it has no rows"
        raise ValueError(f"row {row} is not in {data}, split {split}: {there}.")
    output.parent.mkdir(parents=True, exist_ok=True)
    files = RowFiles(
        row_id=found["id"],
        clip=output.with_name(output.name + ".flac"),
        question=output.with_name(output.name + ".txt"),
        seconds=found["duration"],
        answer=found["answer"],
    )
    write_whole_bytes(files.question, (question_text(found["question"], found["choices"]) + "\n").encode())
    write_whole_bytes(files.clip, found["audio"]["bytes"])
    return files
