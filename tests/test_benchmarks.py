"""The benchmarks' own pieces still fit the package; their figures are no subject of tests."""

from __future__ import annotations

import json
import subprocess
import sys


def test_the_synthetic_build_goes_through_every_stage(repository, tmp_path):
    script = f"""
import sys
from pathlib import Path
sys.path.insert(0, "benchmarks")
from synthetic_build import write_build_file, write_recordings
write_recordings(Path({str(tmp_path / "recordings")!r}), 24, 0.4)
print(write_build_file(Path({str(tmp_path)!r}), Path({str(tmp_path / "recordings")!r}), 25.0, tasks=2))
"""
    options = {"cwd": repository, "stdout": subprocess.PIPE, "text": True, "check": True}
    build_file = subprocess.run([sys.executable, "-c", script], **options).stdout.strip()
    command = [sys.executable, "benchmarks/bench_building.py", "--build", build_file, "--workers", "1"]
    found = json.loads(subprocess.run(command, **options).stdout.splitlines()[-1])
    assert found["rows_out"] + sum(found["left"].values()) == 24 and found["rows_out"] > 6
    stages = {"read", "measure", "unique_audio", "annotate", "question", "reason", "review", "decontaminate"}
    assert stages < set(found["seconds_by_stage"])
    assert min(found["peak_bytes_by_stage"].values()) > 2**20 and found["disk_bytes"]["finished folder"] > 50_000
