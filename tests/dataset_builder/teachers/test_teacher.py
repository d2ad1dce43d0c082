"""A teacher against a server that goes wrong: every fault ends as it should, and nothing is asked twice."""

from __future__ import annotations

import asyncio
import base64
import logging
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections import Counter
from decimal import Decimal
from pathlib import Path

import pytest

from dataset_builder.teachers.call_ledger import CallLedger
from dataset_builder.teachers.completion import Completion, read_answer
from dataset_builder.teachers.faults import Fault, TeacherError, TeacherUnusable
from dataset_builder.teachers.limits import Limiter
from dataset_builder.teachers.prices import Budget, BudgetExhausted
from dataset_builder.teachers.settings import TeacherSettings
from dataset_builder.teachers.teacher import Answer, Teacher
from dataset_builder.teachers.usage import Usage
from tests.dataset_builder.teachers.conftest import KEY, Annotation, ask_all, clip, prompt
from tests.fault_server import FaultServer


ROOT = Path(__file__).parents[3]


@pytest.mark.parametrize("structured", ["json_schema", "json_object", "prompt"])
def test_an_answer_fits_the_model_in_every_mode(settings, ledger, structured):
    with FaultServer(key=KEY) as server:
        (found,) = ask_all(settings(server.base_url, structured=structured), ledger, ["row-1"], clip())
    assert isinstance(found, Answer) and isinstance(found.value, Annotation)
    assert not found.cached
    assert found.usage.input_tokens > found.usage.audio_tokens > 0
    assert server.counts.audio_bytes > 1000 and server.counts.undecodable == 0


@pytest.mark.parametrize("wanted", ["wav", "mp3", "flac"])
@pytest.mark.parametrize("part", ["input_audio", "audio_url"])
def test_audio_is_sent_in_the_format_and_part_of_the_endpoint(settings, ledger, wanted, part):
    heard = []

    def answer(request, schema, random):
        content = request["messages"][-1]["content"][0]
        assert content["type"] == part
        if part == "input_audio":
            heard.append((content["input_audio"]["format"], content["input_audio"]["data"]))
        else:
            kind, data = content["audio_url"]["url"].removeprefix("data:audio/").split(";base64,")
            heard.append((kind, data))
        return {"caption": "rain on a roof", "domain": "sound", "events": [], "speakers": 0, "language": None}

    with FaultServer(answer=answer) as server:
        chosen = settings(server.base_url, audio_format=wanted, audio_part=part)
        (found,) = ask_all(chosen, ledger, ["row-1"], clip())
    assert found.value.caption == "rain on a roof"
    kind, data = heard[0]
    starts = {"wav": (b"RIFF",), "flac": (b"fLaC",), "mp3": (b"\xff", b"ID3")}
    assert kind == wanted and base64.b64decode(data).startswith(starts[wanted])


def test_the_ledger_answers_the_second_time(settings, ledger):
    with FaultServer() as server:
        chosen = settings(server.base_url)
        first = ask_all(chosen, ledger, ["a", "b"], clip())
        second = ask_all(chosen, ledger, ["a", "b"], clip())
        others = ask_all(chosen, ledger, ["a", "b"], clip(0.6))
        changed = ask_all(settings(server.base_url, parameters={"temperature": 0.6}), ledger, ["a", "b"], clip())
    assert [found.value for found in first] == [found.value for found in second]
    assert [found.cached for found in first + second] == [False, False, True, True]
    assert not any(found.cached for found in others + changed), "other audio and other parameters are other calls"
    assert server.counts.requests == 6


RESAMPLED = ("broken_json", "wrong_schema", "empty", "cut_off")
RECOVERED = ("rate_limited", "server_error", "connection", "timeout", *RESAMPLED)
# How long a teacher waits: short where the wait is the fault, else longer than a loaded machine needs for an answer.
PATIENCE = {kind: 0.3 if kind == "timeout" else 20.0 for kind in (*RECOVERED, "refused")}
RAIN = '{"caption": "rain on a roof", "domain": "sound", "events": [], "speakers": 0, "language": null}'


@pytest.mark.parametrize("kind", RECOVERED)
def test_a_fault_that_passes_is_asked_again(settings, ledger, kind):
    with FaultServer(faults={kind: 1.0}, first=1) as server:
        (found,) = ask_all(settings(server.base_url, timeout=PATIENCE[kind]), ledger, ["row-1"])
    assert isinstance(found, Answer)
    assert server.counts.requests == 2
    assert ledger.usage_total()["test-model"].faults == {kind: 1}


