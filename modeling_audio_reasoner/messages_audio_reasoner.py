"""Conversations as people and clients write them -> text and audio parts that the chat template renders, or an error.

Nothing of a message is passed over in silence. Knows neither tokens nor waveforms: who calls says how a recording is
read.
"""

from __future__ import annotations

import numbers
import re
from collections.abc import Callable, Collection, Mapping
from datetime import date
from typing import Any

from jinja2 import TemplateError

from .audio_loading import decode_base64


ROLES = ("system", "user", "assistant", "tool")
OTHER_NAMES = {"developer": "system"}
"""Roles under another name, as OpenAI's clients write them."""
AUDIO_KEYS = ("audio", "url", "path", "audio_url")
PART_KEYS = {"text": ("text",), "audio": AUDIO_KEYS, "audio_url": AUDIO_KEYS, "input_audio": ("input_audio",)}
"""What is read of a content part, by its type."""
AUGMENTATION_KEY = "augmentation"
"""How the recording of a part may be varied, in a row for training."""
SILENT_KEYS = {"cache_control", "prompt_cache_breakpoint", "id"}
"""What clients add to parts and messages and what says nothing to a model."""
SILENT_MESSAGE_KEYS = {*SILENT_KEYS, "name", "tool_call_id"}
TEMPLATES_KEYS = ("tool_calls", "function_call", "reasoning_content", "reasoning", "thinking", "refusal")
"""What a message may hold beside its content where the chat template shows it."""
HOW_TO_HEAR = ("sampling_rate", "sample_rate", "rate", "sr", "start", "end", "offset", "start_time", "end_time")
"""Numbers beside a recording by which another sound would be meant."""
HOLDS = "audio|sound|speech|voice|music|recording|clip|wav|file|path|ur[il]|src|source|data|bytes|b64|base64|array"
HOLDS += "|sample|image|video|media$|attachment|document|content|text|transcript|caption|question|prompt|input|value"
MAY_HOLD = re.compile(HOLDS, re.IGNORECASE)
"""Keys under which a text is a recording, or one that the model should read."""
LIKE_A_RECORDING = re.compile(r"://|^data:|\.[a-z]\w{1,4}$|^.{256}", re.IGNORECASE | re.DOTALL)
"""Texts that are an address, the name of a file, or long enough to be one in base64, whatever they stand under."""
BESIDE_MESSAGES = ("text", "audio", "audios", "image", "images", "video", "videos")
EXAMPLE = "[{'role': 'user', 'content': [{'type': 'audio', 'audio': …}, {'type': 'text', 'text': …}]}]"


class NotShownError(ValueError, TemplateError):
    """What the chat template does not show; an error of Jinja's too, by which TRL learns what a template cannot do."""


def conversations_of(given: Any) -> tuple[list[list[Any]], bool]:
    """One conversation or several -> a list of conversations, and whether several were given.

    Rows of data sets in numpy's, torch's or pandas' format have arrays for lists and numbers; they become lists and
    numbers here, and arrays of samples stay.

    Raises:
        ValueError: what was given is no list of messages, or an empty one.
    """
    given = _unformatted(getattr(given, "messages", given))  # transformers' `Chat`
    several = isinstance(given, (list, tuple)) and any(_is_conversation(item) for item in given)
    found = [_unformatted(getattr(item, "messages", item)) for item in given] if several else [given]
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


def _unformatted(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _unformatted(held) for key, held in value.items()}
    if getattr(value, "ndim", None) == 0 and hasattr(value, "item"):
        return value.item()
    if str(getattr(value, "dtype", "")) == "object":
        value = value.tolist()
    if isinstance(value, (list, tuple)) and value and not isinstance(value[0], numbers.Number):
        return [_unformatted(item) for item in value]
    return value


