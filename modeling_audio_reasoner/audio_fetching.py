"""Fetches a recording from an address of http or https: whole, and neither without end nor for ever.

Knows nothing of audio. It asks whatever address its caller names, the machine's own neighbours too: a server that
takes addresses from strangers checks them first.
"""

from __future__ import annotations

import time
import urllib.request
from http.client import HTTPException, IncompleteRead
from typing import Any
from urllib.parse import quote


LARGEST_FETCH = 2**28
"""Bytes: ten minutes in stereo at 48 kHz and 32 bits take 220 MiB."""
LONGEST_FETCH = 120.0
"""Seconds in which they arrive."""
LONGEST_PAUSE = 30.0
"""Seconds in which a server sends nothing."""


def fetch(url: str) -> bytes:
    """The body of what a server answers; spaces and letters beyond ASCII may stand in the address as they are.

    Raises:
        OSError: there is no such address, it leads to one that is not of http or https, or what it sends breaks off,
            is larger than `LARGEST_FETCH` or takes longer than `LONGEST_FETCH`. Names the address.
    """
    try:
        with _opener().open(quote(url, safe="!#$%&'()*+,/:;=?@[]~"), timeout=LONGEST_PAUSE) as reply:
            return _body(reply)
    except (OSError, HTTPException, ValueError) as error:
        reason = f"{type(error).__name__}: {error}".rstrip(": \n")
        raise OSError(f"{url} could not be fetched whole ({reason}): check the address and the server.") from None


def _opener() -> urllib.request.OpenerDirector:
    """Asks http and https alone, wherever a server leads on to; urllib's own would follow to ftp."""
    opener = urllib.request.OpenerDirector()
    for handler in (
        urllib.request.ProxyHandler,
        urllib.request.HTTPHandler,
        urllib.request.HTTPSHandler,
        urllib.request.HTTPDefaultErrorHandler,
        urllib.request.HTTPErrorProcessor,
        urllib.request.HTTPRedirectHandler,
        urllib.request.UnknownHandler,
    ):
        opener.add_handler(handler())
    return opener


def _body(reply: Any) -> bytes:
    """What a server sends, as it arrives: neither without end nor for ever.

    Raises:
        OSError: it is larger than `LARGEST_FETCH`, or has not arrived after `LONGEST_FETCH`.
        IncompleteRead: the connection ended before.
    """
    announced = reply.headers.get("Content-Length", "")
    size, body, deadline = 0, [], time.monotonic() + LONGEST_FETCH
    while piece := reply.read1(2**16):
        size += len(piece)
        body.append(piece)
        if size > LARGEST_FETCH:
            raise OSError(f"it is larger than {LARGEST_FETCH:,} bytes")
        if time.monotonic() > deadline:
            raise OSError(f"{size:,} bytes arrived in {LONGEST_FETCH:g} s")
    if announced.isdecimal() and size < int(announced):
        raise IncompleteRead(b"".join(body), int(announced) - size)
    return b"".join(body)


__all__ = ["fetch"]
