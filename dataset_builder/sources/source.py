"""Sources of recordings: what a source is, and the one that an entry of a build's YAML asks for.

    sources:
      - {corpus: clotho, folder: /data/clotho, splits: [development], limit: 100}
      - {corpus: folder, folder: my-sounds, domain: sound, license: CC-BY-4.0}

Knows the names of the readers and nothing of their layouts.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, fields, replace
from functools import partial
from importlib import import_module
from itertools import islice
from pathlib import Path
from typing import Any, Protocol

from ..option_kinds import check_kinds
from ..recording import DOMAINS, Recording
from .corpus_description import described_corpora
from .entry import Item
from .language_code import language_code
from .spdx import spdx


READERS: dict[str, tuple[str, str]] = {
    "audioset": ("audioset", "AudioSetSource"),
    "covost2": ("covost2", "CoVoST2Source"),
    "debian": ("demo", "DebianSource"),
    "folder": ("folder", "FolderSource"),
    "hub": ("hub", "HubSource"),
    "iemocap": ("iemocap", "IemocapSource"),
    "librispeech": ("librispeech", "LibriSpeechSource"),
    "mtg_jamendo": ("mtg_jamendo", "MtgJamendoSource"),
    "webdataset": ("webdataset", "WebDatasetSource"),
}
"""Module and class of the readers of one layout; the corpora of `described_corpora()` are read by `TableSource`."""
_PATHS = ("folder", "cache", "clips")


@dataclass(frozen=True)
class _Adjustments:
    """What every entry of a build's YAML takes."""

    corpus: str
    limit: int | None = None
    domain: str | None = None
    license: str | None = None
    language: str | None = None


_EVERYWHERE = tuple(item.name for item in fields(_Adjustments))


class Source(Protocol):
    """Recordings of a corpus in its own layout on disk.

    `name` is the corpus's, as in `Recording.source`; `id`s are unique within a source and the same at every reading.
    """

    name: str

    def read(self) -> Iterator[Item]:
        """The recordings and what is broken among them, in the same order every time.

        Metadata are read as they are asked for, no audio is opened, and of what has been given only the names are
        held.
        """
        ...


def known_corpora() -> list[str]:
    """What `corpus` can be in a build's YAML, sorted."""
    return sorted({*READERS, *described_corpora()})


def open_source(settings: Mapping[str, Any], base: Path) -> Source:
    """The source that one entry of a build's YAML asks for.

    Args:
        settings: `corpus`; `limit`, the number of recordings (broken ones among them) after which to stop; `domain`,
            `license` and `language` in place of the corpus's own; and the arguments of the corpus's reader, most
            often `folder`, `splits` and `audio`.
        base: folder that paths are relative to: the build file's.

    Raises:
        ValueError: an unknown corpus or setting, or a wrong value; says what is known.
        FileNotFoundError: the folder or a metadata file is not there; says where it was looked for and got.
    """
    reader, given, changes = _held_to_kinds(settings, base)
    if changes.get("domain", DOMAINS[0]) not in DOMAINS:
        raise ValueError(
            f"The source {settings['corpus']!r} has the domain {changes['domain']!r}; use one of {', '.join(DOMAINS)}."
        )
    if "language" in changes:
        changes["language"] = language_code(changes["language"])
    if "license" in changes:
        if changes["license"] is None:
            raise ValueError(
                f"The source {settings['corpus']!r} has no licence: leave it out to keep the corpus's own."
            )
        changes["license"] = spdx(changes["license"], otherwise=changes["license"])
    return _Adjusted(reader(**given), changes, settings.get("limit"))


def check_source(settings: Mapping[str, Any]) -> None:
    """Hold one entry of a build's YAML to what its corpus takes, by names and kinds; nothing is looked for on disk.

    Raises:
        ValueError: an unknown corpus or setting, one that is missing, or a value of another kind.
    """
    _held_to_kinds(settings, Path())


def _held_to_kinds(
    settings: Mapping[str, Any], base: Path
) -> tuple[Callable[..., Source], dict[str, Any], dict[str, Any]]:
    """The reader of a corpus, its arguments, and what is to be changed in what it reads."""
    corpus = settings.get("corpus")
    if corpus not in known_corpora():
        raise ValueError(f"There is no corpus {corpus!r}; the corpora are {', '.join(known_corpora())}.")
    reader = _reader(corpus)
    parameters = inspect.signature(reader).parameters
    unknown = [name for name in settings if name not in parameters and name not in _EVERYWHERE]
    if unknown:
        known = ", ".join(dict.fromkeys([*_EVERYWHERE, *parameters]))
        raise ValueError(f"The source {corpus!r} has no setting {unknown[0]!r}; it has {known}.")
    required = [name for name, parameter in parameters.items() if parameter.default is inspect.Parameter.empty]
    missing = [name for name in required if settings.get(name) is None]
    if missing:
        raise ValueError(
            f"The source {corpus!r} needs {missing[0]!r}, such as `{{corpus: {corpus}, {missing[0]}: …}}`."
        )
    given = {name: _argument(corpus, name, value, base) for name, value in settings.items() if name in parameters}
    everywhere = {name: value for name, value in settings.items() if name in _EVERYWHERE}
    try:
        check_kinds(_Adjustments, everywhere)
        check_kinds(reader.func if isinstance(reader, partial) else reader, given)
    except ValueError as error:
        raise ValueError(f"The source {corpus!r}: {error}") from None
    limit = settings.get("limit")
    if limit is not None and limit < 1:
        raise ValueError(f"The source {corpus!r} has the limit {limit!r}; give a whole number from 1 on.")
    changes = {name: value for name, value in everywhere.items() if name not in (*parameters, "corpus", "limit")}
    return reader, given, changes


def _reader(corpus: str) -> Callable[..., Source]:
    if corpus in READERS:
        module, name = READERS[corpus]
        return getattr(import_module(f".{module}", __package__), name)
    from .tables import TableSource

    return partial(TableSource, corpus)


def _argument(corpus: str, name: str, value: Any, base: Path) -> Any:
    if name in _PATHS and value is not None:
        if not isinstance(value, (str, Path)) or not str(value).strip():
            raise ValueError(f"The source {corpus!r} has {value!r} as {name}; give a path.")
        return base / Path(value).expanduser()
    if name in ("splits", "sources") and isinstance(value, str):
        return [value]
    return value


class _Adjusted:
    """A source with what a build's entry changes in it."""

    def __init__(self, source: Source, changes: Mapping[str, Any], limit: int | None) -> None:
        self.name = source.name
        self._source = source
        self._changes = dict(changes)
        self._limit = limit

    def read(self) -> Iterator[Item]:
        return islice(map(self._changed, self._source.read()), self._limit)

    def _changed(self, item: Item) -> Item:
        return replace(item, **self._changes) if self._changes and isinstance(item, Recording) else item