def check_beside_messages(given: Mapping[str, Any], template: str) -> dict[str, Any]:
    """Arguments of `apply_chat_template` beside the conversation, without those that hold nothing but could not pass.

    Args:
        given: the arguments by name.
        template: the chat template that is rendered.

    Raises:
        ValueError: tools or documents that the template does not show; or recordings, images, videos or text.
    """
    for name in ("tools", "documents"):
        if not _is_nothing(given.get(name)) and not re.search(rf"\b{name}\b", template):
            raise NotShownError(
                f"The chat template does not show {name}, so the model would not see them: leave '{name}' out, or "
                "write them into a message."
            )
    for name in BESIDE_MESSAGES:
        if not _is_nothing(given.get(name)):
            raise ValueError(
                f"'{name}' stands beside the messages, where it would be passed over: give a recording as a part of a "
                "message's content, {'type': 'audio', 'audio': …}."
            )
    return {name: value for name, value in given.items() if name not in BESIDE_MESSAGES}


def prepared_message(
    message: Any, hear: Callable[[Any], Any], template: str = "", vary: Callable[[Any, Any], Any] | None = None
) -> dict[str, Any]:
    """A message with text parts and `{"type": "audio", "audio": …}` alone.

    Text parts that follow each other become one, so that a control token cannot be put together out of two.

    Args:
        message: `{"role", "content"}`, where content is a text or a list of parts. Keys that are None, as datasets
            fills them in, are not there.
        hear: from the source of a recording to what stands under `audio`.
        template: the chat template, which may show more of a message than its content, as `tool_calls`.
        vary: from what was heard and what stands under `augmentation` in its part to a variant, in a row for training;
            where nothing is trained, such a part is refused.

    Raises:
        ValueError: the message is malformed, or holds anything that would be neither read nor heard.
    """
    if not isinstance(message, Mapping):
        raise ValueError(f"A message is a {type(message).__name__}: pass a dict with 'role' and 'content'.")
    if not isinstance(message.get("role"), str):
        raise ValueError(f"A message has no 'role' (keys {_keys(message)}): name one of {', '.join(ROLES)}.")
    message = {**message, "role": OTHER_NAMES.get(message["role"], message["role"])}
    role, content = message["role"], message.get("content")
    if role not in ROLES:
        raise ValueError(
            f"A message is of role {role!r}, which the model does not know: name one of {', '.join(ROLES)}."
        )
    _refuse_beside_content(message, role, template)
    if isinstance(content, str):
        return message
    if not isinstance(content, (list, tuple)):
        raise ValueError(
            f"The content of a message of {role} is a {type(content).__name__}: give a text, or a list of parts."
        )
    parts: list[dict[str, Any]] = []
    for part in content:
        prepared = _prepared_part(part, role, hear, vary)
        if parts and prepared["type"] == parts[-1]["type"] == "text":
            parts[-1]["text"] += prepared["text"]
        else:
            parts.append(prepared)
    return {**message, "content": parts}


def _prepared_part(
    given: Any, role: str, hear: Callable[[Any], Any], vary: Callable[[Any, Any], Any] | None
) -> dict[str, Any]:
    if not isinstance(given, Mapping):
        raise ValueError(f"A content part is a {type(given).__name__}: pass a dict with 'type'.")
    part = {key: value for key, value in given.items() if value is not None}
    if "type" not in part:
        raise ValueError(f"A content part has no 'type' (keys {_keys(part)}): name 'text' or 'audio'.")
    kind = part["type"]
    # A clip as data sets hold it, which TRL's GRPO keeps only where it stands as an image.
    if kind == "image" and isinstance(part.get("image"), Mapping):
        part["audio"] = part.pop("image")
        kind = part["type"] = "audio"
    if not isinstance(kind, str) or kind not in PART_KEYS:
        raise ValueError(
            f"A content part is of type {kind!r}, which would be passed over: give parts of type 'text' and 'audio'."
        )
    what = f"A content part of type {kind}"
    augmentation = None if kind == "text" else part.pop(AUGMENTATION_KEY, None)
    varied = not _is_nothing(augmentation)
    if varied and vary is None:
        raise ValueError(
            f"{what} holds {AUGMENTATION_KEY!r}, by which a recording is varied in training alone, where the answers "
            "are marked (TRL's assistant_only_loss): leave it out."
        )
    _refuse_others(part, {"type", *PART_KEYS[kind], *SILENT_KEYS}, what)
    if kind != "text" and (meant := [name for name in HOW_TO_HEAR if name in part]):
        raise ValueError(
            f"{what} also holds {_keys(meant)}, which would be passed over: give the rate with the array, as "
            "{'array': …, 'sampling_rate': …}, and cut a recording before it is given."
        )
    if kind == "text":
        if not isinstance(part.get("text"), str):
            raise ValueError(f"A content part of type text holds no text (keys {_keys(part)}): give it under 'text'.")
        return {"type": "text", "text": part["text"]}
    if role == "assistant":
        raise ValueError("A message of assistant holds a recording: an assistant writes text alone.")
    heard = hear(_openai_source(part) if kind == "input_audio" else _source(part))
    return {"type": "audio", "audio": vary(heard, augmentation) if varied and vary is not None else heard}


