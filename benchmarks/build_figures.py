"""The measured figures of docs/building.md: what a row takes on this side of the teachers, and what reading takes.

All from benchmarks/results/, which bench_building.py, bench_teacher.py, bench_measuring.py and bench_loading.py write.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from build_tables import PER_RECORDING, ROWS_WANTED, SECONDS, table
from measuring import RESULTS


CORES = 16


def pipeline() -> str:
    """By stage: processor time, memory and disk of the largest build, with a teacher that answers at once."""
    found = _results("building")
    conditions, largest = found["conditions"], found["builds"][-1]
    rows, disk = largest["rows"], found["disk_bytes_per_1000_rows"]
    lines = []
    for stage, seconds in largest["processor_seconds_by_stage"].items():
        kept = next((size for name, size in disk.items() if name.partition("_")[2] == stage), 0)
        peak = largest["peak_bytes_by_stage"][stage]
        lines.append([stage, f"{1000 * seconds / rows:.2f}", f"{peak / 2**20:.0f}", f"{kept / 1e6:.2f}"])
    lines.append(["answers kept", "", "", f"{disk['calls'] / 1e6:.2f}"])
    whole = 1000 * largest["processor_seconds"] / rows
    finished = largest["rows_out"] / rows
    small, large = conditions["rows"]
    shards = disk["finished folder"] / finished / 1e6
    begun = ROWS_WANTED / finished
    measuring = max(_results("measuring")["totals_s"].values()) * begun / PER_RECORDING / 3600
    rest = whole / 1000 * begun / 3600
    return (
        f"A build of {rows:,} clips of {conditions['seconds']:g} s with one question each, through all stages, by one "
        f"worker and a teacher that answers at once, and not always well: {finished:.0%} of the rows are finished, "
        f"the others refused on the way. A row that is begun takes {whole:.1f} ms of one core, so that a core begins "
        f"{1000 / whole:.0f} and finishes {1000 * finished / whole:.0f} rows a second; 1,000 finished rows take "
        f"{shards:.1f} MB in the finished folder. Its memory is {found['memory_ratio']:.2f} times that of a build of "
        f"{small:,}, its time a row {found['time_per_row_ratio']:.2f} times.\n\n"
        f"So for {ROWS_WANTED:,} finished rows, if as many are refused, the stages take {rest:.1f} hours of one core, "
        f"and measuring {begun / PER_RECORDING:,.0f} recordings of {SECONDS:g} s with {PER_RECORDING} questions each "
        f"up to {measuring:.1f} hours more: on one node of {CORES} cores {(rest + measuring) / CORES:.1f} hours. The "
        "teachers' limits set the pace of the rest, so more nodes (Ray, Slurm) pay where measuring is in a hurry.\n\n"
        + table(["stage", "ms of a core a row", "peak memory, MiB", "MB of disk per 1,000 rows begun"], lines)
    )


def rates() -> str:
    """What teachers, facts, lookups and reading allow."""
    teacher, measuring, loading = _results("teacher"), _results("measuring"), _results("loading")
    asked, clip = teacher["conditions"], measuring["conditions"]
    under_way = f"{asked['in_flight']} in flight, a teacher of {1000 * asked['latency']:.0f} ms"
    lines = []
    for row in teacher["rows"]:
        if "of_ideal" in row:
            speed = f"{row['calls_per_second']:.0f} a second, {row['of_ideal']:.1%} of the ideal"
            lines.append([f"calls with {row['what']}, {under_way}", speed])
    for domain, seconds in measuring["totals_s"].items():
        lines.append([f"all facts of {clip['seconds']:g} s of {domain}", f"{1000 * seconds:.0f} ms of a core"])
    for lookup in measuring["lookups"]:
        lines.append(
            [f"looking for a recording among {lookup['entries']:,}", f"{1000 * lookup['stranger_s']:.1f} ms of a core"]
        )
    for way, speed in loading["rows_per_second"].items():
        lines.append([f"reading clips of {loading['conditions']['seconds']:g} s: {way}", f"{speed:.0f} a second"])
    return table(["", "measured"], lines)


def _results(name: str) -> dict[str, Any]:
    return json.loads((RESULTS / f"{name}.json").read_text(encoding="utf-8"))


TABLES: dict[str, Callable[[], str]] = {"build_pipeline": pipeline, "build_rates": rates}
