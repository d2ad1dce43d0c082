"""One model and those who wait for it: a thread that takes the next batch of questions and answers it.

A batch that fails before it has begun is asked again one by one, so that a question which cannot be answered takes no
other with it. Knows nothing of the web.
"""

from __future__ import annotations

import logging
import math
import time
from collections.abc import Sequence
from threading import Condition, Thread
from typing import Any, Protocol

import torch

from app.serving.generation import answer_batch
from app.serving.jobs import Job
from app.serving.limits import Limits
from app.serving.refusals import Refusal


log = logging.getLogger("uvicorn.error")
LONGEST_WAIT = 60  # seconds that a client is told to wait at most


class Model(Protocol):
    """A loaded model with its processor."""

    @property
    def processor(self) -> Any: ...

    @property
    def network(self) -> Any: ...


class Engine:
    """Answers questions in batches.

    Args:
        model: what answers.
        limits: of batches, and of how many may wait.
    """

    def __init__(self, model: Model, limits: Limits) -> None:
        self._model, self._limits = model, limits
        self._waiting: list[Job] = []
        self._running: Sequence[Job] = ()
        self._changed = Condition()
        self._stopped = False
        self._usual_seconds = 1.0
        self._thread = Thread(target=self._answer_all, name="model", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Answer nobody any more; those who wait are refused, those who are being answered are cut off."""
        with self._changed:
            self._stopped = True
            jobs = [*self._waiting, *self._running]
            self._waiting.clear()
            self._changed.notify()
        for job in jobs:
            job.left.set()
            if job not in self._running:
                job.fail(Refusal(503, "The server is being stopped: try again later.", code="stopping", retry_after=5))
        self._thread.join()

    @property
    def is_ready(self) -> bool:
        return self._thread.is_alive() and not self._stopped

    @property
    def waiting(self) -> int:
        """Questions that wait for their turn."""
        return len(self._waiting)

    @property
    def running(self) -> int:
        """Questions that are being answered."""
        return sum(not job.answer.done() for job in self._running)

    def check_room(self) -> None:
        """Refuse a question for which there is no room, before it is read.

        Raises:
            Refusal: too many wait (503).
        """
        if not self.is_ready:
            raise Refusal(503, "The server is being stopped: try again later.", code="stopping", retry_after=5)
        if self.waiting >= self._limits.waiting:
            seconds = math.ceil(self._usual_seconds * (1 + self.waiting / self._limits.batch))
            raise Refusal(
                503,
                f"{self.waiting} requests wait already, which is all that this server lets wait: try again later.",
                code="overloaded",
                retry_after=min(max(seconds, 1), LONGEST_WAIT),
            )

    def submit(self, job: Job) -> None:
        """Put a question at the end of those that wait.

        Raises:
            Refusal: too many wait (503).
        """
        with self._changed:
            self.check_room()
            self._waiting.append(job)
            self._changed.notify()

    def leave(self, job: Job) -> None:
        """Nobody waits for this answer any more: its place is free at once, or after its next token."""
        job.left.set()
        with self._changed:
            if job in self._waiting:
                self._waiting.remove(job)

    def _answer_all(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._waiting or self._stopped)
                if self._stopped:
                    return
                self._running = self._next_batch()
            began = time.monotonic()
            self._answer(self._running)
            self._usual_seconds += 0.2 * (time.monotonic() - began - self._usual_seconds)
            self._running = ()

    def _next_batch(self) -> list[Job]:
        """Who waits longest, and others in their order who can be answered together with that one."""
        first = self._waiting[0]
        batch: list[Job] = []
        for job in self._waiting:
            together = [*batch, job]
            tokens = len(together) * (
                max(each.prompt_tokens for each in together) + max(each.new_tokens for each in together)
            )
            alike = job is first or job.sampling == first.sampling and job.sampling.seed is None
            if alike and len(batch) < self._limits.batch and (job is first or tokens <= self._limits.batch_tokens):
                batch.append(job)
        self._waiting = [job for job in self._waiting if job not in batch]
        return batch

    def _answer(self, jobs: Sequence[Job]) -> None:
        try:
            answer_batch(self._model.network, self._model.processor, jobs)
        except Exception as error:
            log.exception("A batch of %d could not be answered.", len(jobs))
            if torch.cuda.is_available():
                torch.cuda.empty_cache()
            for job in jobs:
                if job.answer.done() or job.left.is_set():
                    continue
                if len(jobs) > 1 and not job.begun:
                    self._answer([job])
                else:
                    job.fail(_failure(error))


def _failure(error: Exception) -> Refusal:
    if isinstance(error, torch.OutOfMemoryError):
        return Refusal(
            503, "The model ran out of memory: ask about a shorter recording.", code="out_of_memory", retry_after=5
        )
    return Refusal(500, "The model failed at this request, as the server's log says in full.", code="model_failed")
