"""An OpenAI-compatible server that answers by the request's JSON schema or as told, and goes wrong as often as told.

    python -m tests.fault_server --latency 0.2 --faults 0.3 --port 8000 --seed 0

Real HTTP on a real socket: 429 with Retry-After, 500, a reset connection, a stall, broken JSON, a wrong schema, empty
text, text cut at max_tokens, a refusal. The answer depends on the request alone (its `seed` and the faults before it
are left out), so an interrupted build ends with the content of an uninterrupted one. `GET /counts` says what it saw.
Batches and files are kept in memory. Needs fastapi and uvicorn.
"""

from __future__ import annotations

import argparse
import asyncio
import base64
import email
import hashlib
import io
import json
import time
import zlib
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from random import Random
from typing import Any

import soundfile
from fastapi import FastAPI, Request, Response

from .schema_answers import fitting_value
from .served_app import ServedApp


FAULTS = (
    "rate_limited", "server_error", "connection", "timeout", "broken_json", "wrong_schema", "empty", "cut_off",
    "refused",
)  # fmt: skip
"""By the names that `dataset_builder.teachers.faults` gives them."""


@dataclass
class Counts:
    """What the server saw. Requests are distinct if their bodies, without the seed, differ."""

    requests: int = 0
    answered: int = 0
    in_flight: int = 0
    most_in_flight: int = 0
    audio_bytes: int = 0
    undecodable: int = 0
    batches: int = 0
    batch_requests: int = 0
    batch_repeats: int = 0
    faults: Counter = field(default_factory=Counter)
    seen: Counter = field(default_factory=Counter)
    arrivals: list[float] = field(default_factory=list)

    def summary(self) -> dict[str, Any]:
        """All of it as JSON, the requests by number."""
        names = ("requests", "answered", "in_flight", "most_in_flight", "audio_bytes", "undecodable")
        names += ("batches", "batch_requests", "batch_repeats")
        counted = {name: getattr(self, name) for name in names}
        repeats = self.requests - len(self.seen)
        return {**counted, "distinct": len(self.seen), "repeats": repeats, "faults": dict(self.faults)}


