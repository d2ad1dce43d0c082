"""MMAU's test-mini as the authors' repository of the Hub holds it: `test_mini.parquet`, a row a question.

    context           the recording: {"bytes": the file}
    instruction       the question
    choices, answer   with letters before them, as "(A) Man"
    other_attributes  JSON with the other fields of `mmau-test-mini.json`: id, dataset, task, split, category,
                      sub-category, difficulty

What comes out has the fields of `mmau-test-mini.json`, in which choices have no letters.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from evaluation.benchmarks.letters import unlettered
from evaluation.benchmarks.place import need, not_in_layout
from evaluation.benchmarks.question import Question
from evaluation.benchmarks.recording import Recording
from evaluation.outputs.items import listed_choices


AUDIO = "context"
COLUMNS = ("instruction", "choices", "answer", "other_attributes")
ATTRIBUTES = ("dataset", "task", "split", "category", "sub-category", "difficulty")


def read_parquet(path: Path, split: str) -> list[Question]:
    """The questions of a file; the recordings stay in it until they are heard.

    Args:
        path: the file.
        split: as `mmau.SPLITS` has it; names the folder of audio in the fields of the official file.

    Raises:
        ValueError: it cannot be read, or a row is not in the layout; names the row, counted from 1.
    """
    import pyarrow
    import pyarrow.parquet as parquet

    questions: list[Question] = []
    try:
        with parquet.ParquetFile(path) as file:
            lacking = [name for name in (AUDIO, *COLUMNS) if name not in file.schema_arrow.names]
            if lacking:
                raise ValueError(
                    f"{path} has no column {lacking[0]!r} but {', '.join(file.schema_arrow.names)}: it is not the "
                    "test_mini.parquet of MMAU; download it again."
                )
            for group in range(file.num_row_groups):
                for place, row in enumerate(file.read_row_group(group, columns=[*COLUMNS]).to_pylist()):
                    recording = Recording(str(path), AUDIO, group, place)
                    questions.append(_question(row, recording, path, len(questions) + 1, split))
    except (pyarrow.ArrowException, OSError) as error:
        reason = str(error).splitlines()[0]
        raise ValueError(f"{path} cannot be read as Parquet ({reason}): download it again.") from None
    return questions


def _question(row: Mapping[str, Any], recording: Recording, path: Path, number: int, split: str) -> Question:
    attributes = _attributes(row, path, number)
    answer = need(row, "answer", path, number)
    try:
        choices, answer = unlettered(listed_choices(row), answer)
    except ValueError as error:
        raise not_in_layout(path, number, error) from None
    name = need(attributes, "id", path, number)
    text = need(row, "instruction", path, number)
    entry = {
        "id": name,
        "audio_id": f"./{split}-audios/{name}.wav",
        "question": text,
        "choices": choices,
        "answer": answer,
        **{field: attributes[field] for field in ATTRIBUTES if field in attributes},
    }
    return Question(
        id=name,
        entry=entry,
        text=text,
        answer=answer,
        choices=tuple(choices),
        recordings=(recording,),
        kind=need(attributes, "task", path, number),
        origin=f"mmau/{name}.wav",
    )


def _attributes(row: Mapping[str, Any], path: Path, number: int) -> Mapping[str, Any]:
    try:
        attributes = json.loads(need(row, "other_attributes", path, number))
    except json.JSONDecodeError as error:
        raise ValueError(
            f"{path}, entry {number}, has other_attributes that are no JSON ({error}): download it again."
        ) from None
    if not isinstance(attributes, dict):
        raise ValueError(f"{path}, entry {number}, has other_attributes that are no object: download it again.")
    return attributes
