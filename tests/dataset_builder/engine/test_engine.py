"""The engine: every row has a fate, a killed build goes on, and what it gives depends on the rows alone."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from dataset_builder.engine.accounts import reconcile
from dataset_builder.engine.executors import Execution, run_stage
from dataset_builder.engine.row_journal import RowJournal
from dataset_builder.engine.stage import BuildStopped, Left
from dataset_builder.engine.stage_folder import StageFolder
from tests.dataset_builder.engine.stages_of_numbers import (
    ROWS,
    TASKS,
    Dies,
    Fails,
    Halves,
    Numbers,
    Stops,
    content,
    folders,
    run,
)


ROOT = Path(__file__).parents[3]

pytestmark = pytest.mark.usefixtures("processes")


def expected() -> tuple[set[str], set[str], set[str]]:
    errors = {f"n{n}" for n in range(ROWS) if n and n % 7 == 0}
    rejected = {f"n{n}" for n in range(0, ROWS, 3)} - errors
    rest = [n for n in range(ROWS) if f"n{n}" not in errors | rejected]
    return {f"n{n}" for n in rest if n % 2} | {f"n{n}/{p}" for n in rest if n % 2 == 0 for p in "ab"}, rejected, errors


@pytest.fixture(scope="module")
def finished(tmp_path_factory) -> StageFolder:
    return run(tmp_path_factory.mktemp("finished"), Halves())


def test_every_row_has_one_fate(finished):
    found = content(finished)
    left = [json.loads(line) for line in found["left"]]
    rows, rejected, errors = expected()
    assert sorted(json.loads(line)["id"] for line in found["rows"]) == sorted(rows)
    assert sorted(line["id"] for line in left if line["fate"] == "rejected") == sorted(rejected)
    assert sorted(line["id"] for line in left if line["fate"] == "error") == sorted(errors)
    error = next(line for line in left if line["id"] == "n7")
    assert (error["check"], error["reason"]) == ("ValueError", "the number 7 is not liked")
    assert error["row"] == {"id": "n7", "number": 7}


def test_the_account_is_that_of_the_files(finished, tmp_path):
    counts = reconcile(finished, TASKS, StageFolder(finished.path.parent / "00_numbers-k", "numbers"), 1)
    rows, rejected, errors = expected()
    assert (counts.rows_in, counts.out) == (ROWS, len(rows))
    assert (counts.rejected, counts.error) == (len(rejected), len(errors))
    assert counts.rows_in == counts.went_on + counts.rejected + counts.error
    assert counts.checks == {"three": len(rejected), "ValueError": len(errors)}


@pytest.mark.parametrize("execution", [Execution(workers=1), Execution(workers=2)])
@pytest.mark.parametrize("in_flight", [1, 8])
def test_what_comes_out_does_not_depend_on_how_it_was_run(finished, tmp_path, execution, in_flight):
    assert content(run(tmp_path, Halves(in_flight), execution)) == content(finished)


def test_nothing_is_left_of_the_work(finished):
    assert not list(finished.path.rglob("*.partial"))
    assert not list((finished.path / "journal").glob("*.sqlite*"))


def test_a_lost_line_is_found(tmp_path):
    folder = run(tmp_path, Halves())
    path = folder.path / "rows" / "00001.jsonl"
    path.write_text("".join(path.read_text().splitlines(keepends=True)[:-1]))
    with pytest.raises(ValueError, match="'halves' lost rows of its slice 1"):
        reconcile(folder, TASKS, None)


def test_a_row_that_was_never_read_is_named(tmp_path):
    first, second = folders(tmp_path)
    run(tmp_path, Halves())
    path = first.path / "rows" / "00000.jsonl"
    path.write_text(path.read_text() + '{"id": "late", "number": 1}\n')
    account = json.loads((first.path / "accounts" / "00000.json").read_text())
    (first.path / "accounts" / "00000.json").write_text(json.dumps(account | {"out": ROWS + 1}))
    with pytest.raises(ValueError, match="read 60 rows of the 61 .* missing: late"):
        reconcile(second, TASKS, first, 1)


def test_ids_are_unique(tmp_path):
    class Twins(Halves):
        name = "twins"

        async def process(self, row):
            return [row, dict(row)]

    with pytest.raises(ValueError, match="gave the id 'n0' to more than one row"):
        run(tmp_path, Twins())


def test_a_stage_that_gives_nothing_is_an_error_and_no_gap(tmp_path):
    class Nothing(Halves):
        async def process(self, row):
            return []

    folder = run(tmp_path, Nothing())
    assert reconcile(folder, TASKS, None).error == ROWS


@pytest.mark.parametrize("value", [float("inf"), float("nan"), "half of \ud83d a pair", b"bytes", np.float32(1.5)])
def test_what_json_cannot_hold_is_an_error_of_its_row(tmp_path, value):
    """As a number of 400 digits in a teacher's answer, which is infinite once it is read, or a text that was cut."""

    class Gives(Halves):
        async def process(self, row):
            if row["number"] == 5:
                return Left(row | {"heard": {"end": [value]}}, "rejected", "three", "a check failed")
            return row | {"heard": value} if row["number"] == 7 else row

    folder = run(tmp_path, Gives())
    assert (reconcile(folder, TASKS, None).error, reconcile(folder, TASKS, None).rejected) == (2, 0)
    left = {entry["id"]: entry for entry in map(json.loads, content(folder)["left"])}
    assert left.keys() == {"n5", "n7"} and left["n7"]["row"] == {"id": "n7", "number": 7}
    for entry in left.values():
        assert entry["check"] == "not_json" and entry["reason"].startswith("The stage 'halves' gave what JSON cannot")


