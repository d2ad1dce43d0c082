"""Which of the waiting requests are answered together: those of like length, the one that waits longest among them."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Request:
    """A conversation that waits for its answer.

    Attributes:
        messages: its messages, as a chat template takes them; an audio part has "name" in place of the file.
        blobs: the audio files, in the order of the parts.
        options: of `generate`; requests with others are not answered together.
        number: counts requests in the order in which they came.
        answer: what it waits for.
    """

    messages: list[dict[str, Any]]
    blobs: tuple[bytes, ...]
    options: tuple[tuple[str, Any], ...]
    number: int
    answer: Future[dict[str, Any]] = field(default_factory=Future, compare=False)

    @property
    def length(self) -> tuple[int, int]:
        """What a batch is formed by: bytes of audio, then characters of text."""
        text = sum(
            len(part.get("text") or "")
            for message in self.messages
            for part in ([{"text": message["content"]}] if isinstance(message["content"], str) else message["content"])
        )
        return sum(map(len, self.blobs)), text


def next_batch(waiting: Sequence[Request], size: int) -> list[Request]:
    """At most `size` of the waiting requests: with the options of the oldest one, and nearest to it in length.

    The oldest is always among them, so that none waits for ever while others come.

    Raises:
        ValueError: nothing waits.
    """
    if not waiting:
        raise ValueError("no request waits: ask again when one does.")
    oldest = min(waiting, key=lambda request: request.number)
    alike = sorted(
        (request for request in waiting if request.options == oldest.options),
        key=lambda request: (request.length, request.number),
    )
    place = alike.index(oldest)
    # Whole batches from the longest down, so that what is left over for last are the shortest.
    stop = len(alike) - (len(alike) - 1 - place) // size * size
    return alike[max(0, stop - size) : stop]
