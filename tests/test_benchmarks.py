"""The benchmarks' own pieces still fit the package; their figures are no subject of tests."""

from __future__ import annotations

import json
import sys
from importlib import import_module

from dataset_builder import build_stages


def test_the_synthetic_build_goes_through_every_stage(repository, tmp_path, monkeypatch, capsys):
    monkeypatch.syspath_prepend(str(repository / "benchmarks"))
    monkeypatch.setattr(build_stages, "Asking", build_stages.Asking)  # which the benchmark replaces for its process
    synthetic_build, bench_building = import_module("synthetic_build"), import_module("bench_building")
    recordings = tmp_path / "recordings"
    synthetic_build.write_recordings(recordings, 24, 0.4)
    build_file = synthetic_build.write_build_file(tmp_path, recordings, 25.0, tasks=2)
    monkeypatch.setattr(sys, "argv", ["bench_building.py", "--build", str(build_file), "--workers", "1"])
    bench_building.main()
    found = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert found["rows_out"] + sum(found["left"].values()) == 24 and found["rows_out"] > 6
    stages = {"read", "measure", "unique_audio", "annotate", "question", "reason", "review", "decontaminate"}
    assert stages < set(found["seconds_by_stage"])
    assert min(found["peak_bytes_by_stage"].values()) > 2**20 and found["disk_bytes"]["finished folder"] > 50_000
