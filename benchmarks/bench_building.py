"""What the pipeline itself takes for a row, in time, memory and disk, at two sizes that differ by ten.

    python benchmarks/bench_building.py [--rows 10000 100000] [--seconds 0.4] [--workers 1 2] [--folder /tmp/bench]

All stages over that many recordings with a question each; the teacher answers at once within the process
(synthetic_build.py), so that neither a server nor the network is measured. Every recording is decoded, and no two are
alike. Each build is a process of its own. The larger size runs with one worker, in whose process all stages run, for
its memory; the smaller one with each number of workers. Writes benchmarks/results/building.json.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import shutil
import subprocess
import sys
import tempfile
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

import psutil
from measuring import RESULTS
from synthetic_build import ask_instantly, write_build_file, write_recordings


SHARD_MEGABYTES = 25.0
"""A shard holds about as many rows of these clips as one of 500 MB holds of clips of 8 s."""
WITHIN = 1.10


class Watch:
    """Seconds, seconds of processor and peak memory of each stage, noted as a build's progress."""

    def __init__(self) -> None:
        self._now, self._used = time.perf_counter(), time.process_time()
        self.seconds: dict[str, float] = {}
        self.processor: dict[str, float] = {}
        self.peak: dict[str, int] = {}
        self.workers: dict[int, tuple[float, int]] = {}
        """Seconds of processor and peak memory of each other process, when it was last seen."""

    def __call__(self, stage: str, done: int, whole: int) -> None:
        for process in psutil.Process().children(recursive=True):
            with suppress(psutil.NoSuchProcess, OSError, StopIteration):
                times = process.cpu_times()
                self.workers[process.pid] = (times.user + times.system, _peak_bytes(process.pid))
        now, used = time.perf_counter(), self._processor_seconds()
        self.seconds[stage] = self.seconds.get(stage, 0.0) + now - self._now
        self.processor[stage] = self.processor.get(stage, 0.0) + used - self._used
        self._now, self._used = now, used
        self.peak[stage] = max(self.peak.get(stage, 0), _peak_bytes())
        if done == whole:
            Path("/proc/self/clear_refs").write_text("5", encoding="ascii")  # the next stage's peak is its own

    def _processor_seconds(self) -> float:
        return time.process_time() + sum(seconds for seconds, _ in self.workers.values())


def _peak_bytes(process: int | str = "self") -> int:
    lines = Path(f"/proc/{process}/status").read_text(encoding="ascii").splitlines()
    return 1024 * int(next(line for line in lines if line.startswith("VmHWM")).split()[1])


def build_here(build_file: Path, workers: int) -> dict[str, Any]:
    """Run a build in this process and its workers; what it took."""
    from dataset_builder.build import run_build
    from dataset_builder.build_settings import read_build
    from dataset_builder.build_stages import plan_build
    from dataset_builder.engine.executors import Execution

    ask_instantly()
    settings = read_build(build_file)
    watch = Watch()
    report = run_build(settings, Execution(workers=workers), watch)
    own = max(watch.peak.values())
    others = max((peak for _, peak in watch.workers.values()), default=own)
    disk = {item.folder.path.name.rpartition("-")[0]: _bytes(item.folder.path) for item in plan_build(settings)}
    return {
        "seconds": sum(watch.seconds.values()),
        "processor_seconds": sum(watch.processor.values()),
        "rows_out": sum(report.statistics["rows"].values()),
        "left": dict(report.left),
        "peak_bytes": own,
        "peak_bytes_of_a_worker": others,
        "seconds_by_stage": watch.seconds,
        "processor_seconds_by_stage": watch.processor,
        "peak_bytes_by_stage": watch.peak,
        "disk_bytes": disk | {"calls": _bytes(settings.work / "calls"), "finished folder": _bytes(settings.output)},
    }


