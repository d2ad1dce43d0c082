"""Recordings at addresses: as people write them, whole, within bounds, and from http and https alone."""

from __future__ import annotations

import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import numpy as np
import pytest

from modeling_audio_reasoner import audio_fetching
from modeling_audio_reasoner.audio_loading import load_audio
from tests.modeling_audio_reasoner.test_audio_loading import encoded, tone


@pytest.fixture(scope="module")
def server():
    """A server on this machine that answers some paths with a recording, and some wrongly."""
    recording = encoded(tone(16000), 16000)

    class Answers(BaseHTTPRequestHandler):
        def do_GET(self):
            if self.path == "/garbage":
                self.wfile.write(b"garbage\r\n\r\n")
            elif self.path == "/elsewhere":
                self.send_response(302)
                self.send_header("Location", "ftp://127.0.0.1/a.wav")
                self.end_headers()
            elif self.path in ("/trickle", "/endless"):
                self.send_response(200)
                self.end_headers()
                piece, pause = (b"R", 0.05) if self.path == "/trickle" else (bytes(2**16), 0.0)
                try:
                    for _ in range(1000):
                        self.wfile.write(piece)
                        time.sleep(pause)
                except OSError:  # the reader has left
                    pass
            elif self.path != "/dropped":
                known = self.path in ("/a%20b.wav?x=1&y=%C3%A9", "/%C3%A9.wav", "/cut")
                self.send_response(200 if known else 404)
                self.send_header("Content-Length", str(len(recording) + (100 if self.path == "/cut" else 0)))
                self.end_headers()
                self.wfile.write(recording)

        def log_message(self, *args):
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Answers) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


@pytest.mark.parametrize("path", ["a b.wav?x=1&y=é", "a%20b.wav?x=1&y=%C3%A9", "é.wav", "é.wav#start"])
def test_addresses_as_people_write_them(server, path):
    assert np.abs(load_audio(f"{server}/{path}", 16000) - tone(16000)).max() < 1e-4


@pytest.mark.parametrize("path", ["cut", "garbage", "dropped", "nowhere.wav"])
def test_what_a_server_does_wrong_is_named(server, path):
    with pytest.raises(OSError, match=rf"^{server}/{path} could not be fetched whole \("):
        load_audio(f"{server}/{path}", 16000)


@pytest.mark.parametrize("address", ["http://127.0.0.1:1/x", "http://[::1/x", "http://", "http://127.0.0.1:port/"])
def test_addresses_that_lead_nowhere_are_named(address):
    with pytest.raises(OSError) as error:
        load_audio(address, 16000)
    assert str(error.value).startswith(f"{address} could not be fetched whole (")


def test_no_other_protocol_is_followed(server):
    with pytest.raises(OSError, match=r"/elsewhere could not be fetched whole \(.*ftp"):
        load_audio(f"{server}/elsewhere", 16000)


def test_what_is_too_large_is_left(server, monkeypatch):
    monkeypatch.setattr(audio_fetching, "LARGEST_FETCH", 2**20)
    with pytest.raises(OSError, match=r"/endless could not be fetched whole \(.*larger than 1,048,576 bytes"):
        load_audio(f"{server}/endless", 16000)


def test_what_trickles_in_is_left(server, monkeypatch):
    monkeypatch.setattr(audio_fetching, "LONGEST_FETCH", 0.2)
    with pytest.raises(OSError, match=r"/trickle could not be fetched whole \(.*bytes arrived in 0.2 s"):
        load_audio(f"{server}/trickle", 16000)