@pytest.mark.parametrize("kind", [*RECOVERED, "refused"])
def test_a_fault_that_stays_becomes_a_named_error_of_the_row(settings, ledger, kind):
    with FaultServer(faults={kind: 1.0}) as server:
        chosen = settings(server.base_url, timeout=PATIENCE[kind], retries=2, resamples=1)
        (found,) = ask_all(chosen, ledger, ["row-1"])
    assert isinstance(found, TeacherError) and not isinstance(found, TeacherUnusable)
    assert found.kind is Fault(kind)
    attempts = {"refused": 1}.get(kind, 2 if kind in RESAMPLED else 3)
    assert server.counts.requests == attempts
    assert ledger.usage_total()["test-model"].faults == {kind: attempts}


def test_all_faults_together_lose_no_row(settings, ledger):
    keys = [f"row-{number}" for number in range(300)]
    with FaultServer(faults=0.3, seed=1, retry_after=0.01) as server:
        found = ask_all(settings(server.base_url, timeout=3.0, in_flight=32), ledger, keys)
    answers = [one for one in found if isinstance(one, Answer)]
    errors = [one for one in found if isinstance(one, TeacherError)]
    assert len(answers) + len(errors) == 300
    final = {Fault.REFUSED, *(Fault(kind) for kind in RESAMPLED)}
    assert {error.kind for error in errors} <= final, "what has to do with the connection passes with time"
    assert 240 <= len(answers) < 300
    counted, made = Counter(ledger.usage_total()["test-model"].faults), Counter(server.counts.faults)
    # On a loaded machine a call may be given up while the server still answers: that fault is a timeout then.
    late = counted["timeout"] - made["timeout"]
    assert (made - counted).total() <= late and set(counted - made) <= {"timeout"}
    assert late < 30, "the rest of the faults is what the server made"
    assert server.counts.most_in_flight <= 32


def test_wasted_tokens_are_counted(settings, ledger):
    with FaultServer(faults={"wrong_schema": 1.0}, first=1) as server:
        (found,) = ask_all(settings(server.base_url), ledger, ["row-1"])
    assert ledger.usage_total()["test-model"].usage.input_tokens == 2 * found.usage.input_tokens


def test_retry_after_holds_all_calls_back(settings, ledger):
    with FaultServer(faults={"rate_limited": 1.0}, first=1, retry_after=0.4) as server:
        (found,) = ask_all(settings(server.base_url, in_flight=1), ledger, ["row-1"])
        assert isinstance(found, Answer)
        first, second = server.counts.arrivals
        assert second - first >= 0.4

        server.counts.arrivals.clear()
        server.answer = None
        found = ask_all(settings(server.base_url, in_flight=1), ledger, ["row-2", "row-3"])
    assert all(isinstance(one, Answer) for one in found)
    gaps = [later - sooner for sooner, later in zip(server.counts.arrivals, server.counts.arrivals[1:], strict=False)]
    assert gaps[0] >= 0.4, "the second row was not sent while the first one's 429 held"


def test_requests_per_minute_are_held_to_over_the_wire(settings, ledger):
    # 1200 a minute is 20 a second, of which one second's worth may go at once.
    with FaultServer() as server:
        started = time.monotonic()
        ask_all(settings(server.base_url, requests_per_minute=1200), ledger, [f"row-{n}" for n in range(40)])
        took = time.monotonic() - started
    assert server.counts.requests == 40
    assert took >= 0.9


@pytest.mark.parametrize(
    ("server", "changed", "kind"),
    [
        ({"key": "another"}, {}, Fault.UNAUTHORIZED),
        ({"model": "another"}, {}, Fault.NOT_FOUND),
    ],
)
def test_what_every_row_would_meet_stops_the_run(settings, ledger, server, changed, kind):
    with FaultServer(**server) as running:
        found = ask_all(settings(running.base_url, in_flight=1, **changed), ledger, ["row-1", "row-2", "row-3"])
    assert all(isinstance(one, TeacherUnusable) and one.kind is kind for one in found)
    assert running.counts.requests == 1


def test_without_a_key_the_variable_is_named(settings, ledger, monkeypatch):
    monkeypatch.delenv("TEST_TEACHER_KEY")
    with pytest.raises(TeacherUnusable, match="export TEST_TEACHER_KEY="):
        Teacher(settings("http://localhost:1/v1"), ledger)


def test_a_key_with_a_line_end_is_used_and_one_with_spaces_is_not(settings, ledger, monkeypatch):
    monkeypatch.setenv("TEST_TEACHER_KEY", f"{KEY}\n")
    with FaultServer(key=KEY) as server:
        (found,) = ask_all(settings(server.base_url), ledger, ["row-1"])
    assert isinstance(found, Answer)
    monkeypatch.setenv("TEST_TEACHER_KEY", f"{KEY} {KEY}")
    with pytest.raises(TeacherUnusable, match="TEST_TEACHER_KEY") as error:
        Teacher(settings("http://localhost:1/v1"), ledger)
    assert KEY not in str(error.value)


