"""The demo's recordings as a source of a build: Debian packages that `audio-reasoner fetch` put into a cache."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from .debian import SOURCES, read_recordings
from .entry import Item


class DebianSource:
    """The recordings of the demo.

    Args:
        cache: folder that they were fetched into; default `default_cache()`.
        sources: names in `debian.SOURCES`; default all.

    Raises:
        ValueError: an unknown source.
    """

    name = "debian"

    def __init__(self, cache: Path | None = None, sources: Sequence[str] | None = None) -> None:
        unknown = [source for source in sources or () if source not in SOURCES]
        if unknown:
            raise ValueError(f"There is no source {unknown[0]!r}; the sources are {', '.join(SOURCES)}.")
        self._cache, self._sources = cache, sources

    def read(self) -> Iterator[Item]:
        """The recordings, whose `source` is the package's own.

        Raises:
            OSError: they were not fetched, or a file is missing: an incomplete cache is fetched again, not built from.
        """
        yield from read_recordings(self._cache, self._sources)
