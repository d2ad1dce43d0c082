"""The ledger: what is committed stays, what is damaged is named."""

from __future__ import annotations

import sqlite3
import threading
from contextlib import closing

import pytest

from dataset_builder.teachers.call_ledger import CallLedger, Kept, LedgerDamaged
from dataset_builder.teachers.usage import Usage


def test_what_is_kept_is_found_again(tmp_path):
    path = tmp_path / "new" / "calls.sqlite"
    with CallLedger(path) as ledger:
        assert ledger.find("a") is None
        ledger.keep("a", "row-1", "m", '{"x": 1}', Usage(10, 5, 3))
    with CallLedger(path) as ledger:
        assert ledger.find("a") == Kept('{"x": 1}', Usage(10, 5, 3))


def test_totals_count_calls_faults_and_wasted_tokens_by_model(tmp_path):
    with CallLedger(tmp_path / "calls.sqlite") as ledger:
        ledger.keep("a", "row-1", "m", "{}", Usage(10, 5, 3))
        ledger.keep("b", "row-2", "m", "{}", Usage(20, 6))
        ledger.keep("c", "row-3", "m", "{}", Usage(7, 7), batch=True)
        ledger.keep("d", "row-4", "other", "{}", Usage(1, 1, estimated=True))
        ledger.count_fault("m", "rate_limited")
        ledger.count_fault("m", "broken_json", Usage(10, 50))
        ledger.count_fault("m", "broken_json", Usage(10, 40))
        totals = ledger.usage_total()
    assert totals["m"].calls == 3
    assert totals["m"].faults == {"rate_limited": 1, "broken_json": 2}
    assert totals["m"].usage == Usage(50, 101, 3)
    assert totals["m"].batch_usage == Usage(7, 7)
    assert totals["other"].usage == Usage(1, 1, estimated=True)


def test_a_call_made_twice_counts_its_tokens_twice(tmp_path):
    with CallLedger(tmp_path / "calls.sqlite") as ledger:
        ledger.keep("a", "row-1", "m", '"old"', Usage(10, 5))
        ledger.keep("a", "row-1", "m", '"new"', Usage(10, 7))
        assert ledger.find("a").answer == '"new"'
        assert ledger.usage_total()["m"].usage == Usage(20, 12)
        assert ledger.usage_total()["m"].calls == 1


def test_statements_are_run_all_or_not_at_all(tmp_path):
    with CallLedger(tmp_path / "calls.sqlite") as ledger:
        with pytest.raises(OSError, match="no such table"):
            ledger.keep("a", "row-1", "m", "{}", Usage(), also=[("DELETE FROM missing", ())])
        assert ledger.find("a") is None
        ledger.keep("a", "row-1", "m", "{}", Usage())
        assert ledger.find("a") is not None


def _filled(path, rows=200):
    with CallLedger(path) as ledger:
        for number in range(rows):
            ledger.keep(f"{number:064d}", f"row-{number}", "m", '{"caption": "rain"}' * 20, Usage(1, 1))
    return path.read_bytes()


@pytest.mark.parametrize("damage", ["cut", "overwritten", "text", "other", "newer"])
def test_a_damaged_file_is_named_and_left_as_it_is(tmp_path, damage):
    path = tmp_path / "calls.sqlite"
    contents = _filled(path)
    if damage == "cut":
        contents = contents[: len(contents) // 2]
    elif damage == "overwritten":
        contents = contents[:8192] + b"\xff" * 8192 + contents[16384:]
    elif damage == "text":
        contents = b"a file of something else, long enough to have a header of a hundred bytes" * 3
    if damage in ("other", "newer"):
        with sqlite3.connect(path) as file:
            file.execute("PRAGMA application_id = 7" if damage == "other" else "PRAGMA user_version = 99")
        file.close()
        contents = path.read_bytes()
    path.write_bytes(contents)
    with pytest.raises(LedgerDamaged, match="calls.sqlite is not a whole ledger"):
        CallLedger(path)
    assert path.read_bytes() == contents


def test_an_empty_file_is_a_ledger_whose_making_was_interrupted(tmp_path):
    path = tmp_path / "calls.sqlite"
    path.touch()
    with CallLedger(path) as ledger:
        ledger.keep("a", "row-1", "m", "{}", Usage())
    with CallLedger(path) as ledger:
        assert ledger.find("a") is not None


def test_a_folder_that_cannot_be_written_is_an_os_error(tmp_path):
    (tmp_path / "calls.sqlite").mkdir()
    with pytest.raises(OSError, match="calls.sqlite"):
        CallLedger(tmp_path / "calls.sqlite")


def test_threads_may_share_a_ledger(tmp_path):
    with CallLedger(tmp_path / "calls.sqlite") as ledger:

        def work(name: str) -> None:
            for number in range(50):
                ledger.keep(f"{name}-{number}", "row", "m", "{}", Usage(1, 1))
                ledger.count_fault("m", "timeout")

        threads = [threading.Thread(target=work, args=(str(name),)) for name in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        total = ledger.usage_total()["m"]
    assert (total.calls, total.faults["timeout"], total.usage.total_tokens) == (200, 200, 400)


def _mode(path) -> str:
    with closing(sqlite3.connect(path)) as connection:
        return connection.execute("PRAGMA journal_mode").fetchone()[0]


def test_a_ledger_that_machines_share_has_no_log_in_memory(tmp_path):
    path = tmp_path / "calls.sqlite"
    for shared in (False, True, False):
        with CallLedger(path, shared) as ledger:
            ledger.keep(str(shared), "row-1", "m", "{}", Usage(1, 1))
            assert path.with_name("calls.sqlite-shm").exists() == (not shared)
        assert _mode(path) == ("delete" if shared else "wal")  # a rollback journal, of whatever kind
    with CallLedger(path) as ledger:
        assert ledger.find("True") and ledger.find("False")


@pytest.mark.parametrize("shared", [True, False])
def test_totals_are_read_while_another_writes_and_change_nothing(tmp_path, shared):
    path = tmp_path / "calls.sqlite"
    with CallLedger(path, shared) as ledger:
        for number in range(3):
            ledger.keep(str(number), "row-1", "m", "{}", Usage(1, 1))
            with CallLedger(path, reading=True) as reader:
                assert reader.usage_total()["m"].calls == number + 1
                with pytest.raises(OSError, match="readonly"):
                    reader.keep("x", "row-1", "m", "{}", Usage(1, 1))
    assert _mode(path) == ("delete" if shared else "wal")


def test_a_ledger_that_is_just_being_made_has_no_totals_yet(tmp_path):
    path = tmp_path / "calls.sqlite"
    path.touch()
    with CallLedger(path, reading=True) as reader:
        assert reader.usage_total() == {}
    assert path.stat().st_size == 0
    with pytest.raises(OSError, match="cannot be opened"):
        CallLedger(tmp_path / "absent.sqlite", reading=True)
    assert not (tmp_path / "absent.sqlite").exists()
