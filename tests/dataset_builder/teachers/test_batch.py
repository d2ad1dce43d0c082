"""The batch API: what it answers is in the ledger, and a killed run submits nothing twice."""

from __future__ import annotations

import asyncio
from decimal import Decimal

import pytest

from dataset_builder.teachers.batch import BatchMode, BatchReport, BatchRequest
from dataset_builder.teachers.batch_records import BatchRecords
from dataset_builder.teachers.prices import Budget, BudgetExhausted
from tests.dataset_builder.teachers.conftest import KEY, Annotation, ask_all, clip, prompt
from tests.fault_server import FaultServer


def requests(count: int, audio: bytes | None = None) -> list[BatchRequest]:
    keys = [f"row-{number}" for number in range(count)]
    return [BatchRequest(prompt(f"About {key}"), Annotation, audio, key) for key in keys]


def run_batches(settings, ledger, folder, wanted, seconds: float | None = None, **mode) -> BatchReport:
    """Run to the end, or for some seconds and then stop in the middle as a killed run does."""

    async def run() -> BatchReport:
        batches = BatchMode(settings, ledger, folder, [Annotation], poll_every=0.02, **mode)
        try:
            return await asyncio.wait_for(batches.run(wanted), seconds)
        finally:
            await batches.close()

    return asyncio.run(run())


@pytest.fixture
def batch_settings(settings):
    return lambda base_url, **changed: settings(base_url, batch=True, **changed)


def test_a_stage_runs_from_the_ledger_afterwards(batch_settings, ledger, tmp_path):
    with FaultServer(key=KEY) as server:
        chosen = batch_settings(server.base_url)
        report = run_batches(chosen, ledger, tmp_path / "batches", requests(30, clip()))
        found = ask_all(chosen, ledger, [f"row-{number}" for number in range(30)], clip())
    assert report == BatchReport(answered=30, submitted=1)
    assert all(one.cached and isinstance(one.value, Annotation) for one in found)
    assert server.counts.requests == 0, "nothing was asked alone"
    assert server.counts.undecodable == 0 and server.counts.audio_bytes > 30_000
    total = ledger.usage_total()["test-model"]
    assert total.calls == 30 and total.usage.total_tokens == 0 and total.batch_usage.total_tokens > 0
    assert list((tmp_path / "batches").iterdir()) == [], "files are deleted when they are submitted"


def test_batches_are_split_at_the_limits(batch_settings, ledger, tmp_path):
    with FaultServer() as server:
        report = run_batches(batch_settings(server.base_url), ledger, tmp_path, requests(25), most_requests=10)
        assert (report.submitted, report.answered) == (3, 25)
        sizes = [len(batch["lines"]) for batch in server._batches.values()]
        assert sizes == [10, 10, 5]
        line = len(server._files["file-0"]) // 10
        more = [BatchRequest(prompt(f"And {n}"), Annotation, None, f"more-{n}") for n in range(9)]
        run_batches(batch_settings(server.base_url), ledger, tmp_path, more, most_bytes=4 * line)
        later = list(server._batches.values())[3:]
        assert sum(len(batch["lines"]) for batch in later) == 9
        assert max(len(server._files[batch["input_file_id"]]) for batch in later) <= 4 * line


def test_at_most_so_many_batches_are_under_way(batch_settings, ledger, tmp_path):
    with FaultServer(batch_seconds=0.1) as server:
        report = run_batches(
            batch_settings(server.base_url), ledger, tmp_path, requests(12), most_requests=3, at_once=1
        )
        begun = [batch["begun"] for batch in server._batches.values()]
    assert report.answered == 12
    assert all(later - sooner >= 0.1 for sooner, later in zip(begun, begun[1:], strict=False))


def test_faults_in_a_batch_are_counted_and_left_to_be_asked_alone(batch_settings, ledger, tmp_path):
    with FaultServer(faults={"broken_json": 0.2, "server_error": 0.2, "refused": 0.1}, seed=3) as server:
        chosen = batch_settings(server.base_url)
        report = run_batches(chosen, ledger, tmp_path, requests(60))
        assert report.answered + sum(report.faults.values()) == 60
        assert set(report.faults) == {"broken_json", "server_error", "refused"}
        assert ledger.usage_total()["test-model"].faults == report.faults
        again = run_batches(chosen, ledger, tmp_path, requests(60))
        assert again == BatchReport(in_ledger=report.answered), "failed ones are not put into another batch"
        server.rates = {}
        found = ask_all(chosen, ledger, [f"row-{number}" for number in range(60)])
    assert sum(one.cached for one in found) == report.answered
    assert all(isinstance(one.value, Annotation) for one in found)


