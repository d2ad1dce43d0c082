"""The corpora: fetched into a cache folder, then read as `Recording`s without decoding anything.

A module a corpus, with `NAME`, `PACKAGES`, `read(cache)` and, where recordings are made, `render(cache, …)`.
"""

from .registry import SOURCES, default_cache, fetch_recordings, read_recordings


__all__ = ["SOURCES", "default_cache", "fetch_recordings", "read_recordings"]
