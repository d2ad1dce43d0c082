"""What a server counts, in Prometheus' text format. Counts only: no text, no address and no key of anybody."""

from __future__ import annotations

from typing import Protocol

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest


SECONDS = (0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20, 40, 80, 160, 320)


class Queue(Protocol):
    """Who waits and who is being answered."""

    @property
    def waiting(self) -> int: ...

    @property
    def running(self) -> int: ...


class Metrics:
    """The counters of one server.

    Args:
        queue: asked for its lengths whenever the metrics are read.
    """

    def __init__(self, queue: Queue) -> None:
        self._registry = CollectorRegistry()
        self.requests = Counter(
            "audio_reasoner_requests",
            "Chat requests by the status they ended with; 499 is a client that hung up.",
            ["status"],
            registry=self._registry,
        )
        self.seconds = Histogram(
            "audio_reasoner_request_seconds",
            "From a request's arrival to the end of its answer, of those that were answered.",
            buckets=SECONDS,
            registry=self._registry,
        )
        self.first_event = Histogram(
            "audio_reasoner_first_event_seconds",
            "From a request's arrival to the first piece of its answer.",
            buckets=SECONDS,
            registry=self._registry,
        )
        self.audio = Counter("audio_reasoner_audio_seconds", "Audio that was heard.", registry=self._registry)
        self.prompt_tokens = Counter("audio_reasoner_prompt_tokens", "Tokens of prompts.", registry=self._registry)
        self.new_tokens = Counter("audio_reasoner_new_tokens", "Tokens of answers.", registry=self._registry)
        waiting = Gauge("audio_reasoner_waiting", "Requests that wait for their turn.", registry=self._registry)
        waiting.set_function(lambda: queue.waiting)
        running = Gauge("audio_reasoner_running", "Requests that are being answered.", registry=self._registry)
        running.set_function(lambda: queue.running)

    def text(self) -> bytes:
        """All of them."""
        return generate_latest(self._registry)
