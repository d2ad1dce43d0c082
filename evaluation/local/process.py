"""The answering process: started once, given batches, ended with its owner. Knows nothing of inspect."""

from __future__ import annotations

import atexit
import json
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from evaluation.local.batches import Request, next_batch
from evaluation.local.isolation import installed_packages, isolated_environment, link_packages


WORKER = Path(__file__).with_name("worker.py")
GATHER = 0.5
"""Seconds without a further request after which those that wait are answered, should they be no whole batch."""
ENDING = 10.0
"""Seconds that the process has to end by itself."""


class ModelStopped(RuntimeError):
    """The process cannot answer: it refused the folder, found that the model was deaf, or was killed."""


class AnsweringProcess:
    """A model folder in a process of its own, which answers requests in batches of like length.

    Args:
        model: the model folder.
        batch_size: conversations a batch at most.
        ahead: requests that are expected at once; a batch is formed when as many wait, or none comes any more.
    """

    def __init__(self, model: Path, batch_size: int, ahead: int) -> None:
        if not (model / "config.json").is_file():
            raise ValueError(
                f"{model}: not a model folder, it has no config.json; give the folder of a trained model."
            )
        self.model, self.batch_size, self.ahead = model, batch_size, ahead
        self.facts: dict[str, Any] = {}
        self.child: subprocess.Popen[bytes] | None = None
        """The process, once it is started."""
        self._waiting: list[Request] = []
        self._came = threading.Condition()
        self._counted = 0
        self._stopping = False
        self._failure: str | None = None
        self._last = 0.0
        self._thread: threading.Thread | None = None

    def submit(self, messages: list[dict[str, Any]], blobs: tuple[bytes, ...], options: Mapping[str, Any]) -> Request:
        """Let a conversation wait for its answer: what `worker.Answering.answer` says, and its share of "seconds"."""
        with self._came:
            if self._failure is not None:
                raise ModelStopped(self._failure)
            request = Request(messages, blobs, tuple(sorted(options.items())), self._counted)
            self._counted += 1
            self._waiting.append(request)
            self._last = time.monotonic()
            self._came.notify_all()
        self.start()
        return request

    def start(self) -> None:
        """Let the process load the model now, before anything is asked, should it not do so already."""
        with self._came:
            if self._thread is not None:
                return
            self._thread = threading.Thread(target=self._run, name="answering", daemon=True)
            # inspect keeps a model for the next task and closes none: its folder would be left behind.
            atexit.register(self.close)
            self._thread.start()

    def close(self) -> None:
        """End the process; what waits gets an error. A batch that is being answered is not waited for."""
        with self._came:
            self._stopping = True
            if self.child is not None and not self.facts:
                self.child.kill()  # a model that is still being loaded is not waited for
            self._came.notify_all()
        if self._thread is not None:
            self._thread.join(ENDING)
            if self._thread.is_alive() and self.child is not None:
                self.child.kill()
            self._thread.join()

    def _run(self) -> None:
        try:
            self._answer_all()
        except BaseException as error:
            self._fail(str(error) or type(error).__name__)
        else:
            self._fail(f"{self.model}: the answering process was ended.")

    def _fail(self, reason: str) -> None:
        with self._came:
            self._failure, left = reason, self._waiting
            self._waiting = []
        for request in left:
            if request.answer.set_running_or_notify_cancel():
                request.answer.set_exception(ModelStopped(reason))

    def _answer_all(self) -> None:
        with _scratch() as place, _Worker(self.model, place) as worker:
            with self._came:
                self.child = worker.process
                if self._stopping:
                    self.child.kill()
                    return
            self.facts = worker.loaded()
            while (batch := self._gathered()) is not None:
                try:
                    answers, seconds = worker.answer(batch)
                except BaseException as error:
                    for request in batch:
                        request.answer.set_exception(ModelStopped(str(error) or type(error).__name__))
                    raise
                for request, answer in zip(batch, answers, strict=True):
                    answer["seconds"] = seconds / len(batch)
                    if "error" in answer:
                        request.answer.set_exception(ValueError(answer["error"]))
                    else:
                        request.answer.set_result(answer)

    def _gathered(self) -> list[Request] | None:
        """The next batch, once no further request comes for a moment; None where there will be none."""
        with self._came:
            while True:
                if self._stopping:
                    return None
                quiet = time.monotonic() - self._last
                if self._waiting and (len(self._waiting) >= self.ahead or quiet >= GATHER):
                    batch = next_batch(self._waiting, self.batch_size)
                    taken = {request.number for request in batch}
                    self._waiting = [request for request in self._waiting if request.number not in taken]
                    if asked := [request for request in batch if request.answer.set_running_or_notify_cancel()]:
                        return asked
                    continue
                self._came.wait(GATHER - quiet if self._waiting else None)


@contextmanager
def _scratch() -> Iterator[Path]:
    """A folder for the time of the process; tempfile's own would be removed at exit while it is still being filled."""
    place = Path(tempfile.mkdtemp(prefix="audio-reasoner-"))
    try:
        yield place
    finally:
        shutil.rmtree(place)


class _Worker:
    """The process and the socket to it."""

    def __init__(self, model: Path, scratch: Path) -> None:
        self.model, self.scratch = model, scratch

    def __enter__(self) -> _Worker:
        packages = link_packages(self.scratch / "packages", installed_packages())
        (empty := self.scratch / "empty").mkdir()
        ours, theirs = socket.socketpair()
        command = [sys.executable, "-I", "-S", str(WORKER.resolve()), "--packages", str(packages)]
        command += ["--model", str(self.model.resolve()), "--socket", str(theirs.fileno())]
        self.errors = (self.scratch / "stderr.txt").open("w+", encoding="utf-8", errors="replace")
        with theirs:
            self.process = subprocess.Popen(
                command,
                cwd=empty,
                env=isolated_environment(self.scratch),
                pass_fds=[theirs.fileno()],
                stdin=subprocess.DEVNULL,
                stdout=self.errors,
                stderr=self.errors,
            )
        self.connection = Connection(ours.detach())
        return self

    def loaded(self) -> dict[str, Any]:
        """What the process says of the model, once it has loaded it."""
        facts: dict[str, Any] = self._told()["loaded"]
        return facts

    def answer(self, batch: list[Request]) -> tuple[list[dict[str, Any]], float]:
        """The answers of a batch, and the seconds that they took."""
        head = {"conversations": [request.messages for request in batch], "options": dict(batch[0].options)}
        try:
            self.connection.send_bytes(json.dumps(head).encode())
            for request in batch:
                for blob in request.blobs:
                    self.connection.send_bytes(blob)
        except OSError:
            raise ModelStopped(self._last_words()) from None
        told = self._told()
        return told["answers"], told["seconds"]

    def _told(self) -> dict[str, Any]:
        try:
            told = json.loads(self.connection.recv_bytes())
        except (EOFError, OSError):
            raise ModelStopped(self._last_words()) from None
        if "fatal" in told:
            raise ModelStopped(f"{self.model}: {told['fatal']}")
        return told

    def _last_words(self) -> str:
        """One sentence for a process that ended without giving its reason."""
        status = self.process.wait()
        if status < 0:
            return f"{self.model}: the answering process was ended by signal {-status}; try a smaller batch size."
        self.errors.seek(0)
        said = [line.strip() for line in self.errors.read().splitlines() if line.strip()]
        return f"{self.model}: the answering process failed ({said[-1] if said else f'exit status {status}'})."

    def __exit__(self, *exception: object) -> None:
        self.connection.close()
        try:
            self.process.wait(ENDING)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.errors.close()
