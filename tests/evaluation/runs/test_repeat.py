"""What a repetition says of outputs that are others: which they are, or why that cannot be said. Nothing is asked."""

from __future__ import annotations

import io
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from app.evaluating.shown import show_repetition
from evaluation.runs.repeat import repeat

from ..finished_runs import FIRST, SECOND, write_run


OTHERS = ["2", "3", "4", "6", "8"]
"""The items that `SECOND` answers otherwise than `FIRST`."""


@pytest.fixture
def first(tmp_path: Path) -> Path:
    return write_run(tmp_path / "first", model_sha256=None)


@pytest.fixture
def repeated(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Callable[..., tuple[dict[str, Any], str]]:
    """What a repetition with given outputs finds and prints."""

    def found(manifest: Path, outputs: dict[str, str | None]) -> tuple[dict[str, Any], str]:
        def run(settings: object, output: Path, **options: object) -> dict[str, Any]:
            write_run(output, outputs, model_sha256=None)
            return {"n": len(outputs), "official": None, "strict": None}

        monkeypatch.setattr("evaluation.runs.run.run", run)
        result = repeat(manifest, tmp_path / "again")
        console = Console(file=io.StringIO(), width=400)
        show_repetition(result, manifest, console, as_json=False)
        return result, console.file.getvalue()

    return found


def test_the_outputs_that_changed_are_named(first: Path, repeated: Callable[..., Any]) -> None:
    result, printed = repeated(first / "manifest.json", SECOND)
    assert (result["identical"], result["changed"], result["unnamed"]) == (False, OTHERS, None)
    assert f"Not identical: 5 of 8 outputs are others than in {first / 'manifest.json'}.\n  2\n  3\n" in printed


def test_a_manifest_away_from_its_folder(first: Path, repeated: Callable[..., Any], tmp_path: Path) -> None:
    """That outputs changed shows by their hash alone; what is needed to name them is said."""
    (tmp_path / "moved").mkdir()
    manifest = Path(shutil.copy(first / "manifest.json", tmp_path / "moved"))
    result, printed = repeated(manifest, SECOND)
    assert (result["identical"], result["changed"]) == (False, None)
    assert f"Not identical: the 8 outputs have another hash ({result['outputs_sha256'][:12]} now, " in printed
    assert (
        f"Which of them changed cannot be said: {tmp_path / 'moved' / 'items.jsonl'} is not there, which the run "
        "wrote beside its manifest: put it there, or name the run's folder.\n"
    ) in printed


def test_a_manifest_that_was_edited(first: Path, repeated: Callable[..., Any]) -> None:
    """It does not say that none of the outputs changed and that they are not the same."""
    path = first / "manifest.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"outputs_sha256": "ed" * 32}))
    result, printed = repeated(first, FIRST)
    assert (result["identical"], result["changed"]) == (False, None)
    assert "items.jsonl does not hold the outputs that the manifest is of: one of the two was changed" in printed
    assert "0 of 8" not in printed


def test_the_same_outputs(first: Path, repeated: Callable[..., Any]) -> None:
    result, printed = repeated(first, FIRST)
    assert (result["identical"], result["changed"], result["unnamed"]) == (True, [], None)
    assert printed.startswith("Identical: all 8 outputs are those of ")
