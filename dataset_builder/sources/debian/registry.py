"""Which corpora there are, and all of them fetched or read in one call."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from types import ModuleType

from ...recording import Recording
from . import asterisk, fillets, hydrogen, mma, sonic_pi, wesnoth
from .disk_space import explained_disk_errors
from .event_labels import keep_broad_events
from .packages import fetch_packages


SOURCES: dict[str, ModuleType] = {
    module.NAME: module for module in (asterisk, fillets, wesnoth, sonic_pi, hydrogen, mma)
}


def default_cache() -> Path:
    """`$AUDIO_REASONER_CACHE`, else `~/.cache/audio-reasoner`."""
    return Path(os.environ.get("AUDIO_REASONER_CACHE") or "~/.cache/audio-reasoner").expanduser()


def _modules(names: Iterable[str] | None) -> list[ModuleType]:
    names = list(SOURCES) if names is None else list(names)
    unknown = [name for name in names if name not in SOURCES]
    if unknown:
        raise ValueError(f"There is no source {unknown[0]!r}; the sources are {', '.join(SOURCES)}.")
    return [SOURCES[name] for name in names]


def read_recordings(cache: Path | None = None, sources: Iterable[str] | None = None) -> list[Recording]:
    """The recordings of the corpora in `cache`, none of them opened, in the same order every time.

    Args:
        cache: folder; default `default_cache()`.
        sources: names in `SOURCES`; default all.

    Raises:
        ValueError: an unknown source.
        OSError: a source was not fetched, or a file of it is missing.
    """
    cache = default_cache() if cache is None else Path(cache)
    return keep_broad_events(recording for module in _modules(sources) for recording in module.read(cache))


def fetch_recordings(
    cache: Path | None = None,
    sources: Iterable[str] | None = None,
    jobs: int | None = None,
    progress: Callable[[str, int, int], None] | None = None,
) -> list[str]:
    """Download, unpack and render what `cache` lacks of the corpora; what is there stays as it is.

    Args:
        cache: folder; default `default_cache()`.
        sources: names in `SOURCES`; default all.
        jobs: renders at a time; default the number of cores.
        progress: called with a step's name, what is done of it and the whole (megabytes, or renders).

    Returns:
        One sentence for each thing that was left out, such as a render that failed.

    Raises:
        ValueError: an unknown source.
        OSError: no apt, no renderer, no such package, a wrong hash, no space, or another fetch is at work there.
    """
    cache = default_cache() if cache is None else Path(cache)
    modules = _modules(sources)
    report = progress or (lambda step, done, whole: None)
    with explained_disk_errors(cache):
        try:
            cache.mkdir(parents=True, exist_ok=True)
        except (FileExistsError, NotADirectoryError, FileNotFoundError) as error:
            raise OSError(
                f"The cache folder {cache} cannot be made ({error.strerror}); name another in AUDIO_REASONER_CACHE."
            ) from error
        with _only_fetch(cache):
            for module in modules:
                if hasattr(module, "require_programs"):
                    module.require_programs(cache)
            packages = [package for module in modules for package in module.PACKAGES]
            fetch_packages(cache, packages, partial(_in_megabytes, report))
            left_out = []
            for module in modules:
                if hasattr(module, "render"):
                    left_out += module.render(cache, jobs, partial(report, "Rendering (scores)"))
    return left_out


def _in_megabytes(report: Callable[[str, int, int], None], done: int, whole: int) -> None:
    report("Downloading (MB)", done // 10**6, whole // 10**6)


@contextmanager
def _only_fetch(cache: Path) -> Iterator[None]:
    with (cache / ".fetch.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise OSError(f"Another `audio-reasoner fetch` is at work in {cache}; wait until it has ended.") from None
        yield
