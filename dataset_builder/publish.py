"""The last step of a build: the shards become a folder of CoTA with statistics, card and manifest."""

from __future__ import annotations

import os
import shutil
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .build_settings import BuildSettings
from .card import write_card
from .check import decoded, overlap_problems
from .engine.executors import Progress
from .schema import SPLITS
from .stages.decontaminate import Decontaminate
from .stages.taught_stage import TaughtStage
from .statistics import TEXT_COLUMNS, Statistics
from .versions import versions
from .writer import FORMAT, MANIFEST, cota_folder, write_json


if TYPE_CHECKING:
    from .build_stages import PlannedStage

STEP = "publish"
BUILD_FILE = "build.yaml"
SHARD = ("domain", "task", "split", "path", "rows", "bytes", "sha256")
"""What the manifest says of a shard."""


@dataclass
class BuildReport:
    """What a build did: the folder, its statistics, and what was left out and why."""

    folder: Path
    statistics: dict[str, Any]
    left: Counter[str] = field(default_factory=Counter)
    """Rows that did not get through, by stage and check."""
    notes: list[str] = field(default_factory=list)


def publish_folder(settings: BuildSettings, planned: Sequence[PlannedStage], progress: Progress | None) -> BuildReport:
    """Write the folder of CoTA of a build whose stages are done.

    Raises:
        ValueError: no row got through, a recording is in two splits, or the output is something else.
        OSError: the disk is full or cannot be written to.
    """
    written = planned[-1]
    shards = sorted(
        (row for rank in range(written.tasks) for row in written.folder.rows(rank)),
        key=lambda shard: (shard["domain"], shard["task"], SPLITS.index(shard["split"]), shard["path"]),
    )
    stages = {item.stage.name: _account(item) for item in planned}
    _count_rows_of_shards(planned, stages, sum(shard["rows"] for shard in shards))
    if not shards:
        left = ", ".join(f"{count:,} by {reason}" for reason, count in _left(stages).most_common()) or "nothing"
        raise ValueError(f"No row got through the build. What was left behind, by stage and check: {left}.")
    shards = [{name: shard[name] for name in SHARD} for shard in shards]
    with cota_folder(settings.output) as folder:
        statistics = Statistics()
        done, whole = 0, sum(shard["rows"] for shard in shards)
        for shard in shards:
            _link(written.folder.path / shard["path"], folder / shard["path"])
            for row in _texts(folder / shard["path"]):
                statistics.add(row, shard["split"])
                done += 1
            if progress is not None:
                progress(STEP, done, whole)
        manifest = {"format": FORMAT, "seed": settings.seed, "rows": whole, "shards": shards}
        if problems := overlap_problems(folder, manifest, statistics):
            raise ValueError(f"{problems[0]} Give recordings that belong together one group.")
        compared = [
            line
            for item in planned
            if isinstance(item.stage, Decontaminate)
            for line in item.stage.compared(item.folder)
        ]
        notes = [*_notes(planned), *map(str, compared)]
        found = statistics.result() | {"baselines": statistics.baselines(), "stages": stages, "notes": notes}
        found |= {"decontamination": [asdict(line) for line in compared]}
        write_json(folder / "statistics.json", found)
        write_json(folder / "versions.json", versions())
        _write_prompts(folder, planned)
        if settings.text:
            (folder / BUILD_FILE).write_text(settings.text, encoding="utf-8", newline="")
        write_card(folder, manifest, found, settings.output.name)
        write_json(folder / MANIFEST, manifest)
    return BuildReport(settings.output, found, _left(stages), notes)


def _write_prompts(folder: Path, planned: Sequence[PlannedStage]) -> None:
    """The words that teachers were given, a file each, named by their version."""
    for item in planned:
        for asking in item.stage.askings() if isinstance(item.stage, TaughtStage) else ():
            path = folder / "prompts" / f"{asking.prompt.name}-{asking.prompt.version}.md"
            path.parent.mkdir(exist_ok=True)
            path.write_text(asking.prompt.text, encoding="utf-8")


def _account(item: PlannedStage) -> dict[str, Any]:
    counts = item.counts()
    return {
        "in": counts.rows_in,
        "out": counts.out,
        "rejected": counts.rejected,
        "error": counts.error,
        "checks": dict(sorted(counts.checks.items())),
        "version": item.stage.version(),
    }


def _count_rows_of_shards(planned: Sequence[PlannedStage], stages: dict[str, dict[str, Any]], rows: int) -> None:
    """Put rows into the accounts of the last two stages, which the engine counts in shards but for their errors.

    Raises:
        ValueError: the shards hold other rows than the stage before gave.
    """
    before, *of_shards = planned[-3:]
    lost = of_shards[-1].counts().error
    given = before.counts().out
    if rows + lost != given:
        raise ValueError(
            f"The stage {before.stage.name!r} gave {given} rows, and the shards hold {rows} besides {lost} in error: "
            f"remove {of_shards[0].folder.path} and {of_shards[1].folder.path}, and build again."
        )
    stages[of_shards[0].stage.name] |= {"in": given, "out": given}
    stages[of_shards[1].stage.name] |= {"in": given, "out": rows}


def _left(stages: dict[str, dict[str, Any]]) -> Counter[str]:
    return Counter({f"{name}: {check}": n for name, found in stages.items() for check, n in found["checks"].items()})


def _notes(planned: Sequence[PlannedStage]) -> list[str]:
    """Sentences that stages left in their folders."""
    notes: list[str] = []
    for item in planned:
        for path in sorted((item.folder.path / "notes").glob("*.txt")):
            notes += path.read_text(encoding="utf-8").splitlines()
    return notes


def _link(source: Path, target: Path) -> None:
    """The shard at a second place, without a second copy where the disk allows it."""
    target.parent.mkdir(parents=True, exist_ok=True)
    try:
        os.link(source, target)
    except OSError:
        shutil.copyfile(source, target)


def _texts(path: Path):
    import pyarrow.parquet

    with pyarrow.parquet.ParquetFile(path) as file:
        for index in range(file.num_row_groups):
            for row in file.read_row_group(index, columns=list(TEXT_COLUMNS)).to_pylist():
                yield decoded(row)
