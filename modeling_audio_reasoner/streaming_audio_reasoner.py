"""Typed events while the model generates: a section opens, its text arrives, it closes.

Decodes tokens as they come, by the streamer interface of transformers; knows the grammar of an answer, not the model.
"""

from __future__ import annotations

import asyncio
import queue
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from typing import Any, Literal

from transformers.generation.streamers import BaseStreamer

from .reasoning_audio_reasoner import SECTIONS, TAGS


@dataclass(frozen=True)
class ReasoningEvent:
    """`opened` and `closed` name a section; `text` carries a piece of the section's text.

    `section` is None for text that stands outside every section: the answer is then not well-formed.
    """

    kind: Literal["opened", "text", "closed"]
    section: str | None
    text: str = ""


class ReasoningStreamer(BaseStreamer):
    """Pass it to `generate(..., streamer=...)` in one thread and iterate over it in another.

    Text is held back only while it could still turn out to be a tag or an unfinished character. Iteration ends when
    generation ends; with a failure in the generating thread, call `end()` from it, or iteration waits for `timeout`
    seconds and raises `queue.Empty`.
    """

    def __init__(self, tokenizer: Any, timeout: float | None = None) -> None:
        self._tokenizer = tokenizer
        self._timeout = timeout
        self._events: queue.Queue[ReasoningEvent | None] = queue.Queue()
        self._start()

    def _start(self) -> None:
        """Wait for a prompt."""
        self._tokens: list[int] = []
        self._shown = 0
        self._context = 0
        self._pending = ""
        self._section: str | None = None
        self._prompt_seen = False

    def put(self, value: Any) -> None:
        """Take the prompt (first call, ignored) and then one token at a time; batches of one only.

        Raises:
            ValueError: the batch holds more than one sequence.
        """
        if value.ndim > 1 and value.shape[0] > 1:
            raise ValueError(f"ReasoningStreamer takes a batch of one sequence, got {value.shape[0]}.")
        if not self._prompt_seen:
            self._prompt_seen = True
            return
        self._tokens.extend(value.reshape(-1).tolist())
        # A token's text may depend on the one before it (a space), so the text shown last is decoded again with it.
        shown = self._decode(self._tokens[self._context : self._shown])
        decoded = self._decode(self._tokens[self._context :])
        if not decoded.endswith("\ufffd"):
            self._context, self._shown = self._shown, len(self._tokens)
            self._feed(decoded[len(shown) :])

    def end(self) -> None:
        """Flush what was held back, an unfinished character too, and end the iteration."""
        if self._shown < len(self._tokens):
            shown = self._decode(self._tokens[self._context : self._shown])
            self._feed(self._decode(self._tokens[self._context :])[len(shown) :])
        if self._pending:
            self._emit("text", self._pending)
        self._start()
        self._deliver(None)

    def __iter__(self) -> Iterator[ReasoningEvent]:
        while (event := self._events.get(timeout=self._timeout)) is not None:
            yield event

    def _decode(self, tokens: list[int]) -> str:
        return self._tokenizer.decode(tokens, skip_special_tokens=True)

    def _deliver(self, event: ReasoningEvent | None) -> None:
        """Hand an event, or the end, to whoever iterates."""
        self._events.put(event)

    def _feed(self, text: str) -> None:
        self._pending += text
        while self._pending:
            position = self._pending.find("<")
            if position < 0:
                position = len(self._pending)
            if position:
                self._emit("text", self._pending[:position])
                self._pending = self._pending[position:]
                continue
            tag = next((tag for tag in TAGS if self._pending.startswith(tag)), None)
            if tag:
                self._pending = self._pending[len(tag) :]
                self._read_tag(tag)
            elif any(tag.startswith(self._pending) for tag in TAGS):
                return
            else:
                self._emit("text", self._pending[0])
                self._pending = self._pending[1:]

    def _read_tag(self, tag: str) -> None:
        name = tag.strip("</>").lower()
        if name not in SECTIONS:
            return
        if tag.startswith("</"):
            self._emit("closed", "", name)
            self._section = None
        else:
            self._section = name
            self._emit("opened", "", name)

    def _emit(self, kind: Literal["opened", "text", "closed"], text: str, section: str | None = None) -> None:
        if kind == "text" and self._section is None and not text.strip():
            return
        self._deliver(ReasoningEvent(kind, section or self._section, text))


class AsyncReasoningStreamer(ReasoningStreamer):
    """As [`ReasoningStreamer`], for `async for` in an event loop while `generate` runs in a thread.

    Make it inside the running loop. With a failure in the generating thread, call `end()` from it, or iteration waits
    for `timeout` seconds and raises `asyncio.TimeoutError`.

    Raises:
        RuntimeError: no event loop is running.
    """

    def __init__(self, tokenizer: Any, timeout: float | None = None) -> None:
        super().__init__(tokenizer, timeout)
        self._loop = asyncio.get_running_loop()
        self._arrived: asyncio.Queue[ReasoningEvent | None] = asyncio.Queue()

    def __iter__(self) -> Iterator[ReasoningEvent]:
        raise TypeError(
            "AsyncReasoningStreamer is iterated over with `async for`; for `for` there is ReasoningStreamer."
        )

    async def __aiter__(self) -> AsyncIterator[ReasoningEvent]:
        while (event := await asyncio.wait_for(self._arrived.get(), self._timeout)) is not None:
            yield event

    def _deliver(self, event: ReasoningEvent | None) -> None:
        self._loop.call_soon_threadsafe(self._arrived.put_nowait, event)
