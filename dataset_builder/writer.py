"""A CoTA folder on disk: Parquet shards, a manifest with their hashes, and all of it whole or not at all."""

from __future__ import annotations

import errno
import hashlib
import json
import os
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from modeling_audio_reasoner.whole_folder import whole_folder

from .schema import features


if TYPE_CHECKING:
    import pyarrow


MANIFEST = "manifest.json"
FORMAT = "CoTA of audio-reasoner, version 1"
ROWS_PER_GROUP = 50
BYTES_PER_GROUP = 100_000_000
"""Small row groups, so that streaming starts soon and reads little more than it needs."""
BESIDE_SHARDS = tuple(
    map(
        re.compile,
        (
            r"README\.md|figure\.png|(?:manifest|statistics|versions)\.json|build\.yaml",
            r"prompts/\w+-[0-9a-f]{12}\.md",
            r"\.cache/huggingface/.+",
            r"\.gitattributes|(?:.+/)?\.DS_Store",
        ),
    )
)
"""What a build writes beside the shards, and what the Hub and macOS leave in a folder."""


def shard_path(domain: str, task: str, split: str, index: int, count: int) -> str:
    """The shard's path in the folder, such as `data/music/genre/test-00000-of-00001.parquet`."""
    return f"data/{domain}/{task}/{split}-{index:05d}-of-{count:05d}.parquet"


def rows_to_table(rows: Sequence[Mapping[str, Any]], schema: pyarrow.Schema | None = None) -> pyarrow.Table:
    """Rows in stored form (Json columns as text) as an Arrow table with the features in its metadata."""
    import pyarrow

    return pyarrow.Table.from_pylist(list(rows), schema=schema or features().arrow_schema)


class ShardWriter:
    """Writes the rows of one shard, whole or not at all; `line` is its line of the manifest after the block."""

    def __init__(self, folder: Path, path: str) -> None:
        import pyarrow.parquet

        self.line: dict[str, Any] = {"path": path, "rows": 0}
        self._whole = folder / path
        self._whole.parent.mkdir(parents=True, exist_ok=True)
        self._partial = self._whole.with_name(self._whole.name + ".partial")
        self._schema = features().arrow_schema
        self._waiting: list[Mapping[str, Any]] = []
        self._bytes = 0
        self._file = pyarrow.parquet.ParquetWriter(
            self._partial, self._schema, compression="zstd", compression_level=1, use_dictionary=False
        )

    def __enter__(self) -> ShardWriter:
        return self

    def write(self, row: Mapping[str, Any]) -> None:
        """Add a row in stored form."""
        self._waiting.append(row)
        self._bytes += 2 * len(row["audio"]["bytes"])
        if len(self._waiting) >= ROWS_PER_GROUP or self._bytes >= BYTES_PER_GROUP:
            self._flush()

    def _flush(self) -> None:
        if self._waiting:
            self._file.write_table(rows_to_table(self._waiting, self._schema))
            self.line["rows"] += len(self._waiting)
            self._waiting, self._bytes = [], 0

    def __exit__(self, kind: object, *_: object) -> None:
        if kind is None:
            self._flush()
        self._file.close()
        if kind is None:
            os.replace(self._partial, self._whole)
            self.line |= {"bytes": self._whole.stat().st_size, "sha256": file_hash(self._whole)}


def file_hash(path: Path) -> str:
    """SHA-256 of a file, in hexadecimal."""
    digest = hashlib.sha256()
    with path.open("rb") as stream:
        while block := stream.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()


def write_json(path: Path, value: Any) -> None:
    path.write_text(json.dumps(value, indent=1, ensure_ascii=False, sort_keys=False) + "\n", encoding="utf-8")


def is_cota_folder(folder: Path) -> bool:
    """Whether a folder was written by this module (and may be replaced by it)."""
    try:
        manifest = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return False
    return isinstance(manifest, dict) and manifest.get("format") == FORMAT


def foreign_files(folder: Path) -> list[str]:
    """The files of a CoTA folder, by path and sorted, that no build wrote into it."""
    manifest = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    shards = {shard["path"] for shard in manifest.get("shards", ())}
    return [
        path.relative_to(folder).as_posix()
        for path in sorted(folder.rglob("*"))
        if (path.is_symlink() or not path.is_dir())
        and (name := path.relative_to(folder).as_posix()) not in shards
        and not any(pattern.fullmatch(name) for pattern in BESIDE_SHARDS)
    ]


def require_replaceable(output: Path) -> None:
    """Raises ValueError where `output` is something that a build must not replace, or holds what none wrote."""
    if output.is_symlink() or (output.exists() and not output.is_dir()):
        raise ValueError(f"The output {output} is not a folder; name another one.")
    if output.is_dir() and any(output.iterdir()) and not is_cota_folder(output):
        raise ValueError(
            f"The folder {output} holds files and no {MANIFEST} of CoTA, so it is not overwritten; name another one."
        )
    if is_cota_folder(output) and (foreign := foreign_files(output)):
        more = f" and {len(foreign) - 3} more" if len(foreign) > 3 else ""
        raise ValueError(
            f"The folder {output} also holds {', '.join(foreign[:3])}{more}, which no build wrote and a new one would "
            "remove: move that away, or name another output."
        )


@contextmanager
def cota_folder(output: Path) -> Iterator[Path]:
    """A temporary folder beside `output` that becomes `output` when the block ends without an error.

    What a killed build left beside is removed by the next one. An older CoTA folder at `output` stays until the new
    one is whole.

    Raises:
        ValueError: `output` is something else than an empty or a CoTA folder, or holds files that no build wrote.
        OSError: the disk is full or cannot be written to; the sentence says where.
    """
    require_replaceable(output)
    try:
        with whole_folder(output, MANIFEST) as folder:
            yield folder
            require_replaceable(output)  # what was put there meanwhile is not removed either
    except OSError as error:
        raise _explained(error, Path(output)) from error


def _explained(error: OSError, output: Path) -> OSError:
    place = output.absolute().parent
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        sentence = f"No space is left on the disk of {place} for the dataset; make room or name another --output."
        return OSError(error.errno, sentence)
    if error.errno in (errno.EACCES, errno.EROFS, errno.EPERM):
        return OSError(f"The folder {place} cannot be written to ({error.strerror}); name another --output.")
    return error
