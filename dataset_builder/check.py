"""Whether a CoTA folder is whole and sound: shards, schema, splits, structure, places of the answers."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .schema import features
from .statistics import TEXT_COLUMNS, Statistics, hashed
from .stored_row import check_stored
from .writer import MANIFEST, file_hash, is_cota_folder


MIN_POSITION_P = 1e-4
"""Below this p the places of the answers are not uniform."""
MAX_PROBLEMS = 20
FROM_THE_BUILD = ("baselines", "stages", "notes", "decontamination")
"""Statistics that the rows do not tell."""
JSON_COLUMNS = ("annotations", "teacher", "review")


@dataclass(frozen=True)
class FolderReport:
    """The statistics of a folder and what is wrong with its rows, one sentence each (at most 20)."""

    folder: Path
    manifest: dict[str, Any]
    statistics: dict[str, Any]
    problems: tuple[str, ...]


def check_shards(folder: Path) -> dict[str, Any]:
    """The manifest of a folder whose shards are all there with the hashes they were written with.

    Raises:
        ValueError: the folder is no CoTA folder, or a shard is missing or damaged; the sentence says which.
    """
    folder = Path(folder)
    if not folder.is_dir():
        raise ValueError(
            f"There is no folder {folder}; build one with `audio-reasoner build BUILD.yaml --output {folder}`."
        )
    if not is_cota_folder(folder):
        raise ValueError(f"The folder {folder} has no {MANIFEST} of CoTA; name a folder that `build` wrote.")
    manifest = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    again = "build it again or copy the shard anew"
    for shard in manifest["shards"]:
        path = folder / shard["path"]
        if not path.is_file():
            raise ValueError(f"The folder {folder} lacks the shard {shard['path']}; {again}.")
        if path.stat().st_size != shard["bytes"]:
            raise ValueError(
                f"The shard {path} is damaged: it has {path.stat().st_size} bytes and not {shard['bytes']}; {again}."
            )
        if file_hash(path) != shard["sha256"]:
            raise ValueError(f"The shard {path} is damaged: its SHA-256 is not the one in {MANIFEST}; {again}.")
    return manifest


def check_folder(folder: Path, progress: Callable[[int, int], None] | None = None) -> FolderReport:
    """Check the shards, then every row.

    Args:
        progress: called with the rows that are done and all of them.

    Raises:
        ValueError: as `check_shards`; what is wrong with rows is in the report's `problems` instead.
    """
    folder = Path(folder)
    manifest = check_shards(folder)
    problems: list[str] = []
    statistics = Statistics()
    ids: set[int] = set()
    done = 0
    for shard in manifest["shards"]:
        for row in _rows(folder, shard, problems):
            problems += row_problems(row, shard, ids)
            statistics.add(decoded(row), shard["split"])
            done += 1
            if progress:
                progress(done, manifest["rows"])
    problems += overlap_problems(folder, manifest, statistics)
    result = statistics.result()
    for choices, found in result["answer_positions"].items():
        if found["p"] < MIN_POSITION_P:
            problems.append(
                f"The answers of {choices} choices are not at all places alike: {found['counts']} (p = {found['p']})."
            )
    if (folder / "statistics.json").is_file():
        written = json.loads((folder / "statistics.json").read_text(encoding="utf-8"))
        result |= {name: written[name] for name in FROM_THE_BUILD if name in written}
    return FolderReport(folder, manifest, result, tuple(problems[:MAX_PROBLEMS]))


def decoded(row: Mapping[str, Any]) -> dict[str, Any]:
    """The columns of a row in stored form that the statistics need, with Json columns decoded."""
    return {name: json.loads(row[name]) if name in JSON_COLUMNS else row[name] for name in TEXT_COLUMNS}


def _rows(folder: Path, shard: Mapping[str, Any], problems: list[str]) -> Iterator[dict[str, Any]]:
    """The rows of a shard in stored form, a row group at a time."""
    import pyarrow.parquet

    file = pyarrow.parquet.ParquetFile(folder / shard["path"])
    schema = features().arrow_schema
    if not file.schema_arrow.equals(schema):
        names = set(schema.names) ^ set(file.schema_arrow.names)
        what = f"columns {sorted(names)} are missing or too many" if names else "a column has another type"
        problems.append(f"The shard {shard['path']} has another schema: {what}.")
        return
    if file.metadata.num_rows != shard["rows"]:
        problems.append(f"The shard {shard['path']} has {file.metadata.num_rows} rows and not {shard['rows']}.")
    for index in range(file.num_row_groups):
        yield from file.read_row_group(index).to_pylist()


def row_problems(row: Mapping[str, Any], shard: Mapping[str, Any], ids: set[int]) -> list[str]:
    """What is wrong with one row in stored form; the hash of its id is added to `ids`."""
    found = []
    name = hashed(row["id"])
    if name in ids:
        found.append(f"The row {row['id']} is there twice.")
    ids.add(name)
    for column in ("domain", "task"):
        if row[column] != shard[column]:
            found.append(f"The row {row['id']} has the {column} {row[column]!r} in a shard of {shard[column]!r}.")
    if row["images"] != [] or row["length"] < 1:
        found.append(f"The row {row['id']} has images or a length below 1; `images` is [] in every row.")
    for check, verdict in check_stored(row).items():
        if verdict != "pass":
            found.append(f"The row {row['id']} fails the check {check!r}: {verdict}.")
    return found


def overlap_problems(folder: Path, manifest: Mapping[str, Any], statistics: Statistics) -> list[str]:
    """A sentence for each recording and group that is in more than one split."""
    shared = statistics.overlaps()
    if not any(shared.values()):
        return []
    names: dict[str, set[str]] = {what: set() for what in shared}
    for shard in manifest["shards"]:
        for text in read_column(folder / shard["path"], "annotations"):
            for heard in json.loads(text)["recordings"]:
                for what, key in (("recording", "id"), ("group of recordings", "group")):
                    if hashed(heard[key]) in shared[what]:
                        names[what].add(heard[key])
    return [f"The {what} {name!r} is in more than one split." for what in names for name in sorted(names[what])]


def read_column(path: Path, column: str) -> Iterator[Any]:
    """The values of one column of a Parquet file, a row group at a time."""
    import pyarrow.parquet

    with pyarrow.parquet.ParquetFile(path) as file:
        for index in range(file.num_row_groups):
            yield from file.read_row_group(index, columns=[column])[column].to_pylist()