class FaultServer:
    """The server, in a thread of its own: `with FaultServer(faults=0.3) as server: ... server.base_url`.

    Args:
        faults: the chance that a request goes wrong in one of the ways of `FAULTS`, or the chance of each by name.
        latency: seconds until an answer.
        seed: of the draws of faults.
        first: None to draw for every request; a number to draw only for as many first attempts of the same request.
        retry_after: what 429 says in Retry-After; a number of seconds, or any text.
        stall: seconds that a stalled request stays open.
        key: what the Authorization header must hold; None takes any.
        model: the only one that it knows; None for any.
        batch_seconds: until a batch has ended.
        answer: makes the answer in place of `fitting_value`: (request, schema, random) -> JSON value.
        say: makes the whole text of an answer, whose request needs no schema then: (request, random) -> text. A
            ValueError that it raises is status 400.
        port: 0 for a free one.
    """

    def __init__(
        self,
        faults: float | Mapping[str, float] = 0.0,
        latency: float = 0.0,
        seed: int = 0,
        first: int | None = None,
        retry_after: float | str = 0.05,
        stall: float = 30.0,
        key: str | None = None,
        model: str | None = None,
        batch_seconds: float = 0.0,
        answer: Callable[[dict, dict, Random], Any] | None = None,
        say: Callable[[dict, Random], str] | None = None,
        port: int = 0,
        host: str = "127.0.0.1",
    ):
        rates = faults if isinstance(faults, Mapping) else dict.fromkeys(FAULTS, faults / len(FAULTS))
        unknown = set(rates) - set(FAULTS)
        if unknown:
            raise ValueError(f"There is no fault {sorted(unknown)}; use {', '.join(FAULTS)}.")
        self.rates = dict(rates)
        self.latency, self.seed, self.first = latency, seed, first
        self.retry_after, self.stall, self.key, self.model = retry_after, stall, key, model
        self.batch_seconds, self.answer, self.say = batch_seconds, answer, say
        self.counts = Counts()
        self._files: dict[str, bytes] = {}
        self._batches: dict[str, dict[str, Any]] = {}
        self._batched: set[str] = set()
        self._served = ServedApp(self._app(), host, port)
        self.port = self._served.port
        self.base_url = f"{self._served.address}/v1"

    def __enter__(self) -> FaultServer:
        self._served.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._served.stop()

    def run(self) -> None:
        """Serve in this thread until interrupted."""
        self._served.run()

    def _app(self) -> FastAPI:
        app = FastAPI()
        app.add_route("/v1/chat/completions", self._chat, methods=["POST"])
        app.add_route("/v1/models", self._models, methods=["GET"])
        app.add_route("/v1/files", self._upload, methods=["POST"])
        app.add_route("/v1/files/{name}/content", self._content, methods=["GET"])
        app.add_route("/v1/batches", self._create_batch, methods=["POST"])
        app.add_route("/v1/batches", self._list_batches, methods=["GET"])
        app.add_route("/v1/batches/{name}", self._batch, methods=["GET"])
        app.add_route("/counts", self._get_counts, methods=["GET"])
        return app

    async def _chat(self, http: Request) -> Response:
        counts = self.counts
        counts.requests += 1
        arrived = time.monotonic()
        counts.arrivals.append(arrived)
        counts.in_flight += 1
        counts.most_in_flight = max(counts.most_in_flight, counts.in_flight)
        try:
            refused = self._refusal(http)
            if refused is not None:
                return refused
            request = json.loads(await http.body())
            digest = _digest(request)
            attempt = counts.seen[digest]
            counts.seen[digest] += 1
            if self.model is not None and request["model"] != self.model:
                return _error(404, f"The model {request['model']} does not exist", "model_not_found")
            self._count_audio(request)
            fault = self._fault(digest, attempt)
            if fault == "timeout":
                counts.faults[fault] += 1
                await self._stall(http)
                return _error(500, "stalled")
            # An answer comes this long after its request, however long the server itself took.
            await asyncio.sleep(arrived + self.latency - time.monotonic())
            if fault == "connection":
                counts.faults[fault] += 1
                self._served.reset(http)
                return _error(500, "reset")
            status, body = self._respond(request, digest, fault)
            headers = {"Retry-After": str(self.retry_after)} if status == 429 else {}
            return Response(json.dumps(body), status, headers, "application/json")
        finally:
            counts.in_flight -= 1

    def _respond(self, request: dict, digest: str, fault: str | None) -> tuple[int, dict[str, Any]]:
        """Status and body, for a request alone or in a batch."""
        if fault is not None:
            self.counts.faults[fault] += 1
        if fault == "rate_limited":
            return 429, {"error": {"message": "Rate limit reached", "code": "rate_limit_exceeded"}}
        if fault in ("server_error", "connection", "timeout"):
            return 500, {"error": {"message": "The server had an error", "code": None}}
        finish, refusal = "stop", None
        try:
            text = self._text(request, Random(digest))
        except ValueError as error:
            return 400, {"error": {"message": str(error), "code": "invalid_request"}}
        if fault == "broken_json":
            text = text.replace("{", "{{", 1)
        elif fault == "wrong_schema":
            text = json.dumps({"unexpected": "field"})
        elif fault == "empty":
            text = ""
        elif fault == "cut_off":
            text, finish = text[: len(text) // 2], "length"
        elif fault == "refused":
            text, refusal = "", "I cannot help with that."
        else:
            self.counts.answered += 1
        heard = sum(len(part) for part in _audio_parts(request)) // 1000
        read = heard + sum(len(text) for text in _texts(request)) // 4
        return 200, {
            "id": f"chatcmpl-{digest[:12]}",
            "object": "chat.completion",
            "created": 0,
            "model": request["model"],
            "choices": [
                {
                    "index": 0,
                    "finish_reason": finish,
                    "message": {"role": "assistant", "content": text, "refusal": refusal},
                }
            ],
            "usage": {
                "prompt_tokens": read,
                "completion_tokens": len(text) // 4,
                "total_tokens": read + len(text) // 4,
                "prompt_tokens_details": {"audio_tokens": heard},
            },
        }

    def _text(self, request: dict, random: Random) -> str:
        if self.say is not None:
            return self.say(request, random)
        schema = _schema(request)
        value = self.answer(request, schema, random) if self.answer else fitting_value(schema, random)
        return json.dumps(value, ensure_ascii=False)

    def _fault(self, digest: str, attempt: int) -> str | None:
        if self.first is not None and attempt >= self.first:
            return None
        draw = Random(f"{self.seed} {digest} {attempt}").random()
        for name, rate in self.rates.items():
            draw -= rate
            if draw < 0:
                return name
        return None

    def _refusal(self, http: Request) -> Response | None:
        if self.key is not None and http.headers.get("authorization") != f"Bearer {self.key}":
            given = http.headers.get("authorization", "").removeprefix("Bearer ")
            return _error(401, f"Incorrect API key provided: {given}", "invalid_api_key")
        return None

    def _count_audio(self, request: dict) -> None:
        for part in _audio_parts(request):
            contents = base64.b64decode(part)
            self.counts.audio_bytes += len(contents)
            try:
                soundfile.info(io.BytesIO(contents))
            except soundfile.LibsndfileError:
                self.counts.undecodable += 1

    async def _stall(self, http: Request) -> None:
        async def gone() -> None:
            while (await http.receive())["type"] != "http.disconnect":
                pass

        try:
            await asyncio.wait_for(gone(), self.stall)
        except asyncio.TimeoutError:
            return

    async def _models(self, http: Request) -> Response:
        return self._refusal(http) or _json({"object": "list", "data": [{"id": self.model or "any"}]})

    async def _get_counts(self, http: Request) -> Response:
        return _json(self.counts.summary())

    async def _upload(self, http: Request) -> Response:
        body = b"Content-Type: " + http.headers["content-type"].encode() + b"\r\n\r\n" + await http.body()
        parts = email.message_from_bytes(body).get_payload()
        contents = next(part.get_payload(decode=True) for part in parts if part.get_filename())  # type: ignore[union-attr]
        name = f"file-{len(self._files)}"
        self._files[name] = contents
        found = {"id": name, "object": "file", "bytes": len(contents), "created_at": 0, "filename": "requests.jsonl"}
        return self._refusal(http) or _json({**found, "purpose": "batch", "status": "processed"})

    async def _content(self, http: Request) -> Response:
        return self._refusal(http) or Response(self._files[http.path_params["name"]])

    async def _create_batch(self, http: Request) -> Response:
        refused = self._refusal(http)
        if refused is not None:
            return refused
        wanted = await http.json()
        lines = [json.loads(line) for line in self._files[wanted["input_file_id"]].splitlines()]
        self.counts.batches += 1
        self.counts.batch_requests += len(lines)
        self.counts.batch_repeats += sum(line["custom_id"] in self._batched for line in lines)
        self._batched.update(line["custom_id"] for line in lines)
        name = f"batch-{len(self._batches)}"
        self._batches[name] = {**wanted, "lines": lines, "begun": time.monotonic()}
        return _json(self._state(name))

    async def _list_batches(self, http: Request) -> Response:
        found = [self._state(name) for name in reversed(self._batches)]
        return self._refusal(http) or _json({"object": "list", "data": found, "has_more": False})

    async def _batch(self, http: Request) -> Response:
        return self._refusal(http) or _json(self._state(http.path_params["name"]))

    def _state(self, name: str) -> dict[str, Any]:
        batch = self._batches[name]
        ended = time.monotonic() - batch["begun"] >= self.batch_seconds
        if ended and "output" not in batch:
            batch["output"] = self._answer_batch(batch["lines"])
        output, errors = batch.get("output", (None, None))
        return {
            "id": name,
            "object": "batch",
            "endpoint": batch["endpoint"],
            "input_file_id": batch["input_file_id"],
            "completion_window": "24h",
            "status": "completed" if ended else "in_progress",
            "output_file_id": output,
            "error_file_id": errors,
            "created_at": 0,
        }

    def _answer_batch(self, lines: list[dict]) -> tuple[str | None, str | None]:
        written: dict[bool, list[bytes]] = {True: [], False: []}
        for line in lines:
            digest = _digest(line["body"])
            self._count_audio(line["body"])
            status, body = self._respond(line["body"], digest, self._fault(digest, 0))
            result = {"custom_id": line["custom_id"], "response": {"status_code": status, "body": body}, "error": None}
            written[status == 200].append(json.dumps(result).encode())
        names = []
        for good in (True, False):
            name = f"file-{len(self._files)}"
            if written[good]:
                self._files[name] = b"\n".join(written[good])
            names.append(name if written[good] else None)
        return names[0], names[1]


def _digest(request: dict) -> str:
    """Of a request without its seed; audio counts by checksums, which are quicker than the rest of the work."""
    kept = {name: value for name, value in request.items() if name not in ("seed", "messages")}
    audio = [zlib.crc32(part.encode()) for part in _audio_parts(request)]
    return hashlib.sha256(json.dumps([kept, _texts(request), audio], sort_keys=True).encode()).hexdigest()


def _audio_parts(request: dict) -> list[str]:
    parts = [
        part for message in request["messages"] if isinstance(message["content"], list) for part in message["content"]
    ]
    found = [part["input_audio"]["data"] for part in parts if part["type"] == "input_audio"]
    return found + [part["audio_url"]["url"].split(",", 1)[1] for part in parts if part["type"] == "audio_url"]


def _texts(request: dict) -> list[str]:
    contents = [message["content"] for message in request["messages"]]
    parts = [part for content in contents if isinstance(content, list) for part in content if part["type"] == "text"]
    return [content for content in contents if isinstance(content, str)] + [part["text"] for part in parts]


def _schema(request: dict) -> dict[str, Any]:
    """The schema of `response_format`, or else the last line of the prompt, where the builder writes it."""
    wanted = request.get("response_format") or {}
    if wanted.get("type") == "json_schema":
        return wanted["json_schema"]["schema"]
    content = request["messages"][-1]["content"]
    text = content if isinstance(content, str) else content[-1]["text"]
    try:
        return json.loads(text.splitlines()[-1])
    except (ValueError, IndexError):
        raise ValueError("The request holds no JSON schema.") from None


def _json(value: Any) -> Response:
    return Response(json.dumps(value), media_type="application/json")


def _error(status: int, message: str, code: str | None = None) -> Response:
    return Response(json.dumps({"error": {"message": message, "code": code}}), status, media_type="application/json")


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--latency", type=float, default=0.0, help="seconds until an answer (default: %(default)s)")
    parser.add_argument("--faults", type=float, default=0.0, help="part of the requests that fail (default: 0)")
    parser.add_argument("--stall", type=float, default=30.0, help="seconds that a stall lasts (default: %(default)s)")
    parser.add_argument("--retry-after", default="1", help="what 429 says (default: %(default)s)")
    parser.add_argument("--port", type=int, default=8000, help="0 for a free one (default: %(default)s)")
    parser.add_argument("--seed", type=int, default=0, help="of the faults (default: %(default)s)")
    arguments = parser.parse_args()
    server = FaultServer(**vars(arguments))
    print(server.base_url, flush=True)
    server.run()


if __name__ == "__main__":
    main()
