"""The benchmarks by name."""

from __future__ import annotations

from evaluation.outputs.benchmark import Benchmark
from evaluation.outputs.choice_benchmarks import AIR_BENCH_FOUNDATION, AUDITORYBENCH_PP, COTA, MMAR, MMAU
from evaluation.outputs.open_benchmarks import AIR_BENCH_CHAT, COVOST2, MELD


BENCHMARKS = {
    benchmark.name: benchmark
    for benchmark in (MMAU, MMAR, AIR_BENCH_FOUNDATION, AIR_BENCH_CHAT, MELD, COVOST2, AUDITORYBENCH_PP, COTA)
}


def benchmark_of(name: str) -> Benchmark:
    """The benchmark of that name; dashes may stand for underscores.

    Raises:
        ValueError: there is none.
    """
    found = BENCHMARKS.get(name.replace("-", "_"))
    if found is None:
        raise ValueError(f"benchmark {name!r} is unknown; choose among {', '.join(BENCHMARKS)}.")
    return found
