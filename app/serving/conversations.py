"""Messages as OpenAI's clients send them -> messages as the model's processor takes them, and where their recordings
come from.

A part is a text, a recording in base64 or an address of one: no path of this machine is ever read. Knows neither
waveforms nor tokens; what else a message holds is for the processor to refuse.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from app.serving.limits import MOST_RECORDINGS
from app.serving.refusals import Refusal


SILENT = {"cache_control", "prompt_cache_breakpoint", "id"}
OURS = ("reasoning_content", "reasoning_sections", "reasoning_complete", "reasoning_problems")
"""What this server adds to a message of its own, which clients send back in the next turn."""
THINKING = ("planning", "caption", "reasoning", "summary")


@dataclass(frozen=True)
class Source:
    """Where one recording comes from: its bytes, or an address that is still to be asked."""

    name: str
    contents: bytes | None = None
    url: str | None = None


@dataclass(frozen=True)
class Recording:
    """The place of a recording in a message: the number of its source."""

    number: int


def read_messages(
    messages: Sequence[Mapping[str, Any]], decode: Callable[[str, str], bytes], allow_urls: bool
) -> tuple[list[dict[str, Any]], list[Source]]:
    """Messages with a `Recording` in the place of each recording, and the sources of these in order.

    Args:
        messages: of a request.
        decode: from base64 or a `data:` URI, and a recording's name, to bytes.
        allow_urls: whether recordings may come from the web.

    Raises:
        Refusal: a part is neither a text nor a recording, there are too many, or the user does not have the last word.
    """
    sources: list[Source] = []
    prepared = [_read_message(message, sources, decode, allow_urls) for message in messages]
    if prepared[-1].get("role") not in ("user", "developer", "system"):
        raise _refused("The last message is not of role 'user', so there is nothing to answer")
    return prepared, sources


def _read_message(
    message: Mapping[str, Any], sources: list[Source], decode: Callable[[str, str], bytes], allow_urls: bool
) -> dict[str, Any]:
    held = dict(message)
    if held.get("role") == "tool":
        raise _refused("A message is of role 'tool', and this server calls no tools: leave it out")
    if held.get("role") == "assistant":
        held = _with_thinking(held)
    content = held.get("content")
    if isinstance(content, list):
        held["content"] = [_read_part(part, sources, decode, allow_urls) for part in content]
    return held


def _read_part(part: Any, sources: list[Source], decode: Callable[[str, str], bytes], allow_urls: bool) -> Any:
    kind = part.get("type") if isinstance(part, dict) else None
    if kind == "text":
        return part
    if kind not in ("input_audio", "audio_url"):
        raise _refused(f"A content part is of type {kind!r}: give parts of type 'text', 'input_audio' or 'audio_url'")
    others = sorted(name for name, value in part.items() if name not in {"type", kind, *SILENT} and value is not None)
    if others:
        raise _refused(f"A content part of type '{kind}' also holds '{others[0]}': leave it out")
    if len(sources) == MOST_RECORDINGS:
        raise _refused(f"The messages hold more than {MOST_RECORDINGS} recordings: ask about fewer")
    name = f"Recording {len(sources) + 1}"
    given = part.get(kind)
    sources.append(
        _from_base64(given, name, decode) if kind == "input_audio" else _from_url(given, name, decode, allow_urls)
    )
    return Recording(len(sources) - 1)


def _from_base64(given: Any, name: str, decode: Callable[[str, str], bytes]) -> Source:
    data = given.get("data") if isinstance(given, dict) else None
    if not isinstance(data, str) or set(given) - {"data", "format"}:
        raise _refused(
            f"{name} is not {{'data': …, 'format': 'wav'}} with the file in base64 under 'input_audio': write it so"
        )
    return Source(name, contents=_decoded(data, name, decode))


def _from_url(given: Any, name: str, decode: Callable[[str, str], bytes], allow_urls: bool) -> Source:
    url = given.get("url") if isinstance(given, dict) and set(given) == {"url"} else given
    if not isinstance(url, str):
        raise _refused(f"{name} has no address: give {{'url': …}} under 'audio_url'")
    if url.startswith("data:"):
        return Source(name, contents=_decoded(url, name, decode))
    if not allow_urls:
        raise _refused(
            f"{name} is an address, and this server fetches none: send the file in base64, as 'input_audio'"
        )
    return Source(name, url=url.strip())


def _decoded(data: str, name: str, decode: Callable[[str, str], bytes]) -> bytes:
    try:
        return decode(data, name)
    except ValueError as error:
        raise _refused(str(error).rstrip(".")) from None


def _with_thinking(message: dict[str, Any]) -> dict[str, Any]:
    """A message of the assistant as the model wrote it, where a client sends back all that this server answered."""
    thinking, sections = message.get("reasoning_content"), message.get("reasoning_sections")
    plain = {name: value for name, value in message.items() if name not in OURS}
    if not thinking and not sections:
        return plain
    response = message.get("content")
    texts = [sections.get(name) for name in THINKING] if isinstance(sections, dict) else [None]
    if not isinstance(response, str) or not all(isinstance(text, str) and text for text in [*texts, response]):
        raise _refused(
            "A message of role 'assistant' holds a part of the thinking: send back all of 'reasoning_sections' with "
            "its 'content', or the 'content' alone"
        )
    written = "".join(f"<{name.upper()}>{text}</{name.upper()}>" for name, text in zip(THINKING, texts, strict=True))
    return {**plain, "content": f"<THINK>{written}</THINK><RESPONSE>{response}</RESPONSE>"}


def _refused(said: str) -> Refusal:
    return Refusal(400, f"{said}.", param="messages")


def with_recordings(
    messages: Sequence[Mapping[str, Any]], sounds: Sequence[Mapping[str, Any]]
) -> list[dict[str, Any]]:
    """The messages with each recording as [`load_audio`] takes it."""

    def filled(part: Any) -> Any:
        return {"type": "audio", "audio": sounds[part.number]} if isinstance(part, Recording) else part

    return [
        {**message, "content": [filled(part) for part in message["content"]]}
        if isinstance(message.get("content"), list)
        else dict(message)
        for message in messages
    ]


def characters(messages: Sequence[Mapping[str, Any]]) -> int:
    """How much text the messages hold."""
    return sum(
        len(text)
        for message in messages
        for part in (message["content"] if isinstance(message.get("content"), list) else [message.get("content")])
        if isinstance(text := part.get("text") if isinstance(part, dict) else part, str)
    )
