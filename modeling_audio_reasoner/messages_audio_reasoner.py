"""Conversations as people and clients write them -> text and audio parts that the chat template renders, or an error.

Nothing of a message is passed over in silence. Knows neither tokens nor waveforms: who calls says how a recording is
read.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from .audio_loading import decode_base64


AUDIO_KEYS = ("audio", "url", "path", "audio_url")
MEDIA_KEYS = {*AUDIO_KEYS, "input_audio", "audios", "sound", "image", "images", "image_url", "video", "videos"}
MEDIA_KEYS |= {"video_url", "file"}
EXAMPLE = "[{'role': 'user', 'content': [{'type': 'audio', 'audio': …}, {'type': 'text', 'text': …}]}]"


def conversations_of(given: Any) -> tuple[list[list[Any]], bool]:
    """One conversation or several -> a list of conversations, and whether several were given.

    Raises:
        ValueError: what was given is no list of messages, or an empty one.
    """
    given = getattr(given, "messages", given)  # transformers' `Chat`
    several = isinstance(given, (list, tuple)) and any(_is_conversation(item) for item in given)
    found = [getattr(item, "messages", item) for item in given] if several else [given]
    for conversation in found:
        if not isinstance(conversation, (list, tuple)):
            raise ValueError(
                f"A conversation is a {type(conversation).__name__}, not a list of messages: pass {EXAMPLE}."
            )
        if not conversation:
            raise ValueError(f"A conversation holds no message: pass {EXAMPLE}.")
    return found, several


def _is_conversation(item: Any) -> bool:
    return isinstance(item, (list, tuple)) or hasattr(item, "messages")


def prepared_message(message: Any, hear: Callable[[Any], Any]) -> dict[str, Any]:
    """A message with text parts and `{"type": "audio", "audio": …}` alone.

    Text parts that follow each other become one, so that a control token cannot be put together out of two.

    Args:
        message: `{"role", "content"}`, where content is a text or a list of parts. Keys that are None, as datasets
            fills them in, are not there.
        hear: from the source of a recording to what stands under `audio`.

    Raises:
        ValueError: the message is malformed, or holds anything that would be neither read nor heard.
    """
    if not isinstance(message, Mapping):
        raise ValueError(f"A message is a {type(message).__name__}: pass a dict with 'role' and 'content'.")
    if not isinstance(message.get("role"), str):
        raise ValueError(f"A message has no 'role' (keys {_keys(message)}): name one of system, user, assistant.")
    role, content = message["role"], message.get("content")
    passed_over = _keys(name for name in MEDIA_KEYS & set(message) if not _is_nothing(message[name]))
    if passed_over:
        raise ValueError(
            f"A message of {role} holds {passed_over} beside its content, which would be passed over: give a "
            "recording as a part of the content, {'type': 'audio', 'audio': …}."
        )
    if isinstance(content, str):
        return dict(message)
    if not isinstance(content, (list, tuple)):
        raise ValueError(
            f"The content of a message of {role} is a {type(content).__name__}: give a text, or a list of parts."
        )
    parts: list[dict[str, Any]] = []
    for part in content:
        prepared = _prepared_part(part, role, hear)
        if parts and prepared["type"] == parts[-1]["type"] == "text":
            parts[-1]["text"] += prepared["text"]
        else:
            parts.append(prepared)
    return {**message, "content": parts}


def _prepared_part(given: Any, role: str, hear: Callable[[Any], Any]) -> dict[str, Any]:
    if not isinstance(given, Mapping):
        raise ValueError(f"A content part is a {type(given).__name__}: pass a dict with 'type'.")
    part = {key: value for key, value in given.items() if value is not None}
    if "type" not in part:
        raise ValueError(f"A content part has no 'type' (keys {_keys(part)}): name 'text' or 'audio'.")
    kind = part["type"]
    if kind == "text":
        return _text_part(part)
    if kind not in ("audio", "audio_url", "input_audio"):
        raise ValueError(
            f"A content part is of type {kind!r}, which would be passed over: give parts of type 'text' and 'audio'."
        )
    if role == "assistant":
        raise ValueError("A message of assistant holds a recording: an assistant writes text alone.")
    source = _openai_source(part) if kind == "input_audio" else _source(part)
    return {"type": "audio", "audio": hear(source)}


def _text_part(part: dict[str, Any]) -> dict[str, Any]:
    if not isinstance(part.get("text"), str):
        raise ValueError(f"A content part of type text holds no text (keys {_keys(part)}): give it under 'text'.")
    if passed_over := _keys(MEDIA_KEYS & set(part)):
        raise ValueError(
            f"A content part of type text also holds {passed_over}, which would be passed over: give a recording as a "
            "part of its own, {'type': 'audio', 'audio': …}."
        )
    return {"type": "text", "text": part["text"]}


def _source(part: dict[str, Any]) -> Any:
    sources = [part[key] for key in AUDIO_KEYS if key in part]
    if len(sources) != 1:
        raise ValueError(
            f"A content part of type audio holds {len(sources)} recordings (keys {_keys(part)}): give "
            f"exactly one under one of {', '.join(AUDIO_KEYS)}."
        )
    _refuse_others(part, AUDIO_KEYS)
    source = sources[0]
    return source.get("url", source) if "audio_url" in part and isinstance(source, Mapping) else source


def _openai_source(part: dict[str, Any]) -> Any:
    """Of `{"type": "input_audio", "input_audio": {"data": base64, "format": "wav"}}`; the file says its format."""
    _refuse_others(part, ("input_audio",))
    sound = part.get("input_audio")
    if isinstance(sound, str):
        return sound
    data = sound.get("data") if isinstance(sound, Mapping) else None
    if not isinstance(data, str):
        raise ValueError(
            "A content part of type input_audio holds no recording: give {'data': …, 'format': 'wav'} under "
            "'input_audio', with the file in base64."
        )
    return {"bytes": decode_base64(data, "The recording in base64")}


def _refuse_others(part: dict[str, Any], known: tuple[str, ...]) -> None:
    if others := _keys(set(part) - {"type", *known}):
        raise ValueError(
            f"A content part of type {part['type']} also holds {others}, which would be passed over: give text as a "
            "part of its own, and a sampling rate with the array, as {'array': …, 'sampling_rate': …}."
        )


def _is_nothing(value: Any) -> bool:
    return value is None or isinstance(value, (list, tuple)) and not value


def _keys(of: Any) -> str:
    return ", ".join(sorted(repr(key) for key in of))


__all__ = ["AUDIO_KEYS", "conversations_of", "prepared_message"]
