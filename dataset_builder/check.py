"""Whether a CoTA folder is whole and sound: shards, schema, splits, structure, places of the answers."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .review import review_row
from .schema import SPLITS, features
from .split import overlaps
from .statistics import TEXT_COLUMNS, summarize
from .writer import MANIFEST, file_hash, is_cota_folder


MIN_POSITION_P = 1e-4
"""Below this p the places of the answers are not uniform."""
MAX_PROBLEMS = 20


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
        raise ValueError(f"There is no folder {folder}; build one with `audio-reasoner build --output {folder}`.")
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
    texts: dict[str, list[dict[str, Any]]] = {split: [] for split in SPLITS}
    ids: set[str] = set()
    done = 0
    for shard in manifest["shards"]:
        for row in _rows(folder, shard, problems):
            problems += row_problems(row, shard, ids)
            text = {name: row[name] for name in TEXT_COLUMNS}
            texts[shard["split"]].append(text | {"annotations": json.loads(row["annotations"])})
            done += 1
            if progress:
                progress(done, manifest["rows"])
    problems += _overlap_problems(texts)
    statistics = summarize(texts)
    for choices, found in statistics["answer_positions"].items():
        if found["p"] < MIN_POSITION_P:
            problems.append(
                f"The answers of {choices} choices are not at all places alike: {found['counts']} (p = {found['p']})."
            )
    if (folder / "statistics.json").is_file():
        written = json.loads((folder / "statistics.json").read_text(encoding="utf-8"))
        statistics |= {name: written[name] for name in ("baselines", "rejected", "notes") if name in written}
    return FolderReport(folder, manifest, statistics, tuple(problems[:MAX_PROBLEMS]))


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


def row_problems(row: Mapping[str, Any], shard: Mapping[str, Any], ids: set[str]) -> list[str]:
    """What is wrong with one row in stored form; its id is added to `ids`."""
    found = []
    if row["id"] in ids:
        found.append(f"The row {row['id']} is there twice.")
    ids.add(row["id"])
    for name in ("domain", "task"):
        if row[name] != shard[name]:
            found.append(f"The row {row['id']} has the {name} {row[name]!r} in a shard of {shard[name]!r}.")
    if row["images"] != [] or row["length"] < 1:
        found.append(f"The row {row['id']} has images or a length below 1; `images` is [] in every row.")
    for name, verdict in review_row(row)["checks"].items():
        if verdict != "pass":
            found.append(f"The row {row['id']} fails the check {name!r}: {verdict}.")
    if json.loads(row["review"])["verdict"] != "pass":
        found.append(f"The row {row['id']} was written with a review that failed.")
    return found


def _overlap_problems(texts: Mapping[str, list[dict[str, Any]]]) -> list[str]:
    problems = []
    for name, what in (("id", "recording"), ("group", "group of recordings")):
        used = {
            split: {heard[name] for row in rows for heard in row["annotations"]["recordings"]}
            for split, rows in texts.items()
        }
        problems += [f"The {what} {both!r} is in more than one split." for both in overlaps(used)]
    return problems
