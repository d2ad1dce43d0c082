"""The licences of a data set's rows, held against the one that was asked for."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from app.publishing.licences import PER_ROW, Verdict, is_contradiction, verdict


SHOWN = 4
"""Sources that an error lists for each reason."""


def licences_of_rows(folder: Path, manifest: Mapping[str, Any]) -> Counter[tuple[str, str]]:
    """How many rows of a folder of CoTA there are of each source and licence expression."""
    import pyarrow.parquet

    found: Counter[tuple[str, str]] = Counter()
    for shard in manifest["shards"]:
        table = pyarrow.parquet.read_table(folder / shard["path"], columns=["source", "license"], partitioning=None)
        found.update(zip(*(table.column(name).to_pylist() for name in ("source", "license")), strict=True))
    return found


def check_licences(
    rows: Mapping[tuple[str, str], int],
    asked: str,
    permitted: Sequence[str] = (),
    judge: Callable[[str, str], Verdict] = verdict,
) -> list[str]:
    """Sentences on licences that have to be read before publishing under `asked`.

    Args:
        rows: how many there are of each source and licence expression.
        asked: SPDX identifier of the whole, or `PER_ROW`.
        permitted: licences, or whole expressions, that the publisher has leave for.
        judge: whether an expression may be published under `asked`.

    Raises:
        ValueError: some do not allow it; names sources, licences, rows and why.
    """
    refused: dict[str, Counter[str]] = {}
    unknown: Counter[str] = Counter()
    for (source, expression), count in sorted(rows.items()):
        parts = [part for part in expression.split(" AND ") if part not in permitted]
        if expression in permitted or not parts:
            continue
        found = judge(" AND ".join(parts), asked)
        if found.allowed is False or (found.allowed is None and asked != PER_ROW):
            refused.setdefault(found.reason, Counter())[source] += count
        elif found.allowed is None:
            unknown[expression] += count
    if refused:
        under = "in the open" if asked == PER_ROW else f"under {asked}"
        listed = [_refused(reason, sources) for reason, sources in refused.items()]
        other = "" if asked == PER_ROW else "publish without --license, so that each row keeps its own, "
        raise ValueError(
            f"Not all sources may be published {under}: {'; '.join(listed)}. Leave these rows out, {other}or say "
            "--permitted LICENCE of one that you have leave for."
        )
    return [
        f"{expression} ({count:,} rows) is not known here: see that it lets you publish." for expression, count in
        sorted(unknown.items())
    ]  # fmt: skip


def _refused(reason: str, sources: Counter[str]) -> str:
    named = ", ".join(f"{source} ({count:,})" for source, count in sources.most_common(SHOWN))
    more = f" and {len(sources) - SHOWN} more sources" if len(sources) > SHOWN else ""
    return f"{reason}: {sources.total():,} rows, of {named}{more}"


def contradictions(rows: Mapping[tuple[str, str], int]) -> list[str]:
    """A sentence where rows join recordings whose licences each ask for the whole to be under them."""
    found = Counter[str]()
    for (_, expression), count in rows.items():
        if is_contradiction(expression):
            found[expression] += count
    if not found:
        return []
    listed = ", ".join(f"{expression} ({count:,})" for expression, count in found.most_common())
    return [
        f"{found.total():,} rows join recordings whose licences each ask that the whole be under them: {listed}. Both "
        "are named in the row; whether that is enough is for you to judge."
    ]
