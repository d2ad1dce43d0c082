"""The checks by name."""

from __future__ import annotations

import subprocess
import sys
from functools import partial

import pytest

from dataset_builder.checks.check import CHECKS, run_checks
from dataset_builder.checks.length import LengthLimits, check_length


def test_a_good_row_passes_every_check(make_row):
    assert run_checks(make_row()) == dict.fromkeys(CHECKS, "pass")


def test_named_checks_run_in_their_order(make_row):
    row = make_row(response="It is the dog barking.")
    verdicts = run_checks(row, ["summary", "response"])
    assert list(verdicts) == ["summary", "response"]
    assert verdicts["summary"] == "pass"
    assert verdicts["response"] == "The response names 'dog barking' and the answer is 'rooster crowing'."


def test_checks_can_be_held_to_other_limits(make_row):
    strict = partial(check_length, limits=LengthLimits(by_section={"planning": (100, 200)}))
    verdict = run_checks(make_row(), ["length"], CHECKS | {"length": strict})["length"]
    assert verdict == "The section 'planning' has 16 words; from 100 to 200 are allowed."


def test_unknown_names_and_missing_fields_are_errors(make_row):
    with pytest.raises(ValueError, match="no check named spelling; there are structure"):
        run_checks(make_row(), ["spelling"])
    row = make_row()
    del row["summary"]
    with pytest.raises(ValueError, match="'birds-1' lacks summary"):
        run_checks(row)


def test_importing_the_checks_loads_no_heavy_library():
    code = (
        "import sys, dataset_builder.checks.check, dataset_builder.checks.hearing, dataset_builder.checks.near_text, "
        "dataset_builder.contamination.index;"
        "print([n for n in ('torch', 'datatrove', 'py3langid', 'librosa', 'transformers') if n in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
