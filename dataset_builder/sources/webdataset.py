"""WebDataset shards: tars in which the files of a sample follow each other and share their name up to the first dot.

    <folder>/
      train-000000.tar          clips/0001.flac clips/0001.json clips/0001.txt clips/0002.flac …
      test-000000.tar           a shard or folder whose name begins with a split's belongs to it

A `.json` holds an object, whose members are columns; a `.txt` holds the transcript of speech, a caption of other
sounds; both as `ColumnMap` takes them. A member `key` is the sample's name, as the tools that write shards have it;
where it is the key of the music, the build says so by `columns: {key: key}`. The tars must not be compressed: audio is
read from its place in them.
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
TARS = "**/*.tar"
COMPRESSED = re.compile(r".+\.(?:tgz|tar\.(?:gz|bz2|xz|zst|lz4))")
TEXT = ".txt"
"""The column under which the text of a sample stands."""


class WebDatasetSource:
    """A folder of tar shards.

    Args:
        folder: as in the module's docstring.
        name: of the corpus; default the folder's.
        shards: pattern of the shards below the folder; default every `.tar`, and none may be compressed beside them.
        text: annotation key of the `.txt` files; default `transcript` for speech and `captions` else.
        columns, domain, license, language: as in `ColumnMap`, of the members of the `.json` files.
        splits: of train, validation and test; default all shards.

    Raises:
        FileNotFoundError: the folder or the shards are not there.
        ValueError: domain or licence are not said anywhere, or there are compressed shards and `shards` is not set.
    """

    def __init__(
        self,
        folder: Path,
        name: str | None = None,
        shards: str | None = None,
        text: str | None = None,
        columns: Mapping[str, str | None] | None = None,
        domain: str | None = None,
        license: str | None = None,
        language: str | None = None,
        splits: Sequence[str] | None = None,
    ) -> None:
        self.name = name or folder.resolve().name
        self._folder = require_folder(folder, self.name, HOME)
        own = {TEXT: text or ("transcript" if domain == "speech" else "captions"), "key": None}
        self._map = ColumnMap(self.name, columns, domain, license, language, own)
        wanted = known_splits(splits)
        pattern = TARS if shards is None else shards
        paths = [path for path in sorted(folder.glob(pattern)) if wanted is None or self._split(path) in wanted]
        beside = [path for path in sorted(folder.rglob("*")) if shards is None and COMPRESSED.fullmatch(path.name)]
        compressed = [path.name for path in beside if wanted is None or self._split(path) in wanted]
        if compressed:
            raise ValueError(
                f"{folder} has {len(compressed)} compressed shards, such as {compressed[0]}: uncompress them, since "
                f"audio is read from its place in the tar, or write `shards: '{TARS}'` to read the others alone."
            )
        if not paths:
            raise FileNotFoundError(
                f"{folder} has no shards {pattern}{f' of {splits}' if splits else ''}; name the folder of the tars, "
                "or their pattern in `shards`."
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
        named: set[str] = set()
        for shard in self._shards:
            relative = shard.relative_to(self._folder).as_posix()
            done = 0
            try:
                with tarfile.open(shard, "r:") as archive:
                    members = (member for member in archive if member.isfile() and not _hidden(member.name))
                    for key, group in groupby(members, key=lambda member: _key(member.name)):
                        place = Place(relative, done + 1, "sample")
                        try:
                            row, sound = _sample(archive, list(group))
                        except ValueError as error:
                            yield Entry(place, problem=str(error))
                        else:
                            self._map.warn_of_unread(row.keys() - named, place)
                            named |= row.keys()
                            audio = AudioReference(shard, member=sound)
                            yield self._map.entry(place, row, f"{shard.stem}/{key}", audio, self._split(shard))
                        done += 1
                    _require_end(archive)
            except (tarfile.TarError, EOFError) as error:
                reason = f"the tar cannot be read from here on ({error}); uncompress it, or copy it again."
                yield Entry(Place(relative, done + 1, "sample"), problem=reason)


def _sample(archive: tarfile.TarFile, members: Sequence[tarfile.TarInfo]) -> tuple[dict[str, Any], str]:
    """What the files of a sample say, by column, and the name of the one that is its audio.

    Raises:
        ValueError: it has not one audio file, has two files that say something, or one of those cannot be read.
    """
    suffixes = [PurePosixPath(member.name).suffix.lower() for member in members]
    found = ", ".join(member.name for member in members)
    sounds = [member for member, suffix in zip(members, suffixes, strict=True) if suffix in AUDIO_SUFFIXES]
    if len(sounds) != 1:
        raise ValueError(f"its files are {found}: one audio file is expected, not {len(sounds)}.")
    row: dict[str, Any] = {}
    for member, suffix in zip(members, suffixes, strict=True):
        if suffix in AUDIO_SUFFIXES:
            continue
        if suffixes.count(suffix) > 1:
            raise ValueError(f"its files are {found}: one {suffix} is expected, not {suffixes.count(suffix)}.")
        if suffix not in (".json", TEXT):
            row[suffix] = None
            continue
        stream = archive.extractfile(member)
        contents = stream.read() if stream is not None else b""
        try:
            text = contents.decode("utf-8")
            row |= _object(text) if suffix == ".json" else {TEXT: text.strip()}
        except ValueError as error:
            raise ValueError(f"{member.name} cannot be read ({error}).") from None
    return row, sounds[0].name


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
