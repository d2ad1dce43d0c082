"""One call of a teacher: what is asked, and the hash under which its answer is kept. Sends nothing."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from pydantic import BaseModel

from .audio import audio_seconds, to_format
from .settings import TeacherSettings
from .usage import Usage, text_tokens


FIRST_OUTPUT_TOKENS = 700
"""What an answer is taken to have, for limits and budget, until some have come."""


@dataclass(frozen=True)
class Prompt:
    """A prompt as it is sent.

    Args:
        system: the system message; empty for none.
        text: the user's message.
        version: content hash of the prompt's files, for the row and the card.
    """

    system: str
    text: str
    version: str


@dataclass(frozen=True)
class Call:
    """A prompt, the shape of its answer and the audio, ready to be sent to one endpoint.

    Args:
        hash: 64 hex digits over everything that determines the answer.
        key: the caller's name for this call, such as the row's id and the stage.
        prompt: with the schema in its text where the endpoint is not sent one.
        answer: the Pydantic model that the answer must fit.
        schema: the JSON schema of `answer`, strict: no further properties, all required.
        audio: in `audio_format`, or None.
        seconds: how long the audio is.
    """

    hash: str
    key: str
    prompt: Prompt
    answer: type[BaseModel]
    schema: Mapping[str, Any]
    audio: bytes | None
    audio_format: str
    seconds: float

    def input_usage(self, tokens_per_audio_second: float | None) -> Usage:
        """About the tokens of its input, for limits, budgets and endpoints that do not count."""
        texts = (self.prompt.system, self.prompt.text, _schema_text(self.answer))
        heard = round(self.seconds * (tokens_per_audio_second or 0.0))
        return Usage(sum(map(text_tokens, texts)) + heard, 0, heard, estimated=True)


@lru_cache(maxsize=64)
def strict_schema(answer: type[BaseModel]) -> dict[str, Any]:
    """The JSON schema of `answer` as OpenAI's structured outputs want it."""
    from openai import pydantic_function_tool

    return dict(pydantic_function_tool(answer)["function"]["parameters"])


@lru_cache(maxsize=64)
def _schema_text(answer: type[BaseModel]) -> str:
    return json.dumps(strict_schema(answer), ensure_ascii=False)


def call_hash(
    settings: TeacherSettings, prompt: Prompt, answer: type[BaseModel], audio: bytes | None, key: str
) -> str:
    """The hash under which the ledger keeps the answer; 64 hex digits.

    The audio counts by its bytes as they are given, so that a clip need not be encoded to be looked up.
    """
    parts = [
        json.dumps(settings.identity(), sort_keys=True, ensure_ascii=False),
        prompt.system,
        prompt.text,
        prompt.version,
        answer.__name__,
        _schema_text(answer),
        "" if audio is None else hashlib.sha256(audio).hexdigest(),
        key,
    ]
    digest = hashlib.sha256()
    for part in parts:
        contents = part.encode("utf-8", "surrogatepass")
        digest.update(len(contents).to_bytes(8, "big"))  # so that no two lists of parts run together
        digest.update(contents)
    return digest.hexdigest()


def make_call(
    settings: TeacherSettings, prompt: Prompt, answer: type[BaseModel], audio: bytes | None, key: str, digest: str
) -> Call:
    """Prepare a call: the audio is put into the endpoint's format, the schema into the prompt where it is needed.

    Args:
        digest: what `call_hash` gives for the same arguments.

    Raises:
        ValueError: audio for a teacher that does not hear, or audio that cannot be read.
    """
    if audio is not None and not settings.hears:
        raise ValueError(
            f"{key}: the teacher {settings.model} takes no audio (hears: false); ask it without, or choose one that "
            "hears."
        )
    seconds = 0.0
    if audio is not None:
        seconds = audio_seconds(audio, key)
        audio = to_format(audio, settings.audio_format, key)
    if settings.structured != "json_schema":
        asked = (
            f"{prompt.text}\n\nAnswer with one JSON object that fits this JSON schema, and write nothing else:\n"
            f"{_schema_text(answer)}"
        )
        prompt = Prompt(prompt.system, asked, prompt.version)
    return Call(digest, key, prompt, answer, strict_schema(answer), audio, settings.audio_format, seconds)
