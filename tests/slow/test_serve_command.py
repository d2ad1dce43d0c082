"""`audio-reasoner serve` as a user types it: it says where it answers, answers, keeps its key to itself, and stops."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import urllib.request

import openai
import pytest

from tests.app.serving.conftest import asked, encoded, noise, until
from tests.evaluation.conftest import write_tiny_model


KEY = "sk-of-the-slow-test-0987654321"


@pytest.fixture
def port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return found.getsockname()[1]


def started(*arguments: str, log, key: str | None = KEY) -> subprocess.Popen:
    environment = {name: value for name, value in os.environ.items() if name != "AUDIO_REASONER_API_KEY"}
    if key is not None:
        environment["AUDIO_REASONER_API_KEY"] = key
    command = [sys.executable, "-m", "app.main", "serve", *arguments]
    return subprocess.Popen(command, stdout=log, stderr=log, env=environment)


def test_the_command_serves_until_it_is_interrupted(tmp_path, port):
    folder = write_tiny_model(tmp_path / "listener")
    log = tmp_path / "log"
    with log.open("w") as file:
        process = started(str(folder), "--port", str(port), log=file)

    def ready() -> bool:
        assert process.poll() is None, log.read_text()
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{port}/health", timeout=1)
        except OSError:
            return False
        return True

    try:
        until(ready, 120)
        client = openai.OpenAI(base_url=f"http://127.0.0.1:{port}/v1", api_key=KEY, max_retries=0)
        chunks = list(client.chat.completions.create(**asked(encoded(noise(1.0)), stream=True)))
        assert chunks[-1].choices[0].delta.reasoning_complete is True
        with pytest.raises(openai.AuthenticationError):
            client.with_options(api_key="another").models.list()
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(60)
    written = log.read_text()
    assert f"listener answers at http://127.0.0.1:{port}/v1, to this machine alone, with the key in" in written
    assert KEY not in written and "another" not in written and "Traceback" not in written
    assert not re.search(r"Anybody who reaches it", written)


def test_what_cannot_be_served_is_one_sentence(tmp_path, port):
    def said(*arguments: str, key: str | None = None) -> str:
        with (tmp_path / "log").open("w") as file:
            assert started(*arguments, log=file, key=key).wait(120) == 1
        return (tmp_path / "log").read_text()

    assert "does not exist" in said(str(tmp_path / "nothing"))
    assert "AUDIO_REASONER_API_KEY is set to nothing" in said(str(tmp_path), key=" ")
    with socket.create_server(("127.0.0.1", port)):
        assert f"127.0.0.1:{port} cannot be served at (Address already in use)" in said("any", "--port", str(port))
