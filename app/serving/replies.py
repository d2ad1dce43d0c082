"""An answer in OpenAI's form, whole or piece by piece: `content` is the response alone, the thinking stands beside it.

`reasoning_content` is the thinking as one text, under the name that vLLM and DeepSeek's API have for it;
`reasoning_sections` is the same by section. Pieces put together are the whole.
"""

from __future__ import annotations

import json
import time
import uuid
from collections.abc import Mapping
from typing import Any

from app.serving.conversations import THINKING
from app.serving.jobs import Answer


BETWEEN = "\n\n"
"""What stands between two sections of `reasoning_content`."""


def usage(prompt_tokens: int, tokens: int) -> dict[str, int]:
    return {"prompt_tokens": prompt_tokens, "completion_tokens": tokens, "total_tokens": prompt_tokens + tokens}


def completion(model: str, answer: Answer, prompt_tokens: int) -> dict[str, Any]:
    """A whole answer."""
    reasoning = answer.reasoning
    sections = {name: text for name in THINKING if (text := getattr(reasoning, name)) is not None}
    message = {
        "role": "assistant",
        "content": reasoning.response or "",
        "reasoning_content": BETWEEN.join(text for text in sections.values() if text),
        "reasoning_sections": sections,
        **_structure(reasoning),
    }
    return {
        "id": _name(),
        "object": "chat.completion",
        "created": int(time.time()),
        "model": model,
        "choices": [{"index": 0, "message": message, "finish_reason": answer.finish_reason, "logprobs": None}],
        "usage": usage(prompt_tokens, answer.tokens),
    }


def _structure(reasoning: Any) -> dict[str, Any]:
    return {"reasoning_complete": reasoning.complete, "reasoning_problems": list(reasoning.problems)}


def _name() -> str:
    return f"chatcmpl-{uuid.uuid4().hex}"


class Pieces:
    """The chunks of one streamed answer.

    Args:
        model: its name.
        with_usage: whether a last chunk counts the tokens.
    """

    def __init__(self, model: str, with_usage: bool) -> None:
        self._head = {
            "id": _name(),
            "object": "chat.completion.chunk",
            "created": int(time.time()),
            "model": model,
        }
        self._with_usage = with_usage
        self._section: str | None = None
        self._space = ""
        self._section_begun = self._thinking_begun = False

    def first(self) -> dict[str, Any]:
        return self._chunk({"role": "assistant", "content": ""})

    def of(self, event: Any) -> dict[str, Any] | None:
        """The chunk for an event of the model's streamer; None where it says nothing new.

        White space around a section is left out, as in the whole answer.
        """
        if event.section != self._section:
            self._section, self._space, self._section_begun = event.section, "", False
        if event.kind != "text":
            return None
        text = self._space + event.text if self._section_begun else event.text.lstrip()
        shown = text.rstrip()
        self._space = text[len(shown) :]
        if not shown:
            return None
        opens, self._section_begun = not self._section_begun, True
        if self._section == "response":
            return self._chunk({"content": shown})
        between = BETWEEN if opens and self._thinking_begun else ""
        self._thinking_begun = True
        sections = {} if self._section is None else {"reasoning_sections": {self._section: shown}}
        return self._chunk({"reasoning_content": between + shown, **sections})

    def last(self, answer: Answer, prompt_tokens: int) -> list[dict[str, Any]]:
        """The chunk that says why the answer ended and whether it is whole, and the numbers of tokens if asked for."""
        ended = self._chunk(_structure(answer.reasoning), answer.finish_reason)
        if not self._with_usage:
            return [ended]
        return [ended, {**self._head, "choices": [], "usage": usage(prompt_tokens, answer.tokens)}]

    def _chunk(self, delta: Mapping[str, Any], reason: str | None = None) -> dict[str, Any]:
        choice = {"index": 0, "delta": dict(delta), "finish_reason": reason, "logprobs": None}
        return {**self._head, "choices": [choice], **({"usage": None} if self._with_usage else {})}


def server_event(data: Mapping[str, Any]) -> bytes:
    """One event of a stream."""
    return f"data: {json.dumps(data, ensure_ascii=False, separators=(',', ':'))}\n\n".encode()


END = b"data: [DONE]\n\n"