def test_nobody_listening_is_a_connection_error(settings, ledger):
    (found,) = ask_all(settings("http://127.0.0.1:9/v1", retries=1), ledger, ["row-1"])
    assert isinstance(found, TeacherError) and found.kind is Fault.CONNECTION


@pytest.mark.parametrize(
    "answered, kind",
    [
        (b"", Fault.CONNECTION),
        (b"HTTP/1.1 200", Fault.CONNECTION),
        (b"no HTTP at all\r\n\r\n", Fault.CONNECTION),
        (
            b'HTTP/1.1 200 OK\r\nContent-Length: 100\r\nContent-Type: application/json\r\n\r\n{"choices"',
            Fault.CONNECTION,
        ),
        (b'HTTP/1.1 200 OK\r\nContent-Length: 4\r\nContent-Type: application/json\r\n\r\n{"a"', Fault.SERVER_ERROR),
    ],
    ids=["closed", "cut in the header", "no HTTP", "cut in the body", "broken JSON"],
)
def test_a_broken_connection_is_no_timeout(settings, ledger, answered, kind):
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve_once() -> None:
            connection, _ = server.accept()
            with connection:
                connection.recv(65536)
                connection.sendall(answered)

        thread = threading.Thread(target=serve_once, daemon=True)
        thread.start()
        chosen = settings(f"http://127.0.0.1:{server.getsockname()[1]}/v1", retries=0)
        (found,) = ask_all(chosen, ledger, ["row-1"])
        thread.join()
    assert isinstance(found, TeacherError) and found.kind is kind


def test_something_else_at_the_address_is_named(settings, ledger):
    with FaultServer() as server:
        chosen = settings(server.base_url.removesuffix("/v1"), retries=0)
        (found,) = ask_all(chosen, ledger, ["row-1"])
    assert found.kind is Fault.NOT_FOUND and "base_url" in found.sentence


def test_audio_for_a_teacher_that_does_not_hear_is_refused(settings, ledger):
    (found,) = ask_all(settings("http://localhost:1/v1", hears=False), ledger, ["row-1"], clip())
    assert isinstance(found, ValueError) and "row-1" in str(found) and "takes no audio" in str(found)
    (found,) = ask_all(settings("http://localhost:1/v1"), ledger, ["row-1"], b"no audio at all")
    assert isinstance(found, ValueError) and "row-1" in str(found)


def test_the_key_is_nowhere(settings, tmp_path, caplog):
    caplog.set_level(logging.DEBUG)
    found = []
    # The server repeats the key in its messages, as providers do with parts of it.
    with CallLedger(tmp_path / "calls.sqlite") as ledger:
        with FaultServer(faults=0.5, seed=2, retry_after=0.01) as server:
            chosen = settings(server.base_url, timeout=1.0, retries=0, resamples=0)
            found += ask_all(chosen, ledger, [f"row-{number}" for number in range(60)], clip(0.1))
        with FaultServer(key="another") as server:
            found += ask_all(settings(server.base_url), ledger, ["row-x"])
        with FaultServer(answer=lambda *_: (_ for _ in ()).throw(ValueError(f"a bad key {KEY}"))) as server:
            found += ask_all(settings(server.base_url), ledger, ["row-y"])
        assert found[-1].kind is Fault.BAD_REQUEST and "<key>" in found[-1].sentence
        teacher = Teacher(chosen, ledger)
        texts = [repr(teacher), str(vars(teacher)), repr(chosen), str(chosen.identity()), caplog.text]
    for error in (one for one in found if isinstance(one, TeacherError)):
        while error is not None:
            texts += [str(error), repr(error), str(error.args), str(vars(error))]
            error = error.__cause__ or error.__context__
    assert {one.kind for one in found if isinstance(one, TeacherError)} >= {Fault.CONNECTION, Fault.UNAUTHORIZED}
    assert len(caplog.text) > 1000, "the libraries did log"
    assert not [text for text in texts if KEY in text]
    assert not [path for path in tmp_path.iterdir() if KEY.encode() in path.read_bytes()]


def long_answer(request, schema, random) -> dict:
    """About as long as a chain of thought."""
    return {"caption": "rain " * 500, "domain": "sound", "events": [], "speakers": 0, "language": None}


