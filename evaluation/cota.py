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

    Shards are named `<split>-NNNNN-of-NNNNN.parquet`, at any depth below its folder `data`. `manifest.json`, where
    there is one, says which there must be and of what size.

    Raises:
        ValueError: when the folder is no CoTA folder, lacks the split, or a shard is missing or cut short.
    """
    if not data.is_dir():
        raise ValueError(
            f"{data}: no such folder; `audio-reasoner build BUILD.yaml --output {data}` writes one, or name another "
            "by --data."
        )
    found = sorted((data / "data").rglob(f"{split}-*.parquet"))
    promised = promised_shards(data, split, found)
    for name, size in sorted(promised.items()):
        there = (data / name).stat().st_size if (data / name).is_file() else None
        if there is None or size not in (None, there):
            what = "is missing" if there is None else f"has {there} bytes where the manifest says {size}"
            raise ValueError(f"{data}: the shard {name} {what}; build or download the folder again.")
    if not found:
        raise ValueError(f"{data}: no shard of split {split!r} is in this folder; it is not a folder of CoTA.")
    return found


def promised_shards(data: Path, split: str, found: Sequence[Path]) -> dict[str, int | None]:
    """Shards of a split that must be there, relative to `data`, with their size in bytes where it is known.

    Those that the manifest lists, and those that the names of the found ones imply ("…-of-00003").
    """
    promised: dict[str, int | None] = {}
    for path in found:
        start, _, count = path.stem.rpartition("-of-")
        if count.isdigit():
            names = (f"{start.rpartition('-')[0]}-{number:05d}-of-{count}.parquet" for number in range(int(count)))
            promised |= {path.with_name(name).relative_to(data).as_posix(): None for name in names}
    manifest = read_json(data / "manifest.json") or {}
    for shard in manifest.get("shards", []):
        if Path(shard["path"]).name.startswith(f"{split}-"):
            promised[shard["path"]] = shard.get("bytes")
    return promised


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
