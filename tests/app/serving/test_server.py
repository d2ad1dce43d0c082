"""The real server against clients that ask too much, lie, dawdle or hang up: they hear why, nobody else notices."""

from __future__ import annotations

import base64
import http.client
import io
import json
import logging
import socket
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import openai
import pytest
import soundfile
from prometheus_client.parser import text_string_to_metric_families

from app.serving.limits import Limits
from modeling_audio_reasoner import SECTIONS
from tests.app.serving.conftest import RATE, asked, encoded, noise, running, until


LIMITS = Limits(
    request_bytes=300_000,
    audio_seconds=4,
    prompt_tokens=1500,
    new_tokens=400,
    batch=4,
    requests_per_minute=10_000,
    upload_timeout=1.5,
    header_timeout=0.5,
)


@pytest.fixture(scope="module")
def small(served_model):
    with running(served_model, LIMITS) as found:
        yield found


@pytest.fixture(scope="module")
def good(expected):
    """A request and its right answer."""
    clip = encoded(noise(1.0))
    return asked(clip), expected(clip).response


def post(server, body, headers=None, path="/v1/chat/completions", method="POST"):
    """Status, headers and JSON of an answer to raw bytes, or to pieces of unsaid length."""
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=30)
    headers = {"Content-Type": "application/json", **(headers or {})}
    connection.request(method, path, body=body, headers=headers, encode_chunked=not isinstance(body, (bytes, str)))
    reply = connection.getresponse()
    found = reply.read()
    connection.close()
    return reply.status, reply.headers, json.loads(found)


def body(*files: bytes, **options) -> bytes:
    """The JSON of a request, as it goes over the wire."""
    request = asked(*files, **options)
    return json.dumps(request.pop("extra_body") | request).encode()


def flac(total: int) -> bytes:
    """A second of noise whose header claims so many samples."""
    file = bytearray(encoded(noise(1.0), "FLAC"))
    claimed = int.from_bytes(file[18:26], "big") >> 36 << 36 | total
    file[18:26] = claimed.to_bytes(8, "big")
    return bytes(file)


def wav(rate: int = RATE, data_bytes: int | None = None, frames: int = RATE) -> bytes:
    """Noise whose header lies about its rate or length."""
    file = bytearray(encoded(noise(frames / RATE)))
    file[24:28] = rate.to_bytes(4, "little")
    if data_bytes is not None:
        file[40:44] = data_bytes.to_bytes(4, "little")
    return bytes(file)


def silence(seconds: int) -> bytes:
    """Much sound in few bytes."""
    file = io.BytesIO()
    soundfile.write(file, np.zeros(seconds * RATE, dtype=np.int16), RATE, format="FLAC")
    return file.getvalue()


