"""An ASGI app on a real socket, served by uvicorn in a thread: `with ServedApp(app) as served: ... served.address`.

A request's connection can be reset in its middle. Knows nothing of what the app answers.
"""

from __future__ import annotations

import asyncio
import socket
import struct
import threading
import time
from typing import Any

import uvicorn
from starlette.requests import Request
from uvicorn.protocols.http.h11_impl import H11Protocol


class ServedApp:
    """The server of an app.

    Args:
        app: of Starlette or FastAPI.
        host: where it listens.
        port: 0 for a free one.
    """

    def __init__(self, app: Any, host: str = "127.0.0.1", port: int = 0) -> None:
        self._transports: dict[tuple, asyncio.Transport] = {}
        self._socket = socket.create_server((host, port), backlog=2048)
        self.port = self._socket.getsockname()[1]
        self.address = f"http://{host}:{self.port}"
        config = uvicorn.Config(
            app, http=self._protocol(), ws="none", lifespan="off", log_level="error", timeout_keep_alive=60,
            timeout_graceful_shutdown=1,
        )  # fmt: skip
        self._server = _Server(config)
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Serve in a thread of its own; returns once requests are answered."""
        self._thread = threading.Thread(target=self._server.run, kwargs={"sockets": [self._socket]}, daemon=True)
        self._thread.start()
        while not self._server.started:
            time.sleep(0.005)

    def stop(self) -> None:
        """End it, without waiting for connections to be closed."""
        self._server.should_exit = self._server.force_exit = True
        if self._thread is not None:
            self._thread.join(timeout=5)
        self._socket.close()

    def __enter__(self) -> ServedApp:
        self.start()
        return self

    def __exit__(self, *error: object) -> None:
        self.stop()

    def run(self) -> None:
        """Serve in this thread until interrupted."""
        self._server.run(sockets=[self._socket])

    def reset(self, http: Request) -> None:
        """Reset the connection of a request."""
        transport = self._transports.get(tuple(http.client or ()))
        if transport is not None:
            # Without lingering, closing sends RST.
            found = transport.get_extra_info("socket")
            found.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            transport.abort()

    def _protocol(self) -> type[H11Protocol]:
        transports = self._transports

        class Protocol(H11Protocol):
            """Remembers its connection, so that a request can reset it."""

            def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
                super().connection_made(transport)
                # asyncio does so for sockets that it makes itself; without, each answer is 40 ms late.
                found = transport.get_extra_info("socket")
                found.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                transports[tuple(self.client or ())] = transport

            def connection_lost(self, exc: Exception | None) -> None:
                transports.pop(tuple(self.client or ()), None)
                super().connection_lost(exc)

        return Protocol


class _Server(uvicorn.Server):
    """Looks more often whether it should end."""

    async def main_loop(self) -> None:
        counter = 0
        while not await self.on_tick(counter):
            counter = (counter + 1) % 1000
            await asyncio.sleep(0.01)
