"""The server itself: a model folder, loaded once, behind uvicorn.

Connections whose head does not arrive are closed, which uvicorn leaves to a proxy in front of it.
"""

from __future__ import annotations

import asyncio
import socket
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import h11
import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol

from app.asking.loading import load_model, load_processor, refuse_older_code
from app.serving.engine import Engine
from app.serving.limits import Limits
from app.serving.preparing import Preparation
from app.serving.web import Service


MOST_CONNECTIONS = 1024
GOODBYE = 10  # seconds that answers have to end in once the server is to stop


@dataclass(frozen=True)
class ServedModel:
    """A loaded model under the name that requests give."""

    name: str
    processor: Any
    network: Any


def load(model: str, revision: str | None = None, name: str | None = None) -> ServedModel:
    """A model folder, or a repository of the Hub, ready to answer.

    Raises:
        ValueError: it is no model folder, or not an Audio-Reasoner, or an earlier version of this package wrote it.
        OSError: it is not there.
    """
    processor = load_processor(model, revision)
    refuse_older_code(processor, ("async_reasoning_streamer", "reasoning_grammar"), model)
    # No more of a folder on this machine than its own name.
    return ServedModel(
        name or (Path(model).resolve().name if Path(model).is_dir() else model), processor, load_model(model, revision)
    )


def make_service(model: ServedModel, limits: Limits, allow_urls: bool = False, api_key: str | None = None) -> Service:
    """What answers for a model."""
    own = getattr(model.network.generation_config, "max_new_tokens", None) or limits.new_tokens
    longest = min(own, limits.new_tokens)
    preparation = Preparation(model.name, model.processor, limits, allow_urls, longest)
    return Service(model.name, Engine(model, limits), preparation, limits, api_key)


def bound(host: str, port: int) -> socket.socket:
    """A socket that holds an address, and refuses connections until it is listened at.

    Raises:
        OSError: the address cannot be had.
    """
    # asyncio sends without delay only on sockets that say they are of TCP.
    found = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        found.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        found.bind((host, port))
    except OSError as error:
        found.close()
        raise OSError(
            f"{host}:{port} cannot be served at ({error.strerror}): give another --host or --port."
        ) from None
    return found


def make_server(
    service: Service, limits: Limits, host: str, port: int, proxies: list[str] | None = None
) -> uvicorn.Server:
    """The server, not yet running.

    Args:
        service: what answers.
        limits: `header_timeout` is the connection's.
        host: the address to listen at.
        port: and its port.
        proxies: addresses whose word is taken for who their client is.
    """

    class Patient(_Patient):
        seconds = limits.header_timeout

    config = uvicorn.Config(
        service.app(),
        host=host,
        port=port,
        http=Patient,
        ws="none",
        lifespan="on",
        limit_concurrency=MOST_CONNECTIONS,
        timeout_graceful_shutdown=GOODBYE,
        proxy_headers=bool(proxies),
        forwarded_allow_ips=proxies or [],
        server_header=False,
    )
    return uvicorn.Server(config)


class _Patient(H11Protocol):
    """uvicorn's own protocol, with an end to its patience for the head of a request."""

    seconds: float
    _closing: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._wait_for_head()

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        self._wait_for_head()

    def connection_lost(self, exc: Exception | None) -> None:
        self._forget()
        super().connection_lost(exc)

    def _wait_for_head(self) -> None:
        """Count from the connection, or from the first byte of a later request, to the end of the request's head."""
        if self.conn.their_state is not h11.IDLE:
            self._forget()
        elif self._closing is None:
            self._closing = self.loop.call_later(self.seconds, self.transport.close)

    def _forget(self) -> None:
        if self._closing is not None:
            self._closing.cancel()
            self._closing = None
