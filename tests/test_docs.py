"""The tables of README and docs are those that the tests and the benchmarks give."""

from __future__ import annotations

import subprocess
import sys


def test_tables_are_current(repository):
    done = subprocess.run(
        [sys.executable, "benchmarks/write_tables.py", "--check"], cwd=repository, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
