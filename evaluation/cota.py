"""Read a folder of CoTA from disk: its splits, its manifest and its statistics. Knows nothing of its builder."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any


FACTS = ("id", "domain", "task", "source", "source_id", "license", "duration", "language")
QUESTION = ("question", "choices", "answer")


def split_files(data: Path, split: str) -> list[Path]:
    """The Parquet shards of `split` under the CoTA folder `data`, in order.

    Shards are named `<split>-NNNNN-of-NNNNN.parquet`, below the folder at any depth. `manifest.json`, where the
    folder has one, says which there must be.

    Raises:
        ValueError: when the folder is no CoTA folder, lacks the split, or lacks one of its shards.
    """
    if not data.is_dir():
        raise ValueError(
            f"{data}: no such folder; `audio-reasoner build --output {data}` writes one, or name another by --data."
        )
    found = sorted(path for path in data.rglob(f"{split}-*.parquet") if not path.name.startswith("."))
    expected = _promised(data, split, found)
    missing = sorted(expected - {path.relative_to(data).as_posix() for path in found})
    if missing:
        raise ValueError(
            f"{data}: the shard {missing[0]} is missing ({len(expected) - len(missing)} of {len(expected)} of split "
            f"{split!r} are there); build or download the folder again."
        )
    if not found:
        raise ValueError(f"{data}: no shard of split {split!r} is in this folder; it is not a folder of CoTA.")
    return found


def _promised(data: Path, split: str, found: Sequence[Path]) -> set[str]:
    """The shards, relative to `data`, that the manifest lists and that the names of the found ones imply."""
    names: set[str] = set()
    manifest = read_json(data / "manifest.json") or {}
    files = manifest.get("files", manifest.get("shards", []))
    for entry in files:
        name = entry if isinstance(entry, str) else entry.get("path", entry.get("file", ""))
        if Path(name).name.startswith(f"{split}-") and name.endswith(".parquet"):
            names.add(name)
    for path in found:
        stem, _, count = path.stem.rpartition("-of-")
        if count.isdigit():
            start = stem.rpartition("-")[0]
            shards = (f"{start}-{n:05d}-of-{count}.parquet" for n in range(int(count)))
            names |= {path.with_name(shard).relative_to(data).as_posix() for shard in shards}
    return names


def read_rows(files: Sequence[Path], columns: Sequence[str] = FACTS + QUESTION) -> list[dict[str, Any]]:
    """The rows of Parquet `files`, those of `columns` that they have; ids are unique.

    Raises:
        ValueError: when a file cannot be read or an id occurs twice.
    """
    import pyarrow
    import pyarrow.parquet as parquet

    rows: list[dict[str, Any]] = []
    for file in files:
        try:
            there = parquet.read_schema(file).names
            rows += parquet.read_table(file, columns=[name for name in columns if name in there]).to_pylist()
        except (pyarrow.ArrowException, OSError) as error:
            raise ValueError(f"{file}: not a readable Parquet file ({error}); build the folder again.") from None
    seen: set[str] = set()
    for row in rows:
        if row["id"] in seen:
            raise ValueError(f"{files[0].parent}: the id {row['id']} occurs twice; `audio-reasoner check` says more.")
        seen.add(row["id"])
    return rows


def read_audio(files: Sequence[Path], ids: Sequence[str]) -> dict[str, bytes]:
    """The encoded audio (FLAC bytes) of the rows `ids`."""
    import pyarrow.parquet as parquet

    found: dict[str, bytes] = {}
    for file in files:
        for row in parquet.read_table(file, columns=["id", "audio"], filters=[("id", "in", list(ids))]).to_pylist():
            found[row["id"]] = row["audio"]["bytes"]
    return found


def multiple_choice(rows: Sequence[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """The rows that offer two choices or more, one of them the answer."""
    return (row for row in rows if row["choices"] and len(row["choices"]) > 1 and row["answer"] in row["choices"])


def hash_files(files: Sequence[Path], root: Path) -> str:
    """sha256 over the names (relative to `root`) and contents of `files`."""
    digest = hashlib.sha256()
    for file in sorted(files):
        digest.update(f"\0{file.relative_to(root).as_posix()}\0{file.stat().st_size}\0".encode())
        with file.open("rb") as stream:
            while block := stream.read(1 << 20):
                digest.update(block)
    return digest.hexdigest()


def read_json(path: Path) -> Any:
    """The content of a JSON file, None where there is no such file.

    Raises:
        ValueError: when the file is there and is not JSON.
    """
    if not path.is_file():
        return None
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except ValueError:
        raise ValueError(
            f"{path}: not a JSON file (cut short?); remove it and run the step that wrote it again."
        ) from None