def test_a_row_that_came_with_what_json_cannot_hold_is_kept_as_text(tmp_path):
    class Reads(Numbers):
        def inputs(self, place):
            facts = {"loudness": (-float("inf"), 1.5), "peak": np.float32(0.5)}
            return iter([{"id": "a", "facts": facts, "text": "\udc80"}, {"id": "b"}])

    folder = folders(tmp_path)[0]
    run_stage(Reads(), folder, None, 1, 0, Execution())
    (entry,) = map(json.loads, (folder.path / "left" / "00000.jsonl").open())
    facts = {"loudness": ["-inf", 1.5], "peak": "0.5"}
    assert entry["row"] == {"id": "a", "facts": facts, "text": "\\udc80"}
    assert json.loads((folder.path / "accounts" / "00000.json").read_text())["checks"] == {"not_json": 1}


@pytest.mark.parametrize("workers", [1, 2])
def test_a_build_that_stops_goes_on_where_it_was(finished, tmp_path, workers):
    log = str(tmp_path / "log")
    with pytest.raises(BuildStopped, match="raise --max-cost"):
        run(tmp_path, Stops(4, log), Execution(workers=workers))
    before = Path(log).read_text().split()
    Path(log + ".go").touch()
    folder = run(tmp_path, Stops(4, log), Execution(workers=workers))
    assert content(folder) == content(finished)
    assert len(before) >= 9 * TASKS
    assert sorted(Path(log).read_text().split()) == sorted(f"n{number}" for number in range(ROWS)), "a row done twice"


@pytest.mark.parametrize(
    ("raised", "expected"), [(ValueError, ValueError), (BuildStopped, BuildStopped), (KeyError, RuntimeError)]
)
def test_what_a_task_raises_arrives_and_the_others_end(tmp_path, raised, expected):
    with pytest.raises(expected, match="The index /data/index is damaged: write it again") as told:
        run(tmp_path, Fails(raised, str(tmp_path / "log")), Execution(workers=2))
    if expected is RuntimeError:
        assert "Slice 1 of the stage 'halves' failed" in str(told.value) and 'raise self.error("' in str(told.value)
    done = [rank for rank in range(TASKS) if folders(tmp_path)[1].account(rank)]
    assert done == [0, 2, 3]


