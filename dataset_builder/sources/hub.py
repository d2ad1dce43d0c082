"""Parquet data sets with their audio inside: of the Hub by name, or a local folder of shards.

    <folder>/
      README.md                            may list configs and their files, as on the Hub; else
      data/train-00000-of-00001.parquet data/test-…      the names say the split, as `push_to_hub` writes them

A recording is a cell: its shard, the audio column and the row. Of the Hub, a shard is fetched into the cache of
`huggingface_hub` before its first row is given, so that every reference is to a local file; data sets that are not
Parquet have a Parquet copy there under the revision `refs/convert/parquet`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from ..audio_reference import AudioReference
from .column_map import ColumnMap, known_splits, split_of
from .entry import Entry, Item, Place, recordings
from .folder_layout import require_folder


if TYPE_CHECKING:
    import pyarrow


HOME = "https://huggingface.co/datasets"
_REMOTE = re.compile(
    r"hf://datasets/(?P<repository>[^/@]+(?:/[^/@]+)?)(?:@(?P<revision>[^/]+(?:/(?:convert|pr)/\w+)?))?/(?P<path>.+)"
)


class HubSource:
    """A Parquet data set.

    Args:
        dataset: its name on the Hub, `org/name`.
        folder: where its shards lie, in place of a name.
        config: name of the configuration; default the data set's own default.
        revision: branch, tag or commit on the Hub; a commit makes a build repeatable.
        name: of the corpus; default the data set's.
        audio: the column that holds the audio.
        columns, domain, license, language: as in `ColumnMap`. Classes that are stored as numbers become their names.
        splits: of train, validation and test; default all.

    Raises:
        FileNotFoundError: the folder, the data set or its shards are not there.
        ValueError: both or none of `dataset` and `folder`, not Parquet, no audio column, or domain or licence are not
            said anywhere.
    """

    def __init__(
        self,
        dataset: str | None = None,
        folder: Path | None = None,
        config: str | None = None,
        revision: str | None = None,
        name: str | None = None,
        audio: str = "audio",
        columns: Mapping[str, str | None] | None = None,
        domain: str | None = None,
        license: str | None = None,
        language: str | None = None,
        splits: Sequence[str] | None = None,
    ) -> None:
        if (dataset is None) == (folder is None):
            raise ValueError("A source `hub` has either a `dataset` (org/name) or a `folder` of Parquet shards.")
        place = str(dataset) if folder is None else str(require_folder(folder, "the data set", HOME).resolve())
        self.name = name or place.rpartition("/")[2]
        self._audio = audio
        self._map = ColumnMap(self.name, columns, domain, license, language)
        wanted = known_splits(splits)
        shards = _shards(place, config, revision)
        self._shards = [
            (path, split_of(split)) for split, path in shards if wanted is None or split_of(split) in wanted
        ]
        if not self._shards:
            there = ", ".join(sorted({split for split, _ in shards})) or "none"
            raise FileNotFoundError(f"{place} has no Parquet shards of {splits}; its splits are {there}.")
        self._checked = False

    def read(self) -> Iterator[Item]:
        """The rows, shard by shard. No audio is read; a shard of the Hub is fetched when its turn comes."""
        return recordings(self.name, self._entries)

    def _entries(self) -> Iterator[Entry]:
        rows_of_split: dict[str | None, int] = {}
        for shard, split in self._shards:
            path = _local(shard)
            first = rows_of_split.get(split, 0)
            for number, row in enumerate(self._rows(path)):
                # A row has no name of its own: its number within the split is stable for a revision.
                source_id = f"{split or 'all'}/{first + number:07d}"
                audio = AudioReference(path, column=self._audio, row=number)
                yield self._map.entry(Place(path.name, number + 1, "row"), row, source_id, audio, split)
            rows_of_split[split] = first + self._count(path)

    def _rows(self, path: Path) -> Iterator[dict[str, Any]]:
        """The rows of a shard without their audio."""
        import pyarrow.parquet

        with pyarrow.parquet.ParquetFile(path) as file:
            schema = file.schema_arrow
            self._check(schema, path)
            wanted = [name for name in schema.names if name != self._audio and self._map.target(name) is not None]
            classes = _class_names(schema)
            if not wanted:
                yield from ({} for _ in range(file.metadata.num_rows))
                return
            for batch in file.iter_batches(batch_size=1024, columns=wanted):
                for row in batch.to_pylist():
                    yield {name: _named(value, classes.get(name)) for name, value in row.items()}

    def _count(self, path: Path) -> int:
        import pyarrow.parquet

        return pyarrow.parquet.read_metadata(path).num_rows

    def _check(self, schema: pyarrow.Schema, path: Path) -> None:
        import pyarrow

        if self._audio not in schema.names:
            raise ValueError(
                f"{path} has no column {self._audio!r}; it has {', '.join(schema.names)}. Say which one holds the "
                "audio by `audio`."
            )
        kind = schema.field(self._audio).type
        holds_bytes = pyarrow.types.is_struct(kind) and kind.get_field_index("bytes") >= 0
        inside = kind.field("bytes").type if holds_bytes else kind
        if not (pyarrow.types.is_binary(inside) or pyarrow.types.is_large_binary(inside)):
            raise ValueError(
                f"{path}: the column {self._audio!r} is {kind}; bytes, or a struct with bytes, are needed."
            )
        if not self._checked:
            self._map.require([name for name in schema.names if name != self._audio], path)
            self._checked = True


def _shards(place: str, config: str | None, revision: str | None) -> list[tuple[str, str]]:
    """Split and address of each shard, as `datasets` finds them: by the README's configs, else by their names."""
    from datasets import load_dataset_builder
    from datasets.exceptions import DatasetNotFoundError
    from datasets.packaged_modules.parquet.parquet import Parquet

    try:
        builder = load_dataset_builder(place, config, revision=revision)
    except DatasetNotFoundError as error:
        raise FileNotFoundError(f"The data set {place} cannot be had: {error}") from None
    if not isinstance(builder, Parquet):
        kind = type(builder).__module__.rpartition(".")[2]
        raise ValueError(
            f"{place} is not Parquet but {kind}: on the Hub its Parquet copy is `revision: refs/convert/parquet`; a "
            "local one is read by `corpus: folder` or `corpus: webdataset`."
        )
    files: Mapping[str, Sequence[str]] = builder.config.data_files or {}
    return [(str(split), str(path)) for split, paths in files.items() for path in paths]


def _local(address: str) -> Path:
    """A shard as a local file; one of the Hub is fetched into the cache where it is not there yet."""
    match = _REMOTE.fullmatch(address)
    if match is None:
        return Path(address)
    from huggingface_hub import hf_hub_download

    revision = unquote(match["revision"]) if match["revision"] else None
    return Path(hf_hub_download(match["repository"], match["path"], repo_type="dataset", revision=revision))


def _class_names(schema: pyarrow.Schema) -> dict[str, list[str]]:
    """The names of the classes of each column that `datasets` stores as numbers."""
    metadata = (schema.metadata or {}).get(b"huggingface")
    if metadata is None:
        return {}
    features = json.loads(metadata).get("info", {}).get("features", {})
    return {
        name: feature["names"]
        for name, feature in features.items()
        if isinstance(feature, dict) and feature.get("_type") == "ClassLabel" and "names" in feature
    }


def _named(value: Any, names: Sequence[str] | None) -> Any:
    if names is None or not isinstance(value, int):
        return value
    return names[value] if 0 <= value < len(names) else None  # -1 is the unknown class of a hidden test set
