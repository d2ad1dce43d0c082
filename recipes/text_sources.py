"""The text of CoTA without its audio: what the tokenizer and the language model's warm-up read.

Nothing is decoded: clips stay bytes and are dropped. Knows nothing of models.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any


TEXT_COLUMNS = ("id", "task", "question", "choices", "answer", "annotations")


def read_text_rows(dataset_name: str, split: str) -> Iterator[dict[str, Any]]:
    """The rows of a split: `TEXT_COLUMNS`, and under `turns` the texts of `messages` as `(role, text)` pairs.

    Raises:
        ValueError: the data set lacks a column.
    """
    from datasets import load_dataset

    rows = load_dataset(dataset_name, split=split)
    lacking = [name for name in (*TEXT_COLUMNS, "messages") if name not in rows.column_names]
    if lacking:
        raise ValueError(f"{dataset_name} lacks the column {lacking[0]}: build it with audio-reasoner build.")
    # Rows in Arrow's own format are not passed through the decoders of their features.
    for batch in rows.select_columns([*TEXT_COLUMNS, "messages"]).with_format("arrow").iter(batch_size=200):
        for row in batch.to_pylist():
            yield {**row, "turns": list(_turns(row.pop("messages")))}


def _turns(messages: list[dict[str, Any]]) -> Iterator[tuple[str, str]]:
    for message in messages:
        parts = message["content"]
        texts = [parts] if isinstance(parts, str) else [part.get("text") or "" for part in parts]
        yield message["role"], "".join(texts)
