"""One question on its way through the server: what is to be answered, its events as they come, and its answer."""

from __future__ import annotations

import time
from concurrent.futures import Future
from dataclasses import dataclass, field
from threading import Event
from typing import Any


@dataclass(frozen=True)
class Sampling:
    """How tokens are chosen; requests that differ in it are not answered together, nor any two with a seed."""

    temperature: float = 0.0
    top_p: float = 1.0
    seed: int | None = None

    def options(self) -> dict[str, Any]:
        """Arguments of `generate`."""
        if self.temperature == 0:
            return {"do_sample": False}
        return {"do_sample": True, "temperature": self.temperature, "top_p": self.top_p}


@dataclass(frozen=True)
class Answer:
    """What the model wrote.

    Args:
        reasoning: its sections, as the model's own `parse_reasoning` gives them.
        tokens: how many it has.
        finish_reason: `stop`, or `length` where the limit cut it off.
    """

    reasoning: Any
    tokens: int
    finish_reason: str


@dataclass(eq=False)
class Job:
    """A prepared question.

    Args:
        messages: with recordings as waveforms.
        prompt_tokens: of the prompt with its recordings.
        audio_seconds: of the recordings.
        new_tokens: at most so many are written.
        budgets: tokens by section.
        sampling: how they are chosen.
        streamer: an `async_reasoning_streamer` of the processor, whose events the client's side reads.
        answer: set once it has ended; its exception where it failed.
        left: set by the client's side once nobody waits any more.
        begun: whether a token has been written.
    """

    messages: list[dict[str, Any]]
    prompt_tokens: int
    audio_seconds: float
    new_tokens: int
    budgets: dict[str, int]
    sampling: Sampling
    streamer: Any
    answer: Future[Answer] = field(default_factory=Future)
    left: Event = field(default_factory=Event)
    begun: bool = False
    arrived: float = field(default_factory=time.monotonic)

    @property
    def longest(self) -> int:
        """Tokens of prompt and answer together, at most."""
        return self.prompt_tokens + self.new_tokens

    def fail(self, error: Exception) -> None:
        """End it without an answer."""
        if not self.answer.done():
            self.answer.set_exception(error)
        self.streamer.end()
