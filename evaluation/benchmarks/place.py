"""Where a benchmark lies: a local folder in its official layout, or a repository of the Hub."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from evaluation.benchmarks.recording import Recording
from evaluation.outputs.entries import read_entries
from evaluation.outputs.items import listed_choices


@dataclass(frozen=True)
class Source:
    """Where to get a benchmark.

    Attributes:
        benchmark: its name.
        site: a page that says how.
        hub: the repository of the Hub that holds it, where one does.
        patterns: the files that are needed of it.
        hub_splits: the splits that it holds; empty for all of the benchmark's.
        empty: whether some of its recordings are published as empty files.
    """

    benchmark: str
    site: str
    hub: str | None = None
    patterns: tuple[str, ...] = ()
    hub_splits: tuple[str, ...] = ()
    empty: bool = False


@dataclass(frozen=True)
class Place:
    """Where a benchmark was found.

    Attributes:
        folder: with its files.
        hub: the repository of the Hub that it was downloaded from; None for a folder of one's own.
        revision: the commit of that repository.
    """

    folder: Path
    hub: str | None = None
    revision: str | None = None


def place_of(data: str | None, source: Source, split: str, revision: str | None = None) -> Place:
    """The folder that `data` names; without it, the Hub's copy, which is downloaded.

    Args:
        data: a folder in the official layout, or None.
        source: of the benchmark.
        split: that is wanted of it.
        revision: branch, tag or commit of the Hub's copy; the newest without it.

    Raises:
        ValueError: a revision of a local folder is asked for.
        FileNotFoundError: there is no such folder, or the Hub's copy cannot be had; says where to get the benchmark.
    """
    if data is not None and revision is not None:
        raise ValueError(f"revision {revision} is of the Hub's copy, and {data} is a folder: leave one of them out.")
    if data is not None:
        folder = Path(data)
        if not folder.is_dir():
            raise FileNotFoundError(f"There is no folder {folder}: get {source.benchmark} from {source.site}.")
        return Place(folder)
    if source.hub is None:
        raise FileNotFoundError(
            f"{source.benchmark} is not on the Hub as one repository: get it from {source.site} and name its folder "
            "(-T data=FOLDER, or --data FOLDER)."
        )
    if source.hub_splits and split not in source.hub_splits:
        raise FileNotFoundError(
            f"{source.hub} on the Hub holds {', '.join(source.hub_splits)} of {source.benchmark} and not {split}: get "
            f"it from {source.site} and name its folder (-T data=FOLDER, or --data FOLDER)."
        )
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import HfHubHTTPError, LocalEntryNotFoundError

    try:
        folder = Path(
            snapshot_download(
                source.hub, repo_type="dataset", revision=revision, allow_patterns=list(source.patterns) or None
            )
        )
    except (HfHubHTTPError, LocalEntryNotFoundError, OSError) as error:
        raise FileNotFoundError(
            f"{source.benchmark} cannot be downloaded from {source.hub} on the Hub ({_reason(error)}): get it from "
            f"{source.site} and name its folder (-T data=FOLDER, or --data FOLDER)."
        ) from None
    # The cache has a folder for each commit.
    return Place(folder, source.hub, folder.name)


def _reason(error: Exception) -> str:
    """The first line of what went wrong."""
    return next(iter(str(error).splitlines()), type(error).__name__)


def present(folder: Path, names: Sequence[str], source: Source) -> list[Path]:
    """Those of the named files that are in the folder; one at least.

    Raises:
        FileNotFoundError: none is.
    """
    found = [folder / name for name in names if (folder / name).is_file()]
    if not found:
        raise FileNotFoundError(
            f"{folder} has none of {', '.join(names)}, so it is no folder of {source.benchmark}: get it from "
            f"{source.site}."
        )
    return found


def numbered_entries(path: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    """The entries of a JSON list, JSONL, CSV or TSV, counted from 1."""
    for number, entry in enumerate(read_entries(path), 1):
        yield number, dict(entry)


def need(entry: Mapping[str, Any], name: str, path: Path, number: int) -> str:
    """A field's text.

    Raises:
        ValueError: it is missing or empty; names the file and the entry.
    """
    value = entry.get(name)
    if value is None or value == "":
        raise ValueError(f"{path}, entry {number}, has no {name!r}: it is not in the official layout.")
    return str(value)


def heard(folder: Path, names: Sequence[str]) -> Recording:
    """The first of the named files that is there; the first one where none is, as `readable.check_there` will say."""
    paths = [folder / name for name in names]
    return Recording(str(next((path for path in paths if path.is_file()), paths[0])))


def not_in_layout(path: Path, number: int, error: ValueError) -> ValueError:
    """What is raised for an entry that the scorer could not read."""
    return ValueError(f"{path}, entry {number}, {error}: it is not in the official layout.")


def choices_of(entry: Mapping[str, Any], path: Path, number: int) -> tuple[str, ...]:
    """The choices of an entry under "choices".

    Raises:
        ValueError: they are no list of texts; names the file and the entry.
    """
    try:
        return tuple(listed_choices(entry))
    except ValueError as error:
        raise not_in_layout(path, number, error) from None
