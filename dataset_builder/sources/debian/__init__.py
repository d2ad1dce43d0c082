"""The recordings of the demo: Debian packages, fetched into a cache folder, then read as `Recording`s.

Nothing is decoded here. A module a corpus, with `NAME`, `PACKAGES`, `read(cache)` and, where recordings are made,
`render(cache, …)`.
"""

from .registry import SOURCES, default_cache, fetch_recordings, read_recordings


__all__ = ["SOURCES", "default_cache", "fetch_recordings", "read_recordings"]
