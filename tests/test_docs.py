"""The tables of README and docs are those that the tests and the benchmarks give."""

from __future__ import annotations

import json
import re
import subprocess
import sys

import pytest


def test_tables_are_current(repository):
    done = subprocess.run(
        [sys.executable, "benchmarks/write_tables.py", "--check"], cwd=repository, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("page", ["README.md", "docs/model.md"])
def test_the_tolerance_holds_for_every_published_figure(repository, page):
    """The one for the tests' models is what the tests assert on; the other holds for what the benchmarks found."""
    text = " ".join((repository / page).read_text(encoding="utf-8").split())
    found = re.search(
        r"within (1e-\d) (?:in|on) the tests\S*(?: models)?,?(?: and)? (\de-\d) at the width of the 7B", text
    )
    assert found, f"{page} says no tolerance"
    tests = (repository / "tests/modeling_audio_reasoner/test_modeling.py").read_text(encoding="utf-8")
    assert f"TOLERANCE = {found[1]}\n" in tests
    for name in ("encoder", "generation"):
        results = json.loads((repository / f"benchmarks/results/{name}.json").read_text(encoding="utf-8"))
        differences = [row["difference"] for row in results["rows"] if row["difference"] is not None]
        assert differences and max(differences) <= float(found[2])
