"""Recordings from addresses on the web, for a server that must not be made to ask its own neighbours.

An address is asked only if every address that its name resolves to is public, and at these very addresses; where it
leads on to is checked again. Whole and in time, or refused. Knows nothing of audio.
"""

from __future__ import annotations

import asyncio
import ipaddress
import socket
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult

from app.serving.bodies import Room
from app.serving.refusals import Refusal


MOST_REDIRECTS = 3
PIECE = 2**16
TRANSLATED = (ipaddress.ip_network("64:ff9b::/96"), ipaddress.ip_network("64:ff9b:1::/48"))
"""IPv6 addresses that stand for those of IPv4 (NAT64)."""
Address = ipaddress.IPv4Address | ipaddress.IPv6Address


def is_public(address: Address) -> bool:
    """Whether an address is one of the public internet: not private, loopback, link-local, shared, reserved or
    multicast, nor an IPv6 form of one that is."""
    if isinstance(address, ipaddress.IPv6Address):
        if address.scope_id is not None:
            return False
        inner = address.ipv4_mapped or address.sixtofour
        if inner is None and any(address in network for network in TRANSLATED):
            inner = ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
        if inner is not None:
            return is_public(inner)
        if address.teredo is not None:
            return False
    return address.is_global and not address.is_multicast


class _Guard(AbstractResolver):
    """Resolves names, and keeps connections to what is permitted; `refused` says which address was not."""

    def __init__(self, permitted: Callable[[Address], bool], resolver: AbstractResolver) -> None:
        self._permitted, self._resolver = permitted, resolver
        self.refused: str | None = None

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        found = await self._resolver.resolve(host, port, family)
        for each in found:
            self._check(each["host"])
        return found

    async def close(self) -> None:
        await self._resolver.close()

    def make_socket(self, address: Any) -> socket.socket:
        """A socket for an address that is about to be connected to, as one that was written as numbers is."""
        family, kind, protocol, _, place = address
        self._check(place[0])
        return socket.socket(family, kind, protocol)

    def _check(self, address: str) -> None:
        if not self._permitted(ipaddress.ip_address(address)):
            self.refused = address
            raise OSError(f"{address} is not public")


async def fetch(
    url: str,
    room: Room,
    most: int,
    seconds: float,
    permitted: Callable[[Address], bool] = is_public,
    resolver: AbstractResolver | None = None,
) -> bytes:
    """What an http or https address answers.

    Args:
        url: the address.
        room: where its bytes are counted.
        most: bytes.
        seconds: until it has arrived whole, redirects included.
        permitted: whether an address may be connected to.
        resolver: of names; the system's if left out.

    Raises:
        Refusal: it is no such address, leads to one that is not permitted, is too large, too slow, or not there (400).
    """
    parts = _split(url)
    guard = _Guard(permitted, resolver or aiohttp.ThreadedResolver())
    connector = aiohttp.TCPConnector(
        resolver=guard, socket_factory=guard.make_socket, use_dns_cache=False, force_close=True
    )
    host = parts.hostname
    try:
        async with (
            aiohttp.ClientSession(
                connector=connector,
                timeout=aiohttp.ClientTimeout(total=seconds),
                cookie_jar=aiohttp.DummyCookieJar(),
                auto_decompress=False,
                headers={"Accept-Encoding": "identity"},
            ) as session,
            session.get(url, max_redirects=MOST_REDIRECTS) as reply,
        ):
            if reply.status != 200:
                raise _refused(f"{host} answered with the status {reply.status}", "check the address")
            return await _read(reply, room, most, str(host))
    except asyncio.TimeoutError:
        raise _refused(f"{host} had not sent its recording whole after {seconds:g} s", "send it in base64") from None
    except (aiohttp.ClientError, OSError, ValueError) as error:
        if guard.refused is not None:
            raise _refused(
                f"{host} leads to an address that is not public", "this server asks public ones alone"
            ) from None
        raise _refused(f"{host} could not be asked ({type(error).__name__})", "check the address") from None


async def _read(reply: aiohttp.ClientResponse, room: Room, most: int, host: str) -> bytes:
    pieces, size = [], 0
    async for piece in reply.content.iter_chunked(PIECE):
        size += len(piece)
        if size > most or (reply.content_length or 0) > most:
            raise _refused(f"{host} sends more than {most:,} bytes", "name a shorter recording")
        room.take(len(piece))
        pieces.append(piece)
    return b"".join(pieces)


def _split(url: str) -> Any:
    try:
        parts = urlsplit(url)
        usable = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        usable = False
    if not usable:
        raise _refused("The address of a recording is not one of http or https", "give one, or the file in base64")
    return parts


def _refused(found: str, advice: str) -> Refusal:
    return Refusal(400, f"{found}: {advice}.", code="recording_not_fetched", param="audio_url")