def _bytes(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def build(folder: Path, recordings: Path, rows: int, workers: int) -> dict[str, Any]:
    """Run a build in a process of its own; what it took, with the machine's load before."""
    here = folder / f"{rows}-{workers}"
    shutil.rmtree(here, ignore_errors=True)
    path = write_build_file(here, recordings, SHARD_MEGABYTES)
    load = os.getloadavg()[0]
    done = subprocess.run(
        [sys.executable, __file__, "--build", path, "--workers", str(workers)], stdout=subprocess.PIPE
    )
    if done.returncode:
        raise SystemExit(f"The build of {path} failed.")
    found = json.loads(done.stdout.splitlines()[-1])
    shutil.rmtree(here)
    return {"rows": rows, "workers": workers, "load_before": round(load, 2), **found}


def print_build(found: dict[str, Any]) -> None:
    """A build's line, and those of its stages."""
    rows, seconds, processor = found["rows"], found["seconds"], found["processor_seconds"]
    print(
        f"{rows:7} rows, {found['workers']} worker(s): {1000 * seconds / rows:6.2f} ms a row "
        f"({1000 * processor / rows:.2f} of processor), {rows / seconds:.1f} rows/s, "
        f"peak {found['peak_bytes'] / 2**20:.0f} MiB (a worker {found['peak_bytes_of_a_worker'] / 2**20:.0f} MiB), "
        f"load before {found['load_before']}",
        flush=True,
    )
    for stage, taken in found["seconds_by_stage"].items():
        used, peak = found["processor_seconds_by_stage"][stage], found["peak_bytes_by_stage"][stage]
        print(
            f"{'':9}{stage:14} {1000 * taken / rows:7.2f} ms a row ({1000 * used / rows:6.2f} of processor), "
            f"peak {peak / 2**20:5.0f} MiB"
        )


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, nargs=2, default=[10_000, 100_000], help="sizes (default: %(default)s)")
    parser.add_argument("--seconds", type=float, default=0.4, help="of a recording (default: %(default)s)")
    parser.add_argument("--workers", type=int, nargs="+", default=[1, 2], help="default: 1 2")
    parser.add_argument("--folder", type=Path, help="where to build (default: a temporary folder)")
    parser.add_argument("--build", type=Path, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.build:
        print(json.dumps(build_here(arguments.build, arguments.workers[0])))
        return
    with tempfile.TemporaryDirectory(dir=arguments.folder) as name:
        folder = Path(name)
        small, large = arguments.rows
        builds = []
        for rows in (small, large):
            write_recordings(folder / f"recordings-{rows}", rows, arguments.seconds)
        for workers in arguments.workers:
            builds.append(build(folder, folder / f"recordings-{small}", small, workers))
            print_build(builds[-1])
        builds.append(build(folder, folder / f"recordings-{large}", large, 1))
        print_build(builds[-1])
    first, last = builds[0], builds[-1]
    memory = last["peak_bytes"] / first["peak_bytes"]
    per_row = (last["seconds"] / large) / (first["seconds"] / small)
    print(f"memory of {large} rows: {memory:.3f} times that of {small} (to reach {WITHIN:.2f})")
    print(f"time per row of {large} rows: {per_row:.3f} times that of {small}")
    disk = {name: round(1000 * size / large) for name, size in last["disk_bytes"].items()}
    print("bytes of disk per 1,000 rows:", ", ".join(f"{name} {size:,}" for name, size in disk.items()))
    conditions = {"rows": arguments.rows, "seconds": arguments.seconds, "shard_megabytes": SHARD_MEGABYTES}
    conditions |= {"cores": os.cpu_count(), "machine": platform.machine(), "teacher": "in the process, at once"}
    found = {"memory_ratio": memory, "time_per_row_ratio": per_row, "disk_bytes_per_1000_rows": disk}
    RESULTS.mkdir(exist_ok=True)
    text = json.dumps({"conditions": conditions, **found, "builds": builds}, indent=2)
    (RESULTS / "building.json").write_text(text + "\n", encoding="utf-8")
    print(f"Written to {RESULTS / 'building.json'}.")


if __name__ == "__main__":
    main()
