"""The addresses of the server: how a request is held against the limits, one after the other, and what is answered.

A client that hangs up ends its own answer and nobody else's.
"""

from __future__ import annotations

import asyncio
import hmac
import logging
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from app.serving.bodies import Bodies
from app.serving.engine import Engine
from app.serving.jobs import Job
from app.serving.limits import Limits
from app.serving.metrics import Metrics
from app.serving.preparing import Preparation
from app.serving.rates import Rates
from app.serving.refusals import HUNG_UP, Refusal
from app.serving.replies import END, Pieces, completion, server_event


log = logging.getLogger("uvicorn.error")


class Service:
    """Answers requests.

    Args:
        name: of the model.
        engine: what answers; started and stopped with the app.
        preparation: what prepares questions for it.
        limits: of everything else.
        api_key: what clients have to send as a bearer token; None lets everybody ask.
    """

    def __init__(
        self, name: str, engine: Engine, preparation: Preparation, limits: Limits, api_key: str | None
    ) -> None:
        self._name, self._engine, self._preparation, self._limits = name, engine, preparation, limits
        self._api_key = None if api_key is None else api_key.encode()
        self._created = int(time.time())
        self._bodies = Bodies(limits)
        self._rates = Rates(limits.requests_per_minute)
        self.metrics = Metrics(engine)

    def app(self) -> Starlette:
        """The ASGI app."""

        @asynccontextmanager
        async def lifespan(app: Starlette) -> AsyncIterator[None]:
            self._engine.start()
            try:
                yield
            finally:
                await asyncio.to_thread(self._engine.stop)

        return Starlette(
            routes=[
                Route("/v1/chat/completions", self._chat, methods=["POST"]),
                Route("/v1/models", self._models),
                Route("/v1/models/{name:path}", self._model),
                Route("/health", self._health),
                Route("/metrics", self._metrics),
            ],
            exception_handlers={Refusal: _refusal, HTTPException: _http_error, Exception: _fault},
            lifespan=lifespan,
        )

    def _check_key(self, request: Request) -> None:
        if self._api_key is None:
            return
        scheme, _, given = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not hmac.compare_digest(given.strip().encode(), self._api_key):
            raise Refusal(
                401,
                "The API key is missing or wrong: send it as 'Authorization: Bearer KEY'.",
                code="invalid_api_key",
            )

    async def _health(self, request: Request) -> Response:
        ready = self._engine.is_ready
        return JSONResponse({"status": "ready" if ready else "not ready"}, 200 if ready else 503)

    async def _metrics(self, request: Request) -> Response:
        self._check_key(request)
        return Response(self.metrics.text(), media_type="text/plain; version=0.0.4")

    async def _models(self, request: Request) -> Response:
        self._check_key(request)
        return JSONResponse({"object": "list", "data": [self._described()]})

    async def _model(self, request: Request) -> Response:
        self._check_key(request)
        if request.path_params["name"] != self._name:
            raise Refusal(404, f"This server has one model, '{self._name}': ask for it.", code="model_not_found")
        return JSONResponse(self._described())

    def _described(self) -> dict[str, Any]:
        return {"id": self._name, "object": "model", "created": self._created, "owned_by": "audio-reasoner"}

    async def _chat(self, request: Request) -> Response:
        began = time.monotonic()
        try:
            self._rates.take(request.client.host if request.client else "unknown")
            self._check_key(request)
            if request.headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
                raise Refusal(415, "The body is not said to be JSON: send 'Content-Type: application/json'.")
            self._engine.check_room()
            async with self._bodies.read(request) as body:
                with self._bodies.room() as room:
                    asked, job = await self._preparation.prepare(body, room)
                self._engine.submit(job)
        except Refusal as refusal:
            self._count(refusal.status)
            raise
        except Exception:
            self._count(500)
            raise
        self.metrics.audio.inc(job.audio_seconds)
        self.metrics.prompt_tokens.inc(job.prompt_tokens)
        if asked.stream:
            return _Answering(self._streamed(job, began, Pieces(self._name, asked.with_usage)), self._engine, job)
        return await self._whole(request, job, began)

    async def _whole(self, request: Request, job: Job, began: float) -> Response:
        """The whole answer, unless the client hangs up before."""

        async def read() -> Any:
            async for event in self._events(job, began):
                del event
            return job.answer.result()

        reading, leaving = asyncio.ensure_future(read()), asyncio.ensure_future(_hung_up(request))
        try:
            await asyncio.wait((reading, leaving), return_when=asyncio.FIRST_COMPLETED)
            if not reading.done():
                self._count(HUNG_UP)
                return Response(status_code=HUNG_UP)
            try:
                answer = reading.result()
            except Refusal as refusal:
                self._count(refusal.status)
                raise
            self._answered(answer.tokens, began)
            return JSONResponse(completion(self._name, answer, job.prompt_tokens))
        finally:
            self._engine.leave(job)
            for task in (reading, leaving):
                task.cancel()

    async def _streamed(self, job: Job, began: float, pieces: Pieces) -> AsyncIterator[bytes]:
        """The events of a stream; what goes wrong on the way is one of them."""
        status = HUNG_UP
        try:
            yield server_event(pieces.first())
            async for event in self._events(job, began):
                if chunk := pieces.of(event):
                    yield server_event(chunk)
            answer = job.answer.result()
            status = 200
            for chunk in pieces.last(answer, job.prompt_tokens):
                yield server_event(chunk)
            yield END
        except Refusal as refusal:
            status = refusal.status
            yield server_event(refusal.body())
        finally:
            if status == 200:
                self._answered(answer.tokens, began)
            else:
                self._count(status)

    async def _events(self, job: Job, began: float) -> AsyncIterator[Any]:
        """The events of an answer until its time is up.

        Raises:
            Refusal: it is up (504).
        """
        events, first = aiter(job.streamer), True
        while True:
            left = began + self._limits.timeout - time.monotonic()
            try:
                event = await asyncio.wait_for(anext(events), max(left, 0.001))
            except StopAsyncIteration:
                return
            except asyncio.TimeoutError:
                self._engine.leave(job)
                raise Refusal(
                    504,
                    f"The answer was not there after {self._limits.timeout:g} s: ask about a shorter recording, or "
                    "set 'thinking_budget' or 'max_tokens'.",
                    code="timeout",
                ) from None
            if first:
                self.metrics.first_event.observe(time.monotonic() - began)
                first = False
            yield event

    def _count(self, status: int) -> None:
        self.metrics.requests.labels(str(status)).inc()

    def _answered(self, tokens: int, began: float) -> None:
        self._count(200)
        self.metrics.seconds.observe(time.monotonic() - began)
        self.metrics.new_tokens.inc(tokens)