def _refuse_beside_content(message: Mapping[str, Any], role: str, template: str) -> None:
    for name in TEMPLATES_KEYS:
        # As message.tool_calls, message['tool_calls'] or message.get("tool_calls").
        if not _is_nothing(message.get(name)) and not re.search(rf"[.'\"]{name}\b", template):
            raise NotShownError(
                f"A message of {role} holds {name!r}, which the chat template does not show, so the model would not "
                "see it: write it into the content, or leave it out."
            )
    known = {"role", "content", *TEMPLATES_KEYS, *SILENT_MESSAGE_KEYS}
    if others := _others(message, known):
        raise ValueError(
            f"A message of {role} holds {others} beside its content, which may hold a recording or a text and would "
            "be passed over: give it as a part of the content, {'type': 'audio', 'audio': …}, or leave it out."
        )


def _source(part: dict[str, Any]) -> Any:
    sources = [part[key] for key in AUDIO_KEYS if key in part]
    if len(sources) != 1:
        raise ValueError(
            f"A content part of type {part['type']} holds {len(sources)} recordings (keys {_keys(part)}): give "
            f"exactly one under one of {', '.join(AUDIO_KEYS)}."
        )
    source = sources[0]
    if "audio_url" in part and isinstance(source, Mapping) and "url" in source:
        _refuse_others(source, {"url", *SILENT_KEYS}, "The 'audio_url' of a content part")
        return source["url"]
    return source


def _openai_source(part: dict[str, Any]) -> Any:
    """Of `{"type": "input_audio", "input_audio": {"data": base64, "format": "wav"}}`; the file says its format."""
    sound = part.get("input_audio")
    if isinstance(sound, str):
        return sound
    data = sound.get("data") if isinstance(sound, Mapping) else None
    if not isinstance(sound, Mapping) or not isinstance(data, str):
        raise ValueError(
            "A content part of type input_audio holds no recording: give {'data': …, 'format': 'wav'} under "
            "'input_audio', with the file in base64."
        )
    _refuse_others(sound, {"data", "format", *SILENT_KEYS}, "The 'input_audio' of a content part")
    return {"bytes": decode_base64(data, "The recording in base64")}


def _refuse_others(held: Mapping[str, Any], known: Collection[str], what: str) -> None:
    if others := _others(held, known):
        raise ValueError(
            f"{what} also holds {others}, which may hold a recording or a text and would be passed over: give each "
            "recording and each text as a part of its own, or leave it out."
        )


def _others(held: Mapping[str, Any], known: Collection[str]) -> str:
    """The keys beside the known ones under which there may be a recording or a text."""
    return _keys(name for name, value in held.items() if name not in known and not _says_nothing(name, value))


def _says_nothing(name: Any, value: Any) -> bool:
    """Whether this is no recording and no text for the model, but what clients and data sets note of a message."""
    if isinstance(value, str):
        return not value or not (MAY_HOLD.search(str(name)) or LIKE_A_RECORDING.search(value))
    return _is_nothing(value) or isinstance(value, (numbers.Number, date))


def _is_nothing(value: Any) -> bool:
    if isinstance(value, Mapping):
        return all(_is_nothing(held) for held in value.values())
    return value is None or isinstance(value, (str, list, tuple)) and not value


def _keys(of: Any) -> str:
    return ", ".join(sorted(repr(key) for key in of))


__all__ = ["AUDIO_KEYS", "check_beside_messages", "conversations_of", "prepared_message"]
