"""Recordings to a CoTA folder: measure, split, plan, mix in parallel, review, write, score the text alone.

The result depends on the recordings, the number of rows and the seed; the number of workers changes nothing.
"""

from __future__ import annotations

import json
import multiprocessing
import os
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from itertools import groupby
from pathlib import Path
from typing import Any

from .baseline import text_baselines
from .card import write_card
from .planning import plan_rows
from .pool import Measured, make_pools
from .recording import Recording
from .recording_audio import measure
from .row import make_row
from .row_plan import RowPlan
from .schema import SPLITS
from .split import assign_splits, overlaps
from .statistics import TEXT_COLUMNS, summarize
from .teacher_annotations import TEACHER
from .writer import (
    FORMAT,
    MANIFEST,
    ROWS_PER_SHARD,
    ShardWriter,
    cota_folder,
    require_replaceable,
    shard_path,
    write_json,
)


Progress = Callable[[str, int, int], None]
"""Called with the step, what is done of it, and the whole of it."""
Map = Callable[[Callable[..., Any], Sequence[Any]], Iterable[Any]]
RENDERED_AT_ONCE = 16


@dataclass
class BuildReport:
    """What a build did: the folder, its statistics, and what was left out and why."""

    folder: Path
    statistics: dict[str, Any]
    rejected: Counter[str] = field(default_factory=Counter)
    """Rows that were not written, by reason."""
    notes: list[str] = field(default_factory=list)


def build(
    recordings: Sequence[Recording],
    output: Path,
    rows: int = 7_000,
    seed: int = 0,
    workers: int | None = None,
    progress: Progress | None = None,
) -> BuildReport:
    """Build a CoTA folder of about `rows` rows at `output`, which may be absent, empty or an older CoTA folder.

    Args:
        workers: processes; default the number of cores. With 1 everything runs in this process.

    Raises:
        ValueError: `output` is something else, `rows` is too small, or the recordings are enough for no task.
        OSError: the disk is full or cannot be written to.
    """
    if rows < 1:
        raise ValueError(f"The number of rows is {rows}; ask for at least 1.")
    require_replaceable(output)
    workers = workers or _cores()
    report = progress or (lambda step, done, whole: None)
    known = {recording.id: recording for recording in recordings}
    if len(known) != len(recordings):
        twice = next(name for name, count in Counter(r.id for r in recordings).items() if count > 1)
        raise ValueError(f"The recording {twice!r} is given twice; give every recording an id of its own.")

    with cota_folder(output) as folder, _mapping(known, workers) as parallel:
        measured, unusable = _measure(recordings, parallel, report)
        pools = make_pools(measured, assign_splits([item.recording for item in measured], seed))
        plans, notes = plan_rows(pools, rows, seed)
        notes += [f"{len(unusable)} recordings cannot be used, such as: {unusable[0]}"] if unusable else []

        shards, texts, rejected = _write_rows(folder, plans, partial(_render, seed), parallel, report)
        _require_disjoint(texts)
        statistics = summarize(texts)
        report("Scoring the text alone", 0, 1)
        statistics["baselines"] = text_baselines(texts["train"], texts["test"])
        report("Scoring the text alone", 1, 1)
        statistics["rejected"] = dict(rejected)
        statistics["notes"] = notes
        write_json(folder / "statistics.json", statistics)
        manifest = {
            "format": FORMAT,
            "teacher": TEACHER,
            "seed": seed,
            "rows": sum(shard["rows"] for shard in shards),
            "shards": shards,
        }
        write_card(folder, manifest, statistics)
        write_json(folder / MANIFEST, manifest)
    return BuildReport(output, statistics, rejected, notes)


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


_recordings: dict[str, Recording] = {}
"""In a worker: the recordings by id, sent once."""


def _start_worker(recordings: dict[str, Recording]) -> None:
    _recordings.update(recordings)


@contextmanager
def _mapping(recordings: dict[str, Recording], workers: int) -> Iterator[Map]:
    """A `map` that keeps the order, over processes where there is more than one worker."""
    if workers == 1:
        _recordings.clear()
        _start_worker(recordings)
        try:
            yield lambda function, items: map(function, items)
        finally:
            _recordings.clear()
        return
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(workers, context, _start_worker, (recordings,)) as executor:
        try:
            yield lambda function, items: executor.map(function, items, chunksize=RENDERED_AT_ONCE)
        except BaseException:
            executor.shutdown(wait=False, cancel_futures=True)
            raise


def _measure(recordings: Sequence[Recording], parallel: Map, report: Progress) -> tuple[list[Measured], list[str]]:
    measured, unusable = [], []
    for done, found in enumerate(parallel(measure, recordings), 1):
        if isinstance(found, Measured):
            measured.append(found)
        else:
            unusable.append(found)
        report("Measuring the recordings", done, len(recordings))
    return measured, unusable


def _render(seed: int, plan: RowPlan) -> dict[str, Any] | str:
    """The row, or why there is none."""
    try:
        row = make_row(plan, _recordings, seed)
    except (ValueError, OSError) as error:
        return str(error)
    review = json.loads(row["review"])
    if review["verdict"] != "pass":
        return next(f"{name}: {found}" for name, found in review["checks"].items() if found != "pass")
    return row


def _write_rows(
    folder: Path,
    plans: Sequence[RowPlan],
    render: Callable[[RowPlan], dict[str, Any] | str],
    parallel: Map,
    report: Progress,
) -> tuple[list[dict[str, Any]], dict[str, list[dict[str, Any]]], Counter[str]]:
    """Write all shards; returns their manifest lines, the rows' text columns by split, and what was rejected."""
    shards: list[dict[str, Any]] = []
    texts: dict[str, list[dict[str, Any]]] = {split: [] for split in SPLITS}
    rejected: Counter[str] = Counter()
    rendered = iter(parallel(render, plans))
    done = 0
    for (domain, task, split), group in groupby(plans, key=lambda plan: plan.shard):
        count = len(list(group))
        sizes = [min(ROWS_PER_SHARD, count - first) for first in range(0, count, ROWS_PER_SHARD)]
        for index, size in enumerate(sizes):
            writer = ShardWriter(folder, shard_path(domain, task, split, index, len(sizes)))
            for _ in range(size):
                row = next(rendered)
                done += 1
                report("Mixing and writing the rows", done, len(plans))
                if isinstance(row, str):
                    rejected[row] += 1
                    continue
                writer.write(row)
                text = {name: row[name] for name in TEXT_COLUMNS}
                texts[split].append(text | {"annotations": json.loads(row["annotations"])})
            shards.append({"domain": domain, "task": task, "split": split, **writer.close()})
    return shards, texts, rejected


def _require_disjoint(texts: Mapping[str, Sequence[Mapping[str, Any]]]) -> None:
    """Raises ValueError where a recording or a group is heard in two splits."""
    for name in ("id", "group"):
        used = {
            split: {heard[name] for row in rows for heard in row["annotations"]["recordings"]}
            for split, rows in texts.items()
        }
        if both := overlaps(used):
            raise ValueError(f"The recording {name} {both[0]!r} is in two splits; the split is wrong.")
