"""The entries of a file of outputs: a JSON list, JSONL, CSV or TSV. Knows nothing of benchmarks."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any


Entry = Mapping[str, Any]
DELIMITERS = {".csv": ",", ".tsv": "\t"}


def read_entries(path: Path) -> list[Entry]:
    """The objects of a JSON list or of JSONL, or the rows of a `.csv` or `.tsv` with a header, as text.

    Raises:
        FileNotFoundError: there is no such file.
        ValueError: it is none of these, or holds nothing; names the file and the entry or line.
    """
    if not path.exists():
        raise FileNotFoundError(f"There is no file {path} of outputs.")
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise ValueError(f"{path} is not UTF-8 ({error}): save it as UTF-8.") from None
    if path.suffix.lower() in DELIMITERS:
        entries = _table_rows(text, DELIMITERS[path.suffix.lower()], path)
    elif text.lstrip().startswith("["):
        entries = _parsed(text, path, "")
    else:
        # Not splitlines: the strings of an entry may hold a line separator that JSON leaves as it is.
        lines = enumerate(text.split("\n"), 1)
        entries = [_parsed(line, path, f", line {number},") for number, line in lines if line.strip()]
    if not entries:
        raise ValueError(f"{path} holds no outputs.")
    for number, entry in enumerate(entries, 1):
        if not isinstance(entry, dict):
            raise ValueError(
                f"{path}, entry {number}, is no object: a list of objects or an object a line belong here."
            )
    return entries


def _parsed(text: str, path: Path, where: str) -> Any:
    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        raise ValueError(
            f"{path}{where} is not JSON ({error}): a JSON list, or JSONL with one object a line, belongs here."
        ) from None


def _table_rows(text: str, delimiter: str, path: Path) -> list[Entry]:
    if delimiter == "\t":
        # CoVoST's TSVs are written without quoting, with a backslash before a quotation mark, which else is a
        # character like any other.
        stream = io.StringIO(text.replace('\\"', '"'), newline="")
        reader = csv.DictReader(stream, delimiter=delimiter, quoting=csv.QUOTE_NONE)
    else:
        reader = csv.DictReader(io.StringIO(text, newline=""), delimiter=delimiter)
    rows: list[Entry] = []
    for number, row in enumerate(reader, 1):
        if None in row or None in row.values():
            raise ValueError(f"{path}, row {number}, has more or fewer cells than the header: quote its text.")
        rows.append(row)
    return rows
