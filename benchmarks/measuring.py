"""Two ways of doing the same thing, measured in one run: shortest times side by side, peak memory, a table of ratios.

Knows nothing of models. A ratio is what transformers' own class takes over what ours takes.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import platform
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import torch


RESULTS = Path(__file__).parent / "results"
SHORTEST_TURN = 0.05  # seconds


@dataclass(frozen=True)
class Comparison:
    """One line of a table.

    what: what was done.
    threads: of torch.
    ours, stock: what it took, in `unit`.
    to_reach: the ratio that is wanted, or None.
    difference: the largest difference of the results, where they are numbers.
    samples: answered or trained on meanwhile, where a rate is of interest.
    """

    what: str
    threads: int
    ours: float
    stock: float
    to_reach: float | None = None
    difference: float | None = None
    unit: str = "s"
    samples: int | None = None

    @property
    def ratio(self) -> float:
        return self.stock / self.ours

    @property
    def samples_per_second(self) -> tuple[float, float] | None:
        """Ours, stock."""
        return None if self.samples is None else (self.samples / self.ours, self.samples / self.stock)


def shortest(ours: Callable[[], object], stock: Callable[[], object], repeats: int) -> tuple[float, float]:
    """The shortest turn of each in seconds, after one of each that is not counted, in `repeats` rounds.

    Work of milliseconds is done over and over until a turn takes `SHORTEST_TURN`, as by `timeit`; its mean counts.
    In a round both are given the same time, so the shorter one has more turns: a burst of other work on the machine
    meets both alike.
    """
    times: tuple[list[float], list[float]] = ([], [])
    calls = [_calls_of_a_turn(work) for work in (ours, stock)]
    longest = 0.0
    for _ in range(repeats):
        for work, number, found in zip((ours, stock), calls, times, strict=True):
            spent = 0.0
            while spent == 0.0 or spent + found[-1] * number <= longest:
                seconds = seconds_of(lambda work=work, number=number: [work() for _ in range(number)])
                found.append(seconds / number)
                spent += seconds
            longest = max(longest, min(found) * number)
    return min(times[0]), min(times[1])


def _calls_of_a_turn(work: Callable[[], object]) -> int:
    """How often to do `work` in a turn; does it once, and a second time if it is short."""
    if seconds_of(work) >= SHORTEST_TURN:
        return 1
    return math.ceil(SHORTEST_TURN / seconds_of(work))


def seconds_of(work: Callable[[], object]) -> float:
    """Seconds until `work` and what it started on a GPU are done."""
    start = time.perf_counter()
    work()
    if torch.cuda.is_available():
        torch.cuda.synchronize()
    return time.perf_counter() - start


def peak_bytes(work: Callable[[], object]) -> int:
    """Bytes by which the process (Linux), or what it holds on a GPU, grows at most while `work` runs."""
    if torch.cuda.is_available():
        torch.cuda.reset_peak_memory_stats()
        before = torch.cuda.memory_allocated()
        work()
        return torch.cuda.max_memory_allocated() - before
    Path("/proc/self/clear_refs").write_text("5", encoding="ascii")  # the peak is counted from here on
    before = _status("VmRSS")
    work()
    return _status("VmHWM") - before


def _status(field: str) -> int:
    lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    return 1024 * int(next(line for line in lines if line.startswith(field)).split()[1])


def command_line(description: str, **defaults: int) -> argparse.Namespace:
    """Options of a benchmark: `--threads`, `--repeats`, and one for each default."""
    parser = argparse.ArgumentParser(description=description)
    devices = ["cpu", "cuda"] if torch.cuda.is_available() else ["cpu"]
    parser.add_argument("--device", choices=devices, default=devices[-1], help="default: %(default)s")
    parser.add_argument("--threads", type=int, nargs="+", default=[1, 2], help="measure with each of these")
    for name, value in {"repeats": 3, **defaults}.items():
        parser.add_argument(f"--{name}", type=int, default=value, help="default: %(default)s")
    arguments = parser.parse_args()
    if arguments.device == "cuda":
        arguments.threads = arguments.threads[:1]  # they make no difference there
    return arguments


def report(name: str, rows: Sequence[Comparison], arguments: argparse.Namespace, **also: object) -> None:
    """Print the table and write `benchmarks/results/<name>.json`."""
    width = max(len(row.what) for row in rows)
    print(f"{'':{width}}  threads      ours     stock   ratio  to reach  largest difference")
    for row in rows:
        wanted = "" if row.to_reach is None else f"{row.to_reach:.2f}x"
        difference = "" if row.difference is None else f"{row.difference:.1e}"
        print(
            f"{row.what:{width}}  {row.threads:7}  {row.ours:#6.3g} {row.unit:2} {row.stock:#6.3g} {row.unit:2} "
            f"{row.ratio:6.2f}x  {wanted:>8}  {difference}".rstrip()
        )
    for row in rows:
        if row.samples_per_second:
            print(f"{row.what}: {row.samples_per_second[0]:.2f} samples/s, stock {row.samples_per_second[1]:.2f}.")
    RESULTS.mkdir(exist_ok=True)
    conditions = {
        **vars(arguments),
        "torch": torch.__version__,
        "machine": platform.machine(),
        "cores": os.cpu_count(),
    }
    lines = [{**asdict(row), "ratio": row.ratio, "samples_per_second": row.samples_per_second} for row in rows]
    if arguments.device == "cuda":
        conditions["gpu"] = torch.cuda.get_device_name()
        name = f"{name}_cuda"
    text = json.dumps({"conditions": conditions, "rows": lines, **also}, indent=2)
    (RESULTS / f"{name}.json").write_text(text + "\n", encoding="utf-8")
    print(f"Written to {RESULTS / name}.json.")