def test_a_killed_run_takes_up_its_batches(batch_settings, ledger, tmp_path):
    with FaultServer(batch_seconds=0.6) as server:
        chosen = batch_settings(server.base_url)
        with pytest.raises(asyncio.TimeoutError):
            run_batches(chosen, ledger, tmp_path, requests(20), seconds=0.3, most_requests=8)
        assert server.counts.batches == 3
        report = run_batches(chosen, ledger, tmp_path, requests(20), most_requests=8)
    assert report == BatchReport(answered=20)
    assert (server.counts.batches, server.counts.batch_repeats) == (3, 0)


@pytest.mark.parametrize("step", ["change", "upload", "create", "submitted", "collect"])
def test_no_request_is_submitted_twice_wherever_a_run_ends(batch_settings, ledger, tmp_path, monkeypatch, step):
    """The run ends right after the step was done at the provider, before the ledger knows."""

    class Killed(BaseException):
        pass

    change, end = BatchRecords.change, BatchRecords.end

    def killed_change(self, batch, **columns):
        reached = {"change": "uploaded", "upload": "uploaded", "create": "submitted", "submitted": "submitted"}[step]
        if columns.get("state") == reached and step in ("upload", "create"):
            raise Killed
        changed = change(self, batch, **columns)
        if columns.get("state") == reached:
            raise Killed
        return changed

    def killed_end(self, batch):
        raise Killed

    with FaultServer() as server:
        chosen = batch_settings(server.base_url)
        with monkeypatch.context() as patched:
            if step == "collect":
                patched.setattr(BatchRecords, "end", killed_end)
            else:
                patched.setattr(BatchRecords, "change", killed_change)
            with pytest.raises(Killed):
                run_batches(chosen, ledger, tmp_path, requests(10))
        assert BatchRecords.end is end
        report = run_batches(chosen, ledger, tmp_path, requests(10))
        found = ask_all(chosen, ledger, [f"row-{number}" for number in range(10)])
    assert (server.counts.batches, server.counts.batch_requests, server.counts.batch_repeats) == (1, 10, 0)
    assert report.faults == {} and all(one.cached for one in found)
    assert ledger.usage_total()["test-model"].calls == 10


def test_an_expired_batch_gives_what_it_has_and_the_rest_goes_into_another(batch_settings, ledger, tmp_path):
    with FaultServer() as server:
        chosen = batch_settings(server.base_url)
        state, answer = server._state, server._answer_batch
        server._answer_batch = lambda lines: answer(lines[:6])
        server._state = lambda name: {**state(name), "status": "expired"}
        first = run_batches(chosen, ledger, tmp_path, requests(10))
        server._state, server._answer_batch = state, answer
        second = run_batches(chosen, ledger, tmp_path, requests(10))
    assert first == BatchReport(answered=6, faults={"expired": 4}, submitted=1)
    assert second == BatchReport(in_ledger=6, answered=4, submitted=1)


def test_a_budget_stops_batches(batch_settings, ledger, tmp_path):
    price = {"currency": "USD", "input": 1000, "output": 1000, "read_on": "2026-11"}
    value = {"caption": "rain " * 500, "domain": "sound", "events": [], "speakers": 0, "language": None}
    with FaultServer(answer=lambda *_: value) as server:
        chosen = batch_settings(server.base_url, price=price)
        budget = Budget(Decimal(13))  # ten calls of about 650 tokens, at half the price, are a little over 3
        with pytest.raises(BudgetExhausted, match="next batch"):
            run_batches(chosen, ledger, tmp_path, requests(60), budget=budget, most_requests=10)
        assert 2 <= server.counts.batches <= 4 and Decimal(6) < budget.spent <= 13
        report = run_batches(chosen, ledger, tmp_path, requests(60), most_requests=10)
    assert report.answered + report.in_ledger == 60 and server.counts.batch_repeats == 0


def test_an_endpoint_without_batches_is_refused(settings, ledger, tmp_path):
    with pytest.raises(ValueError, match="no batch API"):
        BatchMode(settings("http://localhost:1/v1"), ledger, tmp_path, [Annotation])
