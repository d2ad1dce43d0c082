"""A teacher of 200 ms with 64 calls in flight against the ideal rate; the ledger's and the client's own limits.

    python benchmarks/bench_teacher.py [--calls 12800] [--latency 0.2] [--in-flight 64] [--seconds 5]

Needs no key: the server is the one of the tests, in a process of its own, answering by JSON schema. Ideal is
in-flight / latency. Writes benchmarks/results/teacher.json.
"""

from __future__ import annotations

import argparse
import asyncio
import io
import json
import os
import platform
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import soundfile

from dataset_builder.stages.reason import Sections
from dataset_builder.stages.taught_stage import ROWS_PER_CALL
from dataset_builder.teachers.call import Prompt
from dataset_builder.teachers.call_ledger import CallLedger
from dataset_builder.teachers.settings import TeacherSettings
from dataset_builder.teachers.teacher import Teacher
from dataset_builder.teachers.usage import Usage


ROOT = Path(__file__).parent.parent
RESULTS = Path(__file__).parent / "results"
TO_REACH = 0.95


@contextmanager
def serving(latency: float):
    """The address of a server that runs meanwhile."""
    command = [sys.executable, "-m", "tests.fault_server", "--port", "0"]
    server = subprocess.Popen([*command, "--latency", str(latency)], cwd=ROOT, stdout=subprocess.PIPE, text=True)
    try:
        yield server.stdout.readline().strip()
    finally:
        server.terminate()
        server.wait()


def clip(seconds: float) -> bytes:
    """Noise and a tone of 16 kHz as FLAC, about as large as a recording."""
    random = np.random.default_rng(0)
    times = np.arange(round(16_000 * seconds))
    samples = 0.2 * np.sin(times / 9) + 0.02 * random.standard_normal(len(times))
    written = io.BytesIO()
    soundfile.write(written, samples, 16_000, format="FLAC")
    return written.getvalue()


def rate(base_url: str, folder: Path, calls: int, in_flight: int, audio: bytes | None) -> tuple[float, float]:
    """Calls per second, the first of each connection left out, and seconds of processor for each on this side."""
    settings = TeacherSettings(
        model="instant", base_url=base_url, in_flight=in_flight, hears=audio is not None, audio_format="flac"
    )

    async def run() -> tuple[float, float]:
        with CallLedger(folder / "calls.sqlite") as ledger:
            async with Teacher(settings, ledger) as teacher:

                async def ask(name: str) -> None:
                    text = f"Explain what is heard in {name}. " * 20
                    await teacher.ask(Prompt("You reason about audio.", text, "1"), Sections, audio, name)

                async def ask_in_turn(names: Iterator[str]) -> None:
                    for name in names:
                        await ask(name)

                async def ask_all(what: str, number: int) -> None:
                    # As many at a time as a stage has rows under way.
                    names = (f"{what}-{index}" for index in range(number))
                    await asyncio.gather(*(ask_in_turn(names) for _ in range(ROWS_PER_CALL * in_flight)))

                await ask_all("warm", in_flight)
                start, processor = time.perf_counter(), time.process_time()
                await ask_all("row", calls)
                return calls / (time.perf_counter() - start), (time.process_time() - processor) / calls

    return asyncio.run(run())


def ledger_rate(folder: Path, calls: int = 20_000) -> float:
    """Answers of 2 kB that are looked up and committed per second."""
    answer = json.dumps({"text": "x" * 2000})
    with CallLedger(folder / "rate.sqlite") as ledger:
        start = time.perf_counter()
        for number in range(calls):
            digest = f"{number * 0x9E3779B97F4A7C15 % 2**64:064x}"
            ledger.find(digest)
            ledger.keep(digest, f"row-{number}", "m", answer, Usage(1000, 500))
        return calls / (time.perf_counter() - start)


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    # So many that the first and the last count little: a build has millions.
    parser.add_argument("--calls", type=int, default=12_800, help="default: %(default)s")
    parser.add_argument("--latency", type=float, default=0.2, help="seconds (default: %(default)s)")
    parser.add_argument("--in-flight", type=int, default=64, help="default: %(default)s")
    parser.add_argument("--seconds", type=float, default=5.0, help="of the clip (default: %(default)s)")
    arguments = parser.parse_args()
    audio = clip(arguments.seconds)
    ideal = arguments.in_flight / arguments.latency
    rows = []
    for what, sent in (("text", None), (f"audio of {arguments.seconds:g} s", audio)):
        with tempfile.TemporaryDirectory() as name:
            with serving(arguments.latency) as base_url:
                found, processor = rate(base_url, Path(name), arguments.calls, arguments.in_flight, sent)
                with urllib.request.urlopen(base_url.replace("/v1", "/counts")) as response:
                    counts = json.load(response)
            measured = {"calls_per_second": found, "of_ideal": found / ideal, "processor_seconds": processor}
            rows.append({"what": what, **measured, "server": counts})
            print(
                f"{what:15} {found:7.1f} calls/s of {ideal:.0f} ideal: {found / ideal:.1%} (to reach {TO_REACH:.0%}), "
                f"at most {counts['most_in_flight']} in flight, {1000 * processor:.2f} ms of processor a call"
            )
    for what, sent in (("text", None), (f"audio of {arguments.seconds:g} s", audio)):
        with tempfile.TemporaryDirectory() as name, serving(0.0) as base_url:
            found, processor = rate(base_url, Path(name), arguments.calls, arguments.in_flight, sent)
            rows.append({"what": f"{what}, no latency", "calls_per_second": found, "processor_seconds": processor})
            print(f"{what:15} {found:7.1f} calls/s without latency: what client and server on one machine allow")
    with tempfile.TemporaryDirectory() as name:
        committed = ledger_rate(Path(name))
        rows.append({"what": "ledger", "calls_per_second": committed})
        print(f"{'ledger':15} {committed:7.0f} answers of 2 kB looked up and committed per second")
    conditions = {**vars(arguments), "cores": os.cpu_count(), "machine": platform.machine()}
    RESULTS.mkdir(exist_ok=True)
    text = json.dumps({"conditions": conditions, "rows": rows}, indent=2)
    (RESULTS / "teacher.json").write_text(text + "\n", encoding="utf-8")
    print(f"Written to {RESULTS / 'teacher.json'}.")


if __name__ == "__main__":
    main()
