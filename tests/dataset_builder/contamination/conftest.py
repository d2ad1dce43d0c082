"""Rows of training data, and the folders that they are written to."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest


sys.path.insert(0, str(Path(__file__).parents[1] / "measuring"))  # so that the tests import known_sounds


@pytest.fixture
def train_row() -> Callable[..., dict[str, Any]]:
    """A row of training data that is about nothing, unless it is told otherwise."""

    def row(id: str, clip: bytes | None = None, **fields: Any) -> dict[str, Any]:
        audio = None if clip is None else {"bytes": clip, "path": None}
        texts = {"source": "other", "source_id": id, "question": f"What of {id}?", "choices": [], "annotations": "{}"}
        return {"id": id, "audio": audio, **texts, **fields}

    return row


@pytest.fixture
def write_shard() -> Callable[..., Path]:
    """Writes rows into a Parquet file below a folder's `data`, in one row group; returns the folder."""

    def write(folder: Path, rows: Sequence[dict[str, Any]], name: str = "train-00000-of-00001.parquet") -> Path:
        import pyarrow
        import pyarrow.parquet

        text = pyarrow.string()
        schema = pyarrow.schema(
            {
                "id": text,
                "audio": pyarrow.struct({"bytes": pyarrow.binary(), "path": text}),
                **dict.fromkeys(("source", "source_id", "question", "annotations"), text),
                "choices": pyarrow.list_(text),
            }
        )
        path = folder / "data" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        pyarrow.parquet.write_table(pyarrow.Table.from_pylist(list(rows), schema=schema), path)
        return folder

    return write
