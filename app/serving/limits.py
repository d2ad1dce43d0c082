"""What one server takes: sizes, lengths, numbers and times, with what they are where nobody says otherwise."""

from __future__ import annotations

from dataclasses import dataclass, fields


MOST_RECORDINGS = 32
"""Recordings in one request."""
MOST_SAMPLES = 64_000_000
"""Samples of one recording at its own rate, all channels together: 256 MB once it is decoded."""
CHARACTERS_A_TOKEN = 20
"""A text of more characters for each token of a prompt is refused before it is tokenized."""
BODIES_IN_HAND = 8
"""How many of the largest bodies may be in memory at once, in bytes."""


@dataclass(frozen=True)
class Limits:
    """Every field is a number of at least 1.

    Args:
        request_bytes: of a body, whether or not its length is said beforehand; and of what its addresses bring.
        audio_seconds: of all recordings of a request.
        prompt_tokens: of a prompt, with a token for every 40 ms of audio.
        new_tokens: of an answer, its sections together.
        batch: requests that are answered together.
        batch_tokens: prompts and answers of these together, each as long as the longest.
        waiting: requests that wait for their turn.
        requests_per_minute: of one client, in any minute; as many may come at once.
        timeout: seconds from a request's arrival to the end of its answer.
        upload_timeout: seconds in which a body has to arrive.
        header_timeout: seconds in which the head of a request has to arrive.
        fetch_timeout: seconds in which a recording has to arrive from an address.
    """

    request_bytes: int = 32 * 2**20
    audio_seconds: float = 300
    prompt_tokens: int = 10_000
    new_tokens: int = 2048
    batch: int = 8
    batch_tokens: int = 32_768
    waiting: int = 32
    requests_per_minute: int = 120
    timeout: float = 300
    upload_timeout: float = 60
    header_timeout: float = 10
    fetch_timeout: float = 20

    def __post_init__(self) -> None:
        for field in fields(self):
            value = getattr(self, field.name)
            if not value > 0:
                raise ValueError(f"The limit {field.name} is {value}: give a number above 0.")