HOSTILE = {
    "not audio": (b"MZ" * 500, 400, "not audio that can be decoded"),
    "empty": (b"", 400, "is empty"),
    "cut off": (encoded(noise(2.0))[:20_000], 400, "is truncated"),
    "cut off FLAC": (encoded(noise(2.0), "FLAC")[:20_000], 400, "truncated or damaged"),
    "hours claimed": (flac(4 * 3600 * RATE), 413, "lasts 14400.0 s"),
    "most that FLAC can claim": (flac(2**36 - 1), 413, "this server hears 4 s"),
    "no length claimed": (flac(0), 400, "does not say how long it is"),
    "ten minutes of nothing": (silence(600), 413, "lasts 600.0 s"),
    "silent": (silence(1), 400, "is silent"),
    "a length that is not there": (wav(data_bytes=2**31), 400, "bytes are missing"),
    "a sample a second": (wav(rate=1), 413, "lasts 16000.0 s"),
    "two billion samples a second": (wav(rate=2**31 - 1), 400, "less than one at 16000 Hz"),
    "too long": (encoded(noise(4.2)), 413, "lasts 4.2 s"),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_recording_harms_nobody(small, good, name):
    """A good request that is under way at the same time gets its right answer."""
    file, status, said = HOSTILE[name]
    request, answer = good
    with ThreadPoolExecutor(1) as pool:
        other = pool.submit(lambda: small.client().chat.completions.create(**request))
        found, _, error = post(small, body(file))
        assert (found, set(error)) == (status, {"error"})
        assert said in error["error"]["message"] and "\n" not in error["error"]["message"]
        assert other.result(60).choices[0].message.content == answer


def test_recordings_are_too_long_together(small):
    status, _, error = post(small, body(encoded(noise(2.5)), encoded(noise(2.5))))
    assert status == 413 and "The recordings last 5.0 s" in error["error"]["message"]


def test_a_body_that_is_too_large_is_refused_said_or_unsaid(small, good):
    """100 MB, with its length said beforehand or not; little of it is ever in memory, and others are answered."""
    request, answer = good
    piece = b" " * 100_000
    with ThreadPoolExecutor(1) as pool:
        other = pool.submit(lambda: small.client().chat.completions.create(**request))
        connection = http.client.HTTPConnection("127.0.0.1", small.port, timeout=30)
        connection.putrequest("POST", "/v1/chat/completions")
        for name, value in (("Content-Type", "application/json"), ("Content-Length", "100000000")):
            connection.putheader(name, value)
        connection.endheaders()
        try:
            for _ in range(1000):
                connection.send(piece)
        except OSError:
            pass  # what was read and thrown away has an end too
        else:
            assert connection.getresponse().status == 413
        connection.close()
        assert other.result(60).choices[0].message.content == answer
    status, _, error = post(small, body(noise(10).tobytes()))
    assert status == 413 and "this server takes 300,000" in error["error"]["message"]
    status, _, error = post(small, iter([piece] * 8))
    assert status == 413 and error["error"]["code"] == "request_too_large"
    until(lambda: small.service._bodies.held == 0)


def test_a_body_that_trickles_in_is_cut_off_and_blocks_nobody(small, good):
    request, answer = good
    slow = [socket.create_connection(("127.0.0.1", small.port)) for _ in range(20)]
    head = (
        b"POST /v1/chat/completions HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: 900\r\n"
    )
    for connection in slow:
        connection.sendall(head + b'\r\n{"model"')
    began = time.monotonic()
    assert small.client().chat.completions.create(**request).choices[0].message.content == answer
    for connection in slow:
        connection.settimeout(10)
        assert connection.recv(1000).startswith(b"HTTP/1.1 408")
        connection.close()
    assert time.monotonic() - began >= 1.0
    until(lambda: small.service._bodies.held == 0)


def test_a_head_that_does_not_arrive_is_cut_off(small):
    with socket.create_connection(("127.0.0.1", small.port)) as connection:
        connection.settimeout(10)
        connection.sendall(b"POST /v1/chat/completions HTTP/1.1\r\nHost:")
        assert connection.recv(1000) == b""


def test_bodies_together_have_an_end(served_model, good):
    """Many uploads that stop in their middle hold memory: beyond its end further ones wait outside."""
    with running(served_model, Limits(request_bytes=100_000, upload_timeout=20, requests_per_minute=10_000)) as server:
        head = (
            b"POST /v1/chat/completions HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n"
            b"Content-Length: 100000\r\n\r\n"
        )
        held = [socket.create_connection(("127.0.0.1", server.port)) for _ in range(8)]
        for connection in held:
            connection.sendall(head + b" " * 99_000)
        until(lambda: server.service._bodies.held == 8 * 99_000)
        status, headers, error = post(server, b" " * 50_000)
        assert status == 503 and error["error"]["code"] == "overloaded" and int(headers["Retry-After"]) > 0
        for connection in held:
            connection.close()
        until(lambda: server.service._bodies.held == 0)
        request, answer = good
        assert server.client().chat.completions.create(**request).choices[0].message.content == answer


@pytest.mark.parametrize(
    ("options", "status", "code"),
    [
        ({"text": "a" * 2000}, 413, "context_length_exceeded"),
        ({"text": "a" * 40_000}, 413, "context_length_exceeded"),
        ({"max_tokens": 401}, 400, None),
        ({"model": "gpt-4o"}, 404, "model_not_found"),
        ({"logprobs": True}, 400, None),
    ],
)
def test_prompts_answers_and_models_have_limits(small, options, status, code):
    with pytest.raises(openai.APIStatusError) as raised:
        small.client().chat.completions.create(
            **{**asked(encoded(noise(0.5)), text=options.pop("text", "a")), **options}
        )
    assert raised.value.status_code == status and raised.value.code == code
    assert raised.value.body["message"].endswith(".")


def test_other_bodies_and_addresses_are_refused_in_the_same_form(small):
    assert post(small, body(), {"Content-Type": "text/plain"})[0] == 415
    assert post(small, body(), {"Content-Encoding": "gzip"})[0] == 415
    for path, method, status in (("/v1/completions", "POST", 404), ("/v1/chat/completions", "PUT", 405)):
        found, _, error = post(small, body(), path=path, method=method)
        assert found == status and error["error"]["message"].endswith("GET /v1/models.")


def test_a_client_that_asks_too_often_is_told_when_to_come_back(served_model):
    with running(served_model, Limits(requests_per_minute=2)) as server:
        for _ in range(2):
            assert post(server, b"{}")[0] == 400
        status, headers, error = post(server, b"{}")
        assert status == 429 and error["error"]["code"] == "rate_limit_exceeded"
        assert 0 < int(headers["Retry-After"]) <= 30
        with pytest.raises(openai.RateLimitError):
            server.client().chat.completions.create(**asked(encoded(noise(0.5))))


def long_request(**options):
    """One whose answer does not end by itself for a long while."""
    request = asked(encoded(noise(0.5, seed=3)), **options)
    request["extra_body"] = {"thinking_budget": {"response": 2}}
    return request


def test_who_hangs_up_frees_the_place(served_model, good):
    request, answer = good
    with running(served_model, Limits(batch=1, waiting=1, requests_per_minute=10_000)) as server:
        engine = server.service._engine
        stream = server.client().chat.completions.create(**long_request(stream=True))
        next(iter(stream))
        until(lambda: engine.running == 1)
        with ThreadPoolExecutor(1) as pool:
            other = pool.submit(lambda: server.client().chat.completions.create(**request))
            until(lambda: engine.waiting == 1)
            with pytest.raises(openai.InternalServerError) as raised:
                server.client().chat.completions.create(**request)
            assert raised.value.status_code == 503 and raised.value.code == "overloaded"
            assert int(raised.value.response.headers["Retry-After"]) >= 1
            stream.close()
            assert other.result(30).choices[0].message.content == answer
        # The same without a stream, and while one waits.
        sent = body(encoded(noise(0.5)))
        head = b"POST /v1/chat/completions HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n"
        connections = []
        for ahead in (0, 1):
            connection = socket.create_connection(("127.0.0.1", server.port))
            longest = json.dumps({**json.loads(sent), "thinking_budget": {}}).encode()
            connection.sendall(head + f"Content-Length: {len(longest)}\r\n\r\n".encode() + longest)
            until(lambda ahead=ahead: engine.running == 1 and engine.waiting == ahead)
            connections.append(connection)
        connections[1].close()
        until(lambda: engine.waiting == 0)
        assert engine.running == 1
        connections[0].close()
        until(lambda: engine.running == 0)
        assert server.client().chat.completions.create(**request).choices[0].message.content == answer


def test_an_answer_that_takes_too_long_is_ended(served_model, good):
    request, answer = good
    with running(served_model, Limits(timeout=0.5, requests_per_minute=10_000)) as server:
        with pytest.raises(openai.InternalServerError, match=r"not there after 0\.5 s") as raised:
            server.client().chat.completions.create(**long_request())
        assert raised.value.status_code == 504 and raised.value.code == "timeout"
        with pytest.raises(openai.APIError, match=r"not there after 0\.5 s"):
            list(server.client().chat.completions.create(**long_request(stream=True)))
        until(lambda: server.service._engine.running == 0)


class Lines(logging.Handler):
    """Keeps all that uvicorn logs, as it would be written."""

    NAMES = ("uvicorn", "uvicorn.error", "uvicorn.access")

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(self.format(record))

    def __enter__(self) -> list[str]:
        for name in self.NAMES:
            logging.getLogger(name).addHandler(self)
        return self.lines

    def __exit__(self, *error: object) -> None:
        for name in self.NAMES:
            logging.getLogger(name).removeHandler(self)


def test_a_key_is_asked_for_and_never_logged(served_model, good):
    request, answer = good
    key = "sk-only-for-this-test-1234567890"
    with running(served_model, api_key=key) as server, Lines() as lines:
        assert server.client(key).chat.completions.create(**request).choices[0].message.content == answer
        assert server.client(key).models.list().data[0].id == "listener"
        for wrong in (key[:-1], key + "x", "wrong-key-of-somebody"):
            with pytest.raises(openai.AuthenticationError) as raised:
                server.client(wrong).chat.completions.create(**request)
            assert raised.value.code == "invalid_api_key" and wrong not in raised.value.message
        assert post(server, None, {"Authorization": "Bearer k\xe9y"}, path="/v1/models", method="GET")[0] == 401
        for path in ("/v1/models", "/metrics"):
            assert post(server, None, path=path, method="GET")[0] == 401
        assert post(server, None, path="/health", method="GET")[::2] == (200, {"status": "ready"})
    assert sum("/v1/chat/completions" in line for line in lines) == 4
    assert not [line for line in lines if key[:-1] in line or "wrong-key" in line]


def test_metrics_count_what_was_served(served_model, good):
    request, answer = good
    with running(served_model) as server:
        reply = server.client().chat.completions.create(**request)
        list(server.client().chat.completions.create(**request, stream=True))
        post(server, b"{}")
        connection = http.client.HTTPConnection("127.0.0.1", server.port)
        connection.request("GET", "/metrics")
        text = connection.getresponse().read().decode()
        connection.close()
    found = {
        (sample.name, *sample.labels.values()): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }
    assert found["audio_reasoner_requests_total", "200"] == 2
    assert found["audio_reasoner_requests_total", "400"] == 1
    assert found["audio_reasoner_audio_seconds_total",] == pytest.approx(2.0)
    assert found["audio_reasoner_prompt_tokens_total",] == 2 * reply.usage.prompt_tokens
    assert found["audio_reasoner_new_tokens_total",] == 2 * reply.usage.completion_tokens
    assert found["audio_reasoner_request_seconds_count",] == found["audio_reasoner_first_event_seconds_count",] == 2
    assert found["audio_reasoner_waiting",] == found["audio_reasoner_running",] == 0


def test_addresses_are_fetched_where_they_may_be(served_model):
    """And a server that fetches asks no neighbour."""
    url = {"type": "audio_url", "audio_url": {"url": "http://127.0.0.1:1/a.wav"}}
    messages = [{"role": "user", "content": [url, {"type": "text", "text": "a"}]}]
    request = json.dumps({"model": "listener", "messages": messages})
    with running(served_model, allow_urls=True) as server:
        status, _, error = post(server, request)
        assert status == 400 and "127.0.0.1 leads to an address that is not public" in error["error"]["message"]
    inline = f"data:audio/wav;base64,{base64.b64encode(encoded(noise(0.5))).decode()}"
    url["audio_url"]["url"] = inline
    with running(served_model) as server:
        budgets = {"thinking_budget": dict.fromkeys(SECTIONS, 2)}
        status, _, reply = post(server, json.dumps({"model": "listener", "messages": messages, **budgets}))
        assert status == 200 and reply["choices"][0]["message"]["reasoning_complete"] is True


def test_the_last_answers_end_before_the_server_does(served_model, good):
    request, answer = good
    found = {}
    with running(served_model) as server:

        def ask():
            found["reply"] = server.client().chat.completions.create(**request)

        asking = threading.Thread(target=ask)
        asking.start()
        until(lambda: server.service._engine.running == 1 or "reply" in found)
    asking.join(20)
    assert found["reply"].choices[0].message.content == answer
