"""What `audio-reasoner serve` holds: many clients at once, streams, and hostile uploads among them.

    python benchmarks/bench_serve.py [--model demo/model] [--clients 1 4 16] [--seconds 12]

Needs `make demo`. The server runs in a process of its own. Each client asks about a recording, reads the stream to its
end and asks again; its answer is held against what the server says when it is asked alone. In a last round others send
what is broken, far too long or too large at the same time. Writes benchmarks/results/serve.json.
"""

from __future__ import annotations

import argparse
import base64
import io
import json
import platform
import socket
import statistics
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import openai
import soundfile
from measuring import RESULTS


ROOT = Path(__file__).parent.parent
PARTS = (0.5, 0.7, 0.85, 1.0)
"""How much of the recording each question is about, so that the prompts of a batch differ in length."""


@dataclass(frozen=True)
class Round:
    """What one round of clients found; times in seconds."""

    clients: int
    hostile: int
    requests_per_second: float
    first_event_p50: float
    first_event_p95: float
    whole_p50: float
    whole_p95: float
    answered: int
    other_answers: int
    refused: int


@contextmanager
def served(model: Path) -> Iterator[str]:
    """The address of a server of the model."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port = found.getsockname()[1]
    command = [sys.executable, "-m", "app.main", "serve", str(model), "--port", str(port), "--name", "model"]
    process = subprocess.Popen(
        [*command, "--requests-per-minute", "1000000", "--waiting", "64"],
        cwd=ROOT,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    address = f"http://127.0.0.1:{port}"
    try:
        while True:
            try:
                urllib.request.urlopen(f"{address}/health", timeout=1)
                break
            except OSError:
                if process.poll() is not None:
                    raise SystemExit(f"The server of {model} ended before it answered.") from None
                time.sleep(0.2)
        yield address
    finally:
        process.terminate()
        process.wait(30)


def questions(recording: Path, text: str) -> list[list[dict]]:
    """Messages about parts of a recording."""
    waveform, rate = soundfile.read(recording, dtype="float32")
    made = []
    for part in PARTS:
        file = io.BytesIO()
        soundfile.write(file, waveform[: round(part * len(waveform))], rate, format="FLAC")
        sound = {"data": base64.b64encode(file.getvalue()).decode(), "format": "flac"}
        parts = [{"type": "input_audio", "input_audio": sound}, {"type": "text", "text": text}]
        made.append([{"role": "user", "content": parts}])
    return made


def hostile_bodies() -> list[bytes]:
    """Requests that are refused: broken, ten minutes of silence in few bytes, cut off, and 100 MB of nothing."""
    silent, noisy = io.BytesIO(), io.BytesIO()
    soundfile.write(silent, np.zeros(600 * 16_000, dtype=np.int16), 16_000, format="FLAC")
    soundfile.write(noisy, np.random.default_rng(0).uniform(-1, 1, 160_000), 16_000, format="FLAC")
    bodies = []
    for file in (b"MZ" * 10_000, silent.getvalue(), noisy.getvalue()[:-50_000]):
        sound = {"data": base64.b64encode(file).decode(), "format": "flac"}
        message = {"role": "user", "content": [{"type": "input_audio", "input_audio": sound}]}
        bodies.append(json.dumps({"model": "model", "messages": [message]}).encode())
    return [*bodies, b" " * 100_000_000]


def send(address: str, body: bytes) -> int:
    """The status of an answer to a body; 0 where the connection was closed on it."""
    request = urllib.request.Request(
        f"{address}/v1/chat/completions", body, {"Content-Type": "application/json"}, method="POST"
    )
    try:
        return int(urllib.request.urlopen(request, timeout=60).status)
    except urllib.error.HTTPError as error:
        return error.code
    except OSError:
        return 0


def ask(client: openai.OpenAI, messages: list[dict]) -> tuple[str, float, float]:
    """The thinking and the response of an answer, and the seconds to its first piece and to its end."""
    began = time.perf_counter()
    first, written = 0.0, ""
    for chunk in client.chat.completions.create(model="model", messages=messages, stream=True, max_tokens=200):
        delta = chunk.choices[0].delta
        piece = (getattr(delta, "reasoning_content", None) or "") + (delta.content or "")
        if piece and not first:
            first = time.perf_counter() - began
        written += piece
    return written, first, time.perf_counter() - began


def measured(
    address: str, prompts: list[list[dict]], alone: list[str], clients: int, hostile: int, seconds: float
) -> Round:
    """Clients that ask for so many seconds, with so many hostile ones beside them."""
    client = openai.OpenAI(base_url=f"{address}/v1", api_key="none", max_retries=0, timeout=120)
    ends = time.perf_counter() + seconds

    def good(number: int) -> list[tuple[bool, float, float]]:
        found = []
        while time.perf_counter() < ends:
            place = (number + len(found)) % len(prompts)
            written, first, whole = ask(client, prompts[place])
            found.append((written == alone[place], first, whole))
        return found

    def bad(number: int) -> int:
        sent = 0
        while time.perf_counter() < ends:
            status = send(address, bodies[(number + sent) % len(bodies)])
            if status == 200:
                raise SystemExit("A hostile request was answered.")
            sent += 1
        return sent

    bodies = hostile_bodies() if hostile else []
    began = time.perf_counter()
    with ThreadPoolExecutor(clients + hostile) as pool:
        asking = [pool.submit(good, number) for number in range(clients)]
        attacking = [pool.submit(bad, number) for number in range(hostile)]
        found = [each for one in asking for each in one.result()]
        took = time.perf_counter() - began
        refused = sum(one.result() for one in attacking)
    firsts, wholes = [first for _, first, _ in found], [whole for _, _, whole in found]
    return Round(
        clients=clients,
        hostile=hostile,
        requests_per_second=round(len(found) / took, 2),
        first_event_p50=_percentile(firsts, 50),
        first_event_p95=_percentile(firsts, 95),
        whole_p50=_percentile(wholes, 50),
        whole_p95=_percentile(wholes, 95),
        answered=len(found),
        other_answers=sum(not same for same, _, _ in found),
        refused=refused,
    )


def _percentile(values: list[float], which: int) -> float:
    ordered: Callable[..., list[float]] = statistics.quantiles
    return round(ordered(values, n=100, method="inclusive")[which - 1] if len(values) > 1 else values[0], 3)


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--model", type=Path, default=ROOT / "demo" / "model", help="a model folder")
    parser.add_argument("--clients", type=int, nargs="+", default=[1, 4, 16], help="at once, round by round")
    parser.add_argument("--seconds", type=float, default=12, help="of each round")
    arguments = parser.parse_args()
    recording = arguments.model.parent / "held_out.flac"
    if not (arguments.model / "config.json").is_file() or not recording.is_file():
        print(f"{arguments.model} or {recording} is not there, so nothing is measured: run `make demo` first.")
        return
    prompts = questions(recording, recording.with_suffix(".txt").read_text(encoding="utf-8").strip())
    rounds = []
    with served(arguments.model) as address:
        client = openai.OpenAI(base_url=f"{address}/v1", api_key="none", timeout=120)
        alone = [ask(client, messages)[0] for messages in prompts]
        plan = [(clients, 0) for clients in arguments.clients] + [(arguments.clients[-1], 4)]
        print("clients  hostile  requests/s  first event p50  p95     whole p50  p95     answered  other  refused")
        for clients, hostile in plan:
            found = measured(address, prompts, alone, clients, hostile, arguments.seconds)
            rounds.append(found)
            times = (found.first_event_p50, found.first_event_p95, found.whole_p50, found.whole_p95)
            print(
                f"{clients:7}  {hostile:7}  {found.requests_per_second:10.2f}  "
                + "  ".join(f"{each:{width}.3f} s" for each, width in zip(times, (13, 5, 7, 5), strict=True))
                + f"  {found.answered:8}  {found.other_answers:5}  {found.refused:7}"
            )
    machine = {"machine": platform.machine(), "python": platform.python_version()}
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / "serve.json").write_text(
        json.dumps({**machine, "seconds": arguments.seconds, "rounds": [asdict(each) for each in rounds]}, indent=1)
        + "\n",
        encoding="utf-8",
    )


if __name__ == "__main__":
    main()
