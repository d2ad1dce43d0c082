"""The files of a stage: a slice's rows, what it left behind, and its account, each whole or not there.

```
<number>_<stage>-<key>/
  rows/00000.jsonl       rows that go on, in the order in which they came
  left/00000.jsonl       rows that do not, with fate, check and reason
  accounts/00000.json    written last: a slice with an account is done
  journal/00000.sqlite   rows of a slice that is being processed
  progress/00000.json    what is done of a slice, for those who watch
```
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

from .stage import Row


@dataclass(frozen=True)
class StageFolder:
    """The folder of a stage.

    Args:
        path: of the folder.
        name: of the stage.
    """

    path: Path
    name: str

    def file(self, kind: str, rank: int, ending: str) -> Path:
        """The path of a slice's file; its folder is made."""
        folder = self.path / kind
        folder.mkdir(parents=True, exist_ok=True)
        return folder / f"{rank:05d}.{ending}"

    def rows(self, rank: int, every: int = 1, first: int = 0) -> Iterator[Row]:
        """The rows that a slice gave: all of them, or every so many from the one at `first` on.

        Raises:
            ValueError: the slice is not done, or a line of it cannot be read.
        """
        return self._lines("rows", rank, every, first)

    def rows_with_offsets(self, rank: int) -> Iterator[tuple[int, Row]]:
        """The rows that a slice gave, each with the place in bytes that `row_at` finds it by."""
        path = self.path / "rows" / f"{rank:05d}.jsonl"
        with path.open("rb") as stream:
            offset = 0
            for line in stream:
                yield offset, json.loads(line)
                offset += len(line)

    def row_at(self, rank: int, offset: int) -> Row:
        """The row of a slice that begins at a byte."""
        with (self.path / "rows" / f"{rank:05d}.jsonl").open("rb") as stream:
            stream.seek(offset)
            return json.loads(stream.readline())

    def left(self, rank: int) -> Iterator[dict[str, Any]]:
        """The rows that a slice left behind, as `Left.to_json` writes them; raises what `rows` raises."""
        return self._lines("left", rank)

    def lines(self, kind: str, rank: int) -> int:
        """How many lines a slice's file has, 0 where it is not there."""
        path = self.path / kind / f"{rank:05d}.jsonl"
        if not path.exists():
            return 0
        with path.open("rb") as stream:
            return sum(block.count(b"\n") for block in iter(lambda: stream.read(1 << 20), b""))

    def _lines(self, kind: str, rank: int, every: int = 1, first: int = 0) -> Iterator[dict[str, Any]]:
        path = self.path / kind / f"{rank:05d}.jsonl"
        if self.account(rank) is None:
            raise ValueError(f"The stage {self.name!r} has not finished its slice {rank}: there is no {path}.")
        with path.open(encoding="utf-8") as lines:
            for number, line in islice(enumerate(lines, 1), first, None, every):
                try:
                    yield json.loads(line)
                except ValueError:
                    raise ValueError(
                        f"{path}, line {number}, is damaged: remove the folder {self.path} and build again."
                    ) from None

    def account(self, rank: int) -> dict[str, Any] | None:
        """The account of a slice, None where it is not done."""
        try:
            return json.loads((self.path / "accounts" / f"{rank:05d}.json").read_text(encoding="utf-8"))
        except FileNotFoundError:
            return None

    def clear(self, rank: int) -> None:
        """Take back a slice that is done; what teachers answered stays."""
        for kind, ending in (
            ("accounts", "json"),
            ("rows", "jsonl"),
            ("left", "jsonl"),
            ("journal", "sqlite"),
            ("progress", "json"),
        ):
            (self.path / kind / f"{rank:05d}.{ending}").unlink(missing_ok=True)


def write_whole(path: Path, lines: Iterable[str]) -> None:
    """Write a text file whole or not at all."""
    partial = path.with_name(path.name + ".partial")
    with partial.open("w", encoding="utf-8") as stream:
        stream.writelines(lines)
    os.replace(partial, path)
