"""The body of `POST /v1/chat/completions` -> what is asked, or a refusal: nothing that was asked for is passed over.

Knows OpenAI's fields and ours; knows neither recordings nor the model.
"""

from __future__ import annotations

import json
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from app.serving.refusals import Refusal


Section = Literal["planning", "caption", "reasoning", "summary", "response"]


class StreamOptions(BaseModel):
    """`include_usage` asks for a last chunk with the numbers of tokens."""

    model_config = ConfigDict(extra="forbid", strict=True)

    include_usage: bool | None = None
    include_obfuscation: bool | None = None


class ResponseFormat(BaseModel):
    """Text alone."""

    model_config = ConfigDict(extra="forbid", strict=True)

    type: Literal["text"]


class ChatRequest(BaseModel):
    """OpenAI's fields as far as this server can do what they ask for, and `thinking_budget`, tokens by section.

    The last ones say nothing to a model: they are taken and not used.
    """

    model_config = ConfigDict(extra="forbid", strict=True)

    model: str
    messages: list[dict[str, Any]] = Field(min_length=1)
    stream: bool | None = None
    stream_options: StreamOptions | None = None
    max_tokens: int | None = Field(default=None, ge=1)
    max_completion_tokens: int | None = Field(default=None, ge=1)
    temperature: float | None = Field(default=None, ge=0, le=2, allow_inf_nan=False)
    top_p: float | None = Field(default=None, gt=0, le=1, allow_inf_nan=False)
    seed: int | None = Field(default=None, ge=0, lt=2**63)
    thinking_budget: dict[Section, int] | None = None

    n: Literal[1] | None = None
    presence_penalty: Literal[0] | None = None
    frequency_penalty: Literal[0] | None = None
    logprobs: Literal[False] | None = None
    response_format: ResponseFormat | None = None
    modalities: list[Literal["text"]] | None = None
    tools: list[Any] | None = Field(default=None, max_length=0)
    stop: list[str] | None = Field(default=None, max_length=0)

    user: Any = None
    metadata: Any = None
    store: Any = None
    service_tier: Any = None
    safety_identifier: Any = None
    prompt_cache_key: Any = None

    @property
    def longest(self) -> int | None:
        """Tokens of the answer, where the request says so."""
        return self.max_tokens if self.max_completion_tokens is None else self.max_completion_tokens

    @property
    def with_usage(self) -> bool:
        return bool(self.stream_options and self.stream_options.include_usage)


def read_request(body: bytes | bytearray) -> ChatRequest:
    """What a body asks for.

    Raises:
        Refusal: it is no JSON, or asks for something that this server does not do (400).
    """
    try:
        found = json.loads(body)
    except (ValueError, RecursionError) as error:
        reason = "it is nested too deeply" if isinstance(error, RecursionError) else str(error)
        raise Refusal(400, f"The body is not JSON ({reason}): send one JSON object.", code="invalid_json") from None
    if not isinstance(found, dict):
        raise Refusal(400, f"The body is a {type(found).__name__}: send one JSON object.", code="invalid_json")
    try:
        request = ChatRequest.model_validate(found)
    except ValidationError as error:
        raise _refused(error) from None
    for section, tokens in (request.thinking_budget or {}).items():
        if tokens < 1:
            raise Refusal(
                400,
                f"The budget of '{section}' is {tokens}: give a whole number of at least 1.",
                param="thinking_budget",
            )
    return request


def _refused(error: ValidationError) -> Refusal:
    first = error.errors(include_url=False, include_input=False)[0]
    place = ".".join(str(part) for part in first["loc"] if part != "[key]")
    field = str(first["loc"][0]) if first["loc"] else None
    if first["type"] == "extra_forbidden":
        said = f"'{place}' is not something that this server does: leave it out."
    elif first["type"] == "missing":
        said = f"'{place}' is missing: give it."
    else:
        said = f"'{place}' cannot be taken ({first['msg'][0].lower()}{first['msg'][1:]}): change it or leave it out."
    return Refusal(400, said, param=field)
