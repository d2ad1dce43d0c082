"""Which addresses a recording may come from: never this machine or its neighbours, however they are written."""

from __future__ import annotations

import asyncio
import ipaddress
import socket

import pytest
from aiohttp.abc import AbstractResolver
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse, RedirectResponse, StreamingResponse
from starlette.routing import Route

from app.serving.bodies import Bodies
from app.serving.fetching import fetch, is_public
from app.serving.limits import Limits
from app.serving.refusals import Refusal
from tests.served_app import ServedApp


OUTSIDE = "127.0.0.2"
"""Stands for a public address in these tests; the rule itself takes it for one of this machine's."""


@pytest.mark.parametrize(
    ("address", "public"),
    [
        ("93.184.216.34", True),
        ("2606:2800:220:1:248:1893:25c8:1946", True),
        ("127.0.0.1", False),
        ("127.8.8.8", False),
        ("0.0.0.0", False),
        ("10.1.2.3", False),
        ("172.16.0.1", False),
        ("192.168.1.1", False),
        ("100.64.0.1", False),
        ("169.254.169.254", False),
        ("224.0.0.1", False),
        ("255.255.255.255", False),
        ("::1", False),
        ("::", False),
        ("fe80::1", False),
        ("fe80::1%eth0", False),
        ("fd00:ec2::254", False),
        ("ff0e::1", False),
        ("::ffff:10.0.0.1", False),
        ("::ffff:93.184.216.34", True),
        ("64:ff9b::a00:1", False),
        ("64:ff9b::5db8:d822", True),
        ("2002:0a00:0001::1", False),
        ("2001:0:4136:e378:8000:63bf:3fff:fdd2", False),
    ],
)
def test_public_addresses_are_told_from_others(address, public):
    assert is_public(ipaddress.ip_address(address)) is public


class Site:
    """Two servers, one on this machine's address and one outside, that count who asks."""

    def __init__(self) -> None:
        self.asked: list[str] = []

        async def clip(request):
            self.asked.append(f"{request.url.hostname}{request.url.path}")
            return PlainTextResponse(b"the clip")

        async def inwards(request):
            return RedirectResponse(f"http://127.0.0.1:{self.inside.port}/clip")

        async def onwards(request):
            return RedirectResponse("/clip")

        async def round_and_round(request):
            return RedirectResponse(f"{request.url.path}x")

        async def endless():
            while True:
                yield bytes(1000)
                await asyncio.sleep(0.001)

        async def large(request):
            return StreamingResponse(endless())

        async def zipped(request):
            return PlainTextResponse(b"\x1f\x8b", headers={"Content-Encoding": "gzip"})

        app = Starlette(
            routes=[
                Route("/clip", clip),
                Route("/inwards", inwards),
                Route("/onwards", onwards),
                Route("/large", large),
                Route("/zipped", zipped),
                Route("/{round:path}", round_and_round),
            ]
        )
        self.inside = ServedApp(app)
        self.outside = ServedApp(app, host=OUTSIDE)


@pytest.fixture(scope="module")
def servers():
    site = Site()
    with site.inside, site.outside:
        yield site


@pytest.fixture
def site(servers):
    servers.asked.clear()
    return servers


def permitted(address) -> bool:
    return str(address) == OUTSIDE or is_public(address)


class Names(AbstractResolver):
    """A name that has the given addresses, one answer after the other."""

    def __init__(self, *answers: list[str]) -> None:
        self.answers = list(answers)

    async def resolve(self, host, port=0, family=socket.AF_INET):
        family = socket.AF_INET
        return [
            {"hostname": host, "host": address, "port": port, "family": family, "proto": 0, "flags": 0}
            for address in self.answers.pop(0)
        ]

    async def close(self) -> None:
        pass


def fetched(url: str, most: int = 10_000, seconds: float = 5, **options) -> bytes:
    with Bodies(Limits()).room() as room:
        return asyncio.run(fetch(url, room, most, seconds, **options))


def test_a_recording_is_fetched(site):
    assert fetched(f"{site.outside.address}/clip", permitted=permitted) == b"the clip"
    assert fetched(f"{site.outside.address}/onwards", permitted=permitted) == b"the clip"
    assert site.asked == [f"{OUTSIDE}/clip"] * 2


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1",
        "localhost",
        "[::1]",
        "[::ffff:127.0.0.1]",
        "2130706433",
        "0x7f.1",
        "0",
        "10.0.0.1",
        "169.254.169.254",
    ],
)
def test_this_machine_and_its_neighbours_are_not_asked(site, host):
    with pytest.raises(Refusal) as raised:
        fetched(f"http://{host}:{site.inside.port}/clip")
    assert raised.value.status == 400 and site.asked == []
    assert "not public" in raised.value.message or host in ("2130706433", "0")  # no host to the client's own rules


def test_a_redirect_inwards_is_not_followed(site):
    with pytest.raises(Refusal, match=f"{OUTSIDE} leads to an address that is not public"):
        fetched(f"{site.outside.address}/inwards", permitted=permitted)
    assert site.asked == []


def test_a_name_is_refused_for_any_of_its_addresses_and_asked_once(site):
    port = site.outside.port
    with pytest.raises(Refusal, match="not public"):
        fetched(f"http://clips.example:{port}/clip", permitted=permitted, resolver=Names([OUTSIDE, "127.0.0.1"]))
    assert site.asked == []
    # A name that changes its mind is not asked a second time: the connection goes to what was checked.
    names = Names([OUTSIDE], ["127.0.0.1"])
    assert fetched(f"http://clips.example:{port}/clip", permitted=permitted, resolver=names) == b"the clip"
    assert names.answers == [["127.0.0.1"]]


@pytest.mark.parametrize(
    "url", ["file:///etc/passwd", "ftp://a.example/b", "http://", "http://[x/", "//a/b", "gopher:x"]
)
def test_other_schemes_are_refused(url):
    with pytest.raises(Refusal, match="not one of http or https"):
        fetched(url)


def test_what_is_too_large_too_slow_or_leads_nowhere_is_refused(site):
    def refusal(path: str, **options) -> str:
        with pytest.raises(Refusal) as raised:
            fetched(f"{site.outside.address}{path}", permitted=permitted, **options)
        assert raised.value.status == 400
        return raised.value.message

    assert "more than 3 bytes" in refusal("/clip", most=3)
    assert "more than 5,000 bytes" in refusal("/large", most=5000)
    assert "whole after 0.2 s" in refusal("/large", most=10**9, seconds=0.2)
    assert "TooManyRedirects" in refusal("/round")


def test_nothing_is_unpacked(site):
    assert fetched(f"{site.outside.address}/zipped", permitted=permitted) == b"\x1f\x8b"