def test_a_task_that_is_killed_is_noticed(tmp_path, finished):
    with pytest.raises(BuildStopped, match="did not finish its slices? .*2.* The kernel's log .* run the build again"):
        run(tmp_path, Dies(4), Execution(workers=2))
    assert content(run(tmp_path, Halves(4), Execution(workers=2))) == content(finished)


SCRIPT = """
import sys
from pathlib import Path
sys.path.insert(0, {here!r})
from stages_of_numbers import Execution, Halves, run
run(Path(sys.argv[1]), Halves(4, sys.argv[1] + "/log", 0.02), Execution(workers=2))
"""


def test_a_killed_build_goes_on_where_it_was(finished, tmp_path):
    script = SCRIPT.format(here=str(Path(__file__).parent)).replace("0.02", "0.1")
    log = tmp_path / "log"
    for rows in (8, 24, None):
        process = subprocess.Popen([sys.executable, "-c", script, str(tmp_path)], start_new_session=True)
        while rows is not None and (not log.exists() or len(log.read_text().split()) < rows):
            assert process.poll() is None, "the build ended before it could be killed"
            time.sleep(0.01)
        if rows is not None:
            os.kill(process.pid, signal.SIGKILL)  # the build alone: its tasks have to notice by themselves
        process.wait(60)
    assert process.returncode == 0
    assert content(folders(tmp_path)[1]) == content(finished)
    done = Path(tmp_path / "log").read_text().split()
    assert set(done) == {f"n{number}" for number in range(ROWS)}


def test_processes_begin_with_what_their_stage_imports(tmp_path):
    script = "import sys, pathlib; from tests.dataset_builder.engine import stages_of_numbers as of; "
    script += "of.run(pathlib.Path(sys.argv[1]), of.Imports(4), of.Execution(workers=2))"
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    subprocess.run([sys.executable, "-c", script, str(tmp_path)], cwd=ROOT, env=environment, check=True)
    rows = content(folders(tmp_path)[1])["rows"]
    assert len(rows) == ROWS and all(json.loads(line)["imported"] for line in rows)


def test_tasks_end_with_the_build(tmp_path):
    script = SCRIPT.format(here=str(Path(__file__).parent)).replace("0.02", "1.0")
    process = subprocess.Popen([sys.executable, "-c", script, str(tmp_path)])
    log = tmp_path / "log"
    deadline = time.monotonic() + 30
    while not log.exists() and time.monotonic() < deadline:
        time.sleep(0.1)
    process.kill()
    process.wait()
    sizes = [log.stat().st_size]
    while len(sizes) < 3 or len(set(sizes[-3:])) > 1:
        assert time.monotonic() < deadline, "a task goes on without its build"
        time.sleep(0.8)
        sizes.append(log.stat().st_size)
    assert len(log.read_text().split()) < ROWS, "the tasks ended because they were done"


def test_a_damaged_journal_is_named(tmp_path):
    path = tmp_path / "00000.sqlite"
    path.write_bytes(b"no database, however you look at it" * 40)
    with pytest.raises(ValueError, match="is damaged .*: remove it and build again"):
        RowJournal(path)


@pytest.mark.parametrize(
    ("given", "error"),
    [
        ({"executor": "cluster"}, "no executor 'cluster'"),
        ({"workers": 0}, "workers is 0"),
        ({"executor": "slurm", "options": {"time": "1:00"}}, "slurm needs partition"),
    ],
)
def test_an_execution_that_cannot_be(given, error):
    with pytest.raises(ValueError, match=error):
        Execution(**given)


def test_an_executor_that_is_not_installed_says_what_to_install(monkeypatch):
    monkeypatch.setattr("dataset_builder.engine.executors.find_spec", lambda name: None)
    with pytest.raises(ValueError, match=r"needs Ray, .*pip install 'audio-reasoner\[ray\]'"):
        Execution("ray")
