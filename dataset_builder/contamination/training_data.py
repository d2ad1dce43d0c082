"""Training data on disk: its Parquet shards, and what of their rows test items are compared with.

Streams: no more than `BATCH` rows are in memory, however large a shard or its row groups are. Compares nothing.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..writer import MANIFEST, is_cota_folder


SPLIT = "train"
BATCH = 64
TEXTS = ("id", "source", "source_id", "question", "choices")
"""The columns that every shard has to have; `annotations` and `audio` may lack, and say nothing then."""


@dataclass(frozen=True)
class Shard:
    """A Parquet file of training data: where it is, its path within the folder, and how many rows it has."""

    path: Path
    name: str
    rows: int


@dataclass(frozen=True)
class TrainingData:
    """A folder of training data: as it was named, and the shards of its split train in order."""

    folder: Path
    shards: tuple[Shard, ...]

    @property
    def rows(self) -> int:
        return sum(shard.rows for shard in self.shards)


def training_data(folder: Path) -> TrainingData:
    """The split train of a folder: of CoTA by its manifest, of another by what `load_dataset` makes of it.

    Raises:
        ValueError: the folder has no split train, is not in Parquet, or lacks a shard or a column; names it.
        FileNotFoundError: there is no such folder.
    """
    folder = Path(folder)
    if not folder.is_dir():
        raise FileNotFoundError(f"There is no folder {folder} of training data: name one by --train-data.")
    paths = _listed(folder) if is_cota_folder(folder) else _resolved(folder)
    return TrainingData(folder, tuple(shard_of(path, folder) for path in paths))


def shard_of(path: Path, folder: Path) -> Shard:
    """A Parquet file with the columns of CoTA.

    Raises:
        ValueError: it cannot be read, or lacks a column; names it.
    """
    with _opened(path) as file:
        missing = [name for name in TEXTS if name not in file.schema_arrow.names]
        if missing:
            raise ValueError(
                f"{path} has no column {missing[0]!r}, by which test items are found: give training data with the "
                "columns of CoTA."
            )
        return Shard(path, Path(os.path.relpath(path, folder)).as_posix(), file.metadata.num_rows)


def _listed(folder: Path) -> list[Path]:
    manifest = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    shards = [folder / shard["path"] for shard in manifest["shards"] if shard["split"] == SPLIT]
    for shard in shards:
        if not shard.is_file():
            raise ValueError(f"{folder} lacks the shard {shard.relative_to(folder)}: build it again, or copy it anew.")
    if not shards:
        raise ValueError(f"{folder} has no split {SPLIT!r}: name the folder that the model was trained on.")
    return shards


def _resolved(folder: Path) -> list[Path]:
    from datasets import get_dataset_config_names, load_dataset_builder
    from datasets.exceptions import DatasetNotFoundError

    try:
        names = get_dataset_config_names(str(folder))
        wanted = ["default"] if "default" in names else names
        builders = [load_dataset_builder(str(folder), name) for name in wanted]
    except (DatasetNotFoundError, FileNotFoundError, ValueError) as error:
        reason = " ".join(str(error).split())
        raise ValueError(f"{folder} is no folder of training data that `load_dataset` reads ({reason}).") from None
    found: dict[str, set[Path]] = {}
    for builder in builders:
        for split, names in (builder.config.data_files or {}).items():
            found.setdefault(str(split), set()).update(Path(str(name)) for name in names)
    files = found.get(SPLIT, set())
    others = sorted(str(path) for path in files if path.suffix != ".parquet")
    if others:
        raise ValueError(f"{others[0]} is not Parquet: save the training data with `to_parquet` into a folder.")
    if not files:
        there = ", ".join(sorted(found)) or "none"
        raise ValueError(
            f"{folder} has no split {SPLIT!r} but {there}: name the folder that the model was trained on."
        )
    return sorted(files)


def row_texts(shard: Shard) -> Iterator[dict[str, Any]]:
    """`TEXTS` and `annotations` of every row, the last as a mapping; reads no sound.

    Raises:
        ValueError: the shard cannot be read, the annotations of a row are no JSON object, or its choices no list.
    """
    number = 0
    for rows in _batches(shard, (*TEXTS, "annotations")):
        for row in rows:
            number += 1
            if not isinstance(row["choices"], (list, type(None))):
                raise ValueError(f"{shard.path}, row {number}: the choices are no list; build the folder again.")
            yield row | {"annotations": _annotations(row.get("annotations"), shard, number)}


def row_clips(shard: Shard) -> Iterator[list[tuple[str, bytes | None]]]:
    """Ids of rows with the bytes of their clips, None where a row has none; `BATCH` rows at a time.

    Raises:
        ValueError: the shard cannot be read.
    """
    for rows in _batches(shard, ("id", "audio")):
        yield [(str(row["id"]), _bytes(row.get("audio"))) for row in rows]


def _bytes(cell: Any) -> bytes | None:
    contents = cell.get("bytes") if isinstance(cell, Mapping) else cell
    return contents if isinstance(contents, bytes) and contents else None


def _annotations(value: Any, shard: Shard, number: int) -> Mapping[str, Any]:
    try:
        found = json.loads(value) if isinstance(value, str) else value
    except ValueError:
        found = value
    if found is not None and not isinstance(found, Mapping):
        raise ValueError(f"{shard.path}, row {number}: the annotations are no JSON object; build the folder again.")
    return found or {}


def _batches(shard: Shard, columns: Sequence[str]) -> Iterator[list[dict[str, Any]]]:
    import pyarrow

    with _opened(shard.path) as file:
        there = [name for name in columns if name in file.schema_arrow.names]
        try:
            for batch in file.iter_batches(batch_size=BATCH, columns=there):
                yield batch.to_pylist()
        except (pyarrow.ArrowException, OSError) as error:
            raise ValueError(f"{shard.path} is no Parquet file that can be read ({error}): copy it again.") from None


def _opened(path: Path) -> Any:
    import pyarrow
    import pyarrow.parquet

    try:
        return pyarrow.parquet.ParquetFile(path)
    except (pyarrow.ArrowException, OSError) as error:
        raise ValueError(f"{path} is no Parquet file that can be read ({error}): copy it again.") from None