class _Answering(StreamingResponse):
    """A stream whose question leaves the queue with its client, however the connection ends."""

    def __init__(self, events: AsyncIterator[bytes], engine: Engine, job: Job) -> None:
        super().__init__(events, media_type="text/event-stream", headers={"Cache-Control": "no-store"})
        self._events, self._engine, self._job = events, engine, job

    async def __call__(self, scope: Any, receive: Callable[[], Awaitable[Any]], send: Callable[..., Any]) -> None:
        try:
            await super().__call__(scope, receive, send)
        finally:
            self._engine.leave(self._job)


async def _hung_up(request: Request) -> None:
    while (await request.receive())["type"] != "http.disconnect":
        pass


async def _refusal(request: Request, error: Exception) -> Response:
    assert isinstance(error, Refusal)
    # Of a body that was not read to its end nothing more is wanted.
    headers = {**error.headers(), **({"Connection": "close"} if error.status in (408, 413, 415, 503) else {})}
    return JSONResponse(error.body(), error.status, headers)


async def _http_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    said = {404: "There is nothing at this address", 405: "This address does not take this method"}
    refusal = Refusal(
        error.status_code,
        f"{said.get(error.status_code, error.detail)}: ask POST /v1/chat/completions or GET /v1/models.",
    )
    return JSONResponse(refusal.body(), refusal.status, dict(error.headers or {}))


async def _fault(request: Request, error: Exception) -> Response:
    return JSONResponse(Refusal(500, "The server failed at this request, as its log says in full.").body(), 500)