def test_the_budget_stops_before_it_is_passed_and_resumes(settings, ledger):
    price = {"currency": "USD", "input": 1000, "output": 1000, "read_on": "2026-11"}
    keys = [f"row-{number}" for number in range(60)]
    with FaultServer(latency=0.02, answer=long_answer) as server:
        chosen = settings(server.base_url, price=price, in_flight=4, parameters={})
        (first,) = ask_all(chosen, ledger, ["first"])
        one = Decimal(first.usage.total_tokens) / 1000  # what a call costs, about

        budget = Budget(one * 20)
        found = ask_all(chosen, ledger, keys, budget=budget)
        answered = [one for one in found if isinstance(one, Answer)]
        assert all(isinstance(one, BudgetExhausted) for one in found if not isinstance(one, Answer))
        assert 19 <= len(answered) <= 20
        assert budget.max_cost * Decimal("0.9") <= budget.spent <= budget.max_cost
        asked = server.counts.requests

        rest = ask_all(chosen, ledger, keys, budget=Budget(one * 100))
    assert all(isinstance(one, Answer) for one in rest)
    assert sum(one.cached for one in rest) == len(answered)
    assert server.counts.requests - asked == 60 - len(answered), "nothing is paid for twice"


def test_a_budget_without_a_price_does_not_start(settings, ledger):
    with pytest.raises(ValueError, match="not known"):
        Teacher(settings("http://localhost:1/v1"), ledger, budget=Budget(5))


def test_teachers_at_one_endpoint_share_a_limiter(settings, ledger):
    async def run(base_url: str) -> None:
        limiter = Limiter(None, None, in_flight=2)
        first = Teacher(settings(base_url, parameters={"temperature": 0.1}), ledger, limiter)
        second = Teacher(settings(base_url, parameters={"temperature": 0.9}), ledger, limiter)
        async with first, second:
            await asyncio.gather(
                *(teacher.ask(prompt(), Annotation, None, str(n)) for n in range(8) for teacher in (first, second))
            )

    with FaultServer(latency=0.02) as server:
        asyncio.run(run(server.base_url))
    assert server.counts.most_in_flight == 2


CHILD = """
import asyncio, sys
from dataset_builder.teachers.call_ledger import CallLedger
from dataset_builder.teachers.settings import TeacherSettings
from dataset_builder.teachers.teacher import Teacher
from tests.dataset_builder.teachers.conftest import Annotation, prompt

async def run():
    settings = TeacherSettings(model="m", base_url=sys.argv[1], in_flight=8)
    async with Teacher(settings, CallLedger(sys.argv[2])) as teacher:
        calls = [teacher.ask(prompt(f"About {n}"), Annotation, None, f"row-{n}") for n in range(200)]
        found = await asyncio.gather(*calls)
        print("\\n".join(one.value.model_dump_json() for one in found))

asyncio.run(run())
"""


async def uninterrupted(settings: TeacherSettings, ledger: CallLedger) -> list[str]:
    async with Teacher(settings, ledger) as teacher:
        calls = [teacher.ask(prompt(f"About {n}"), Annotation, None, f"row-{n}") for n in range(200)]
        return [one.value.model_dump_json() for one in await asyncio.gather(*calls)]


def test_kill_9_repeats_only_calls_in_flight(tmp_path):
    def start() -> subprocess.Popen:
        arguments = [sys.executable, "-c", CHILD, server.base_url, str(tmp_path / "calls.sqlite")]
        environment = {**os.environ, "PYTHONPATH": str(ROOT)}
        return subprocess.Popen(arguments, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True)

    with FaultServer(latency=0.02) as server:
        child = start()
        deadline = time.monotonic() + 30
        while server.counts.answered < 70 and time.monotonic() < deadline:
            time.sleep(0.002)
        child.send_signal(signal.SIGKILL)
        child.communicate()
        assert child.returncode == -signal.SIGKILL and 70 <= server.counts.answered < 200
        lines, _ = start().communicate(timeout=60)
        repeats = server.counts.requests - len(server.counts.seen)
        assert len(server.counts.seen) == 200
        with CallLedger(tmp_path / "other.sqlite") as ledger:
            expected = asyncio.run(uninterrupted(TeacherSettings(model="m", base_url=server.base_url), ledger))
    assert lines.splitlines() == expected
    assert repeats <= 8, "as many as were in flight"


def test_another_sample_has_another_seed_and_the_same_request_otherwise(settings, ledger):
    sent = []

    def answer(request, schema, random):
        sent.append(request)
        return {"wrong": "shape"}

    with FaultServer(answer=answer) as server:
        ask_all(settings(server.base_url, resamples=2), ledger, ["row-1"])
    assert [request.pop("seed") for request in sent] == [1, 2, 3]
    assert sent[0] == sent[1] == sent[2]
    assert sent[0]["temperature"] == 0.5 and sent[0]["model"] == "test-model"


@pytest.mark.parametrize("text", [RAIN, f"```json\n{RAIN}\n```", f"Here it is:\n{RAIN}."])
def test_words_around_the_object_are_taken_off(text):
    assert read_answer(Completion(text, Usage()), Annotation).caption == "rain on a roof"
