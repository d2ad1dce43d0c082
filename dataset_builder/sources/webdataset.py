"""WebDataset shards: tars in which the files of a sample follow each other and share their name up to the first dot.

    <folder>/
      train-000000.tar          clips/0001.flac clips/0001.json clips/0001.txt clips/0002.flac …
      test-000000.tar           a shard or folder whose name begins with a split's belongs to it

A `.json` holds an object, whose members are columns; a `.txt` holds the transcript of speech, a caption of other
sounds; both as `ColumnMap` takes them. The tars must not be compressed: audio is read from its place in them.
"""

from __future__ import annotations

import json
import re
import tarfile
from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby
from pathlib import Path, PurePosixPath
from typing import Any

from ..audio_reference import AudioReference
from .column_map import ColumnMap, known_splits, split_of, split_of_path
from .entry import Entry, Item, Place, recordings
from .folder_layout import AUDIO_SUFFIXES, require_folder


HOME = "wherever the shards are"


class WebDatasetSource:
    """A folder of tar shards.

    Args:
        folder: as in the module's docstring.
        name: of the corpus; default the folder's.
        shards: pattern of the shards below the folder.
        text: annotation key of the `.txt` files; default `transcript` for speech and `captions` else.
        columns, domain, license, language: as in `ColumnMap`, of the members of the `.json` files.
        splits: of train, validation and test; default all shards.

    Raises:
        FileNotFoundError: the folder or the shards are not there.
        ValueError: domain or licence are not said anywhere.
    """

    def __init__(
        self,
        folder: Path,
        name: str | None = None,
        shards: str = "**/*.tar",
        text: str | None = None,
        columns: Mapping[str, str | None] | None = None,
        domain: str | None = None,
        license: str | None = None,
        language: str | None = None,
        splits: Sequence[str] | None = None,
    ) -> None:
        self.name = name or folder.resolve().name
        self._folder = require_folder(folder, self.name, HOME)
        self._text = text or ("transcript" if domain == "speech" else "captions")
        self._map = ColumnMap(self.name, columns, domain, license, language)
        wanted = known_splits(splits)
        paths = [path for path in sorted(folder.glob(shards)) if wanted is None or self._split(path) in wanted]
        if not paths:
            raise FileNotFoundError(
                f"{folder} has no shards {shards}{f' of {splits}' if splits else ''}; name the folder of the tars, or "
                "their pattern in `shards`."
            )
        self._shards = paths
        self._map.require(set(columns or ()), folder)

    def read(self) -> Iterator[Item]:
        """The samples, shard by shard; of the tars, headers and metadata are read and the audio is passed over."""
        return recordings(self.name, self._entries)

    def _split(self, shard: Path) -> str | None:
        relative = shard.relative_to(self._folder)
        word = re.match(r"[a-zA-Z]+", shard.stem)
        return split_of_path(relative) or split_of(word[0] if word else None)

    def _entries(self) -> Iterator[Entry]:
        for shard in self._shards:
            relative = shard.relative_to(self._folder).as_posix()
            number = 0
            try:
                with tarfile.open(shard, "r:") as archive:
                    members = (member for member in archive if member.isfile() and not _hidden(member.name))
                    for number, (key, group) in enumerate(groupby(members, key=lambda member: _key(member.name)), 1):
                        yield self._sample(archive, shard, Place(relative, number, "sample"), key, list(group))
                    _require_end(archive)
            except (tarfile.TarError, EOFError) as error:
                reason = f"the tar cannot be read from here on ({error}); uncompress it, or copy it again."
                yield Entry(Place(relative, number + 1, "sample"), problem=reason)

    def _sample(
        self, archive: tarfile.TarFile, shard: Path, place: Place, key: str, members: Sequence[tarfile.TarInfo]
    ) -> Entry:
        sounds = [member for member in members if PurePosixPath(member.name).suffix.lower() in AUDIO_SUFFIXES]
        if len(sounds) != 1:
            found = ", ".join(member.name for member in members)
            return Entry(place, problem=f"its files are {found}: one audio file is expected, not {len(sounds)}.")
        row: dict[str, Any] = {}
        for member in members:
            suffix = PurePosixPath(member.name).suffix.lower()
            if suffix not in (".json", ".txt"):
                continue
            stream = archive.extractfile(member)
            contents = stream.read() if stream is not None else b""
            try:
                text = contents.decode("utf-8")
                row.update(_object(text) if suffix == ".json" else {self._text: text.strip()})
            except ValueError as error:
                return Entry(place, problem=f"{member.name} cannot be read ({error}).")
        audio = AudioReference(shard, member=sounds[0].name)
        return self._map.entry(place, row, f"{shard.stem}/{key}", audio, self._split(shard))


def _require_end(archive: tarfile.TarFile) -> None:
    """`tarfile` takes a header that is cut off for the end; the real end is a block of zeros.

    Raises:
        tarfile.ReadError: it is not there.
    """
    stream = archive.fileobj
    if stream is None:
        return
    stream.seek(archive.offset)
    if stream.read(tarfile.BLOCKSIZE) != bytes(tarfile.BLOCKSIZE):
        raise tarfile.ReadError("it ends without a tar's end")


def _object(text: str) -> dict[str, Any]:
    found = json.loads(text)
    if not isinstance(found, dict):
        raise ValueError(f"it is a {type(found).__name__}, not an object")
    return found


def _key(name: str) -> str:
    """The name of the sample that a file belongs to: its path up to the first dot of the file's name."""
    folder, slash, file = name.removeprefix("./").rpartition("/")
    return folder + slash + file.split(".")[0]


def _hidden(name: str) -> bool:
    return PurePosixPath(name).name.startswith(".")
