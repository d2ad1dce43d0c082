"""Bodies of requests, read as they come and never beyond what may be held: of one, of all together, and in time.

Knows nothing of what is in a body.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager

from starlette.requests import ClientDisconnect, Request

from app.serving.limits import BODIES_IN_HAND, Limits
from app.serving.refusals import HUNG_UP, Refusal


THROWN_AWAY = 4
"""So many times the largest body are read and thrown away of a larger one, so that its client hears the refusal: where
a connection is closed on one who still sends, what was answered is lost."""


class Bodies:
    """The bodies that are in memory, from their first byte until their request has been prepared."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._held = 0

    @property
    def held(self) -> int:
        """Bytes in memory."""
        return self._held

    @asynccontextmanager
    async def read(self, request: Request) -> AsyncIterator[bytearray]:
        """The body of a request, in memory as long as the context lasts.

        Raises:
            Refusal: it is too large (413), compressed (415), too slow (408), or there is no room (503).
        """
        if request.headers.get("content-encoding", "identity").lower() != "identity":
            raise Refusal(415, "The body is compressed: send it as it is.", code="unsupported_encoding")
        body = bytearray()
        with self.room() as room:
            try:
                await asyncio.wait_for(self._fill(request, body, room), self._limits.upload_timeout)
            except asyncio.TimeoutError:
                raise Refusal(
                    408,
                    f"The body had not arrived whole after {self._limits.upload_timeout:g} s: send it faster, or a "
                    "shorter recording.",
                    code="upload_timeout",
                ) from None
            except ClientDisconnect:
                raise Refusal(HUNG_UP, "The client hung up while it sent its request.") from None
            yield body

    async def _fill(self, request: Request, body: bytearray, room: Room) -> None:
        said, most = request.headers.get("content-length", ""), self._limits.request_bytes
        if said.isdecimal() and int(said) > most:
            if "expect" not in request.headers:
                await _throw_away(request, THROWN_AWAY * most)
            raise self._too_large(int(said))
        async for piece in request.stream():
            if len(body) + len(piece) > most:
                size = len(body) + len(piece)
                body.clear()
                await _throw_away(request, THROWN_AWAY * most)
                raise self._too_large(size)
            room.take(len(piece))
            body += piece

    def _too_large(self, size: int) -> Refusal:
        most = self._limits.request_bytes
        return Refusal(
            413,
            f"The body has {size:,} bytes or more, and this server takes {most:,}: send a shorter recording, or a "
            "compressed one such as FLAC, MP3 or Ogg.",
            code="request_too_large",
        )

    @contextmanager
    def room(self) -> Iterator[Room]:
        """Room for what one request brings, given back at the end."""
        room = Room(self)
        try:
            yield room
        finally:
            self._held -= room.taken

    def _take(self, size: int) -> None:
        if self._held + size > BODIES_IN_HAND * self._limits.request_bytes:
            raise Refusal(
                503, "Too many recordings are being sent at once: try again soon.", code="overloaded", retry_after=5
            )
        self._held += size


class Room:
    """What one request holds of the memory for bodies."""

    def __init__(self, bodies: Bodies) -> None:
        self._bodies = bodies
        self.taken = 0

    def take(self, size: int) -> None:
        """Hold more bytes.

        Raises:
            Refusal: there is no room (503).
        """
        self._bodies._take(size)
        self.taken += size


async def _throw_away(request: Request, most: int) -> None:
    """Read on, up to `most` bytes, and keep nothing."""
    size = 0
    while size <= most:
        message = await request.receive()
        if message["type"] == "http.disconnect":
            raise ClientDisconnect
        size += len(message.get("body", b""))
        if not message.get("more_body", False):
            return
