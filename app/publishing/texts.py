"""The texts in the files that are to be sent: text files, the strings of Parquet's rows, the headers of safetensors.

Knows nothing of what they are searched for. Pictures, sound and weights hold none.
"""

from __future__ import annotations

import json
import struct
from bisect import bisect_right
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate
from pathlib import Path
from typing import Any

from app.publishing.plan import PlannedFile


WITHOUT_TEXT = frozenset(
    {".png", ".jpg", ".jpeg", ".gif", ".webp", ".ico", ".wav", ".flac", ".mp3", ".ogg", ".opus", ".woff", ".woff2"}
    | {".model"}  # of SentencePiece
)
"""By suffix: what is read by other means than as text."""
_BETWEEN_ROWS = "\x00"


@dataclass(frozen=True)
class Text:
    """A text and what tells where in its file a place of it is: "line 3", or "row 7, column answer"."""

    text: str
    where: Callable[[int], str]


def texts_of(file: PlannedFile) -> Iterator[Text]:
    """The texts of a file.

    Raises:
        ValueError: it is neither text nor of a kind that is known.
    """
    suffix = Path(file.name).suffix.lower()
    if suffix in WITHOUT_TEXT:
        return
    if suffix == ".parquet":
        yield from _of_rows(file)
    elif suffix == ".safetensors":
        yield Text(_header(file), lambda _: "its header")
    else:
        try:
            text = file.read().decode("utf-8")
        except UnicodeDecodeError:
            raise ValueError(
                f"{file.name} is neither text nor a kind of file that is sent: take it out of the folder."
            ) from None
        yield Text(text, lambda place: f"line {text.count(chr(10), 0, place) + 1}")


def _header(file: PlannedFile) -> str:
    """The JSON that a safetensors file begins with."""
    broken = ValueError(f"{file.name} is no safetensors file: save the weights again.")
    if not isinstance(file.content, Path):
        raise broken
    with file.content.open("rb") as opened:
        start = opened.read(8)
        length = struct.unpack("<Q", start)[0] if len(start) == 8 else 0
        if not 2 <= length <= file.size - 8:
            raise broken
        header = opened.read(length)
    try:
        json.loads(header)
    except ValueError:
        raise broken from None
    return header.decode()


def _of_rows(file: PlannedFile) -> Iterator[Text]:
    """The strings of a Parquet file, a column of a row group at a time."""
    import pyarrow.parquet

    with pyarrow.parquet.ParquetFile(file.content) as rows:
        schema = rows.schema
        columns = [schema.column(number) for number in range(len(schema))]
        names = [column.path for column in columns if column.logical_type.type in ("STRING", "JSON")]
        first = 1
        for group in range(rows.num_row_groups):
            count = rows.metadata.row_group(group).num_rows
            for name in names:
                table = rows.read_row_group(group, columns=[name])
                found = ["\n".join(_strings(value)) for value in table.column(0).to_pylist()]
                yield Text(_BETWEEN_ROWS.join(found), _row_of(found, first, name.partition(".")[0]))
            first += count


def _row_of(texts: Sequence[str], first: int, column: str) -> Callable[[int], str]:
    """What tells the row of a place in the texts of a column, one a row, put together."""
    starts = list(accumulate((len(text) + len(_BETWEEN_ROWS) for text in texts), initial=0))
    return lambda place: f"row {first + bisect_right(starts, place) - 1}, column {column}"


def _strings(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for inner in value.values():
            yield from _strings(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _strings(inner)
