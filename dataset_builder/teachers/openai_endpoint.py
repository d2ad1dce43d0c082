"""An OpenAI-compatible endpoint asked once, without retries: its errors become named faults without the key.

Knows nothing of limits, retries, ledger and budget: `Teacher` holds to those for every attempt, which is why the
SDK's own retries are off. (They also give up on a Retry-After over two minutes, and would not be seen by the limits.)
"""

from __future__ import annotations

import asyncio
import base64
import os
import re
from typing import TYPE_CHECKING, Any

import orjson

from .call import Call
from .completion import Completion, shown
from .faults import Fault, TeacherError, TeacherUnusable
from .retry import retry_after
from .settings import TeacherSettings
from .usage import Usage, text_tokens


if TYPE_CHECKING:
    from openai import AsyncOpenAI
    from openai.types.chat import ChatCompletionContentPartInputAudioParam


PATH = "/chat/completions"
JSON: Any = {"headers": {"Content-Type": "application/json"}}
NO_CREDIT_CODES = ("insufficient_quota", "billing_hard_limit_reached", "billing_not_active")


def read_key(settings: TeacherSettings) -> str | None:
    """The key from the environment; None where the settings name no variable.

    Raises:
        TeacherUnusable: the variable is not set, or holds what cannot be a key.
    """
    name = settings.api_key_env
    if name is None:
        return None
    key = os.environ.get(name, "").strip()
    if not key:
        raise TeacherUnusable(
            Fault.UNAUTHORIZED,
            f"the environment variable {name} is not set: `export {name}=<the key of {settings.host}>`, or write "
            "`api_key_env: null` for a server that needs no key.",
        )
    if not re.fullmatch(r"[\x21-\x7e]+", key):  # such a header would be refused with the key in the error
        raise TeacherUnusable(Fault.UNAUTHORIZED, f"the environment variable {name} holds spaces or other signs.")
    return key


def make_client(settings: TeacherSettings, http_client: Any = None) -> AsyncOpenAI:
    """The SDK's client for the endpoint, with its own retries off.

    Raises:
        TeacherUnusable: there is no key.
    """
    from openai import DEFAULT_CONNECTION_LIMITS, AsyncOpenAI, DefaultAioHttpClient

    key = read_key(settings)
    if http_client is None:
        # Over aiohttp, which takes half the processor time of the SDK's default for a call with audio.
        limits = type(DEFAULT_CONNECTION_LIMITS)(max_connections=settings.in_flight)
        http_client = DefaultAioHttpClient(timeout=settings.timeout, limits=limits)
    return AsyncOpenAI(
        api_key=key or "none",  # the SDK wants one, and servers without keys ignore it
        base_url=settings.base_url,
        timeout=settings.timeout,
        max_retries=0,
        http_client=http_client,
    )


def chat_body(settings: TeacherSettings, call: Call, sample: int = 0) -> dict[str, Any]:
    """The JSON of a chat completion request, as it is sent alone or as a line of a batch.

    Args:
        sample: 0 for the first; further ones shift the `seed` among the parameters, where there is one.
    """
    parts: list[dict[str, Any]] = []
    if call.audio is not None:
        data = base64.b64encode(call.audio).decode("ascii")
        if settings.audio_part == "audio_url":
            url = f"data:audio/{call.audio_format};base64,{data}"
            parts.append({"type": "audio_url", "audio_url": {"url": url}})
        else:
            parts.append(_input_audio(data, call.audio_format))
    parts.append({"type": "text", "text": call.prompt.text})
    messages: list[dict[str, Any]] = []
    if call.prompt.system:
        messages.append({"role": "system", "content": call.prompt.system})
    # Servers of models that only read take a plain string, and some take nothing else.
    messages.append({"role": "user", "content": parts if call.audio is not None else call.prompt.text})
    body = {**settings.parameters, "model": settings.model, "messages": messages}
    if sample and isinstance(body.get("seed"), int):
        body["seed"] += sample
    if settings.structured == "json_schema":
        schema = {"name": call.answer.__name__, "schema": dict(call.schema), "strict": True}
        body["response_format"] = {"type": "json_schema", "json_schema": schema}
    elif settings.structured == "json_object":
        body["response_format"] = {"type": "json_object"}
    return body


def _input_audio(data: str, audio_format: str) -> Any:
    # OpenAI names wav and mp3; servers of open models take flac as well.
    part: ChatCompletionContentPartInputAudioParam = {
        "type": "input_audio",
        "input_audio": {"data": data, "format": audio_format},  # type: ignore[typeddict-item]
    }
    return part


def read_completion(response: Any, settings: TeacherSettings, expected: Usage) -> Completion:
    """The completion in the JSON of a response.

    Args:
        response: the decoded JSON, which may be anything.
        expected: the tokens that the input should have, where the endpoint does not count them.

    Raises:
        TeacherError: it is no chat completion.
    """
    try:
        choices = response["choices"]
        choice = choices[0] if choices else {}
        message = choice.get("message") or {}
        text = message.get("content") or ""
        if isinstance(text, list):  # parts, as some servers write them
            text = "".join(part.get("text", "") for part in text)
        finish = choice.get("finish_reason")
        refusal = message.get("refusal") or (
            f"finish_reason {finish}" if finish in ("content_filter", "safety") else None
        )
        usage = _usage(response.get("usage"), expected, text)
    except (TypeError, KeyError, AttributeError, IndexError):
        raise TeacherError(
            Fault.SERVER_ERROR,
            f"{settings.host} answered with something that is no chat completion; is base_url right ({PATH} is added "
            "to it)?",
        ) from None
    return Completion(text, usage, cut_off=finish == "length", refusal=refusal)


def _usage(reported: Any, expected: Usage, text: str) -> Usage:
    if not reported:
        return Usage(expected.input_tokens, text_tokens(text), expected.audio_tokens, estimated=True)
    read = int(reported.get("prompt_tokens") or 0)
    # Gemini counts hidden reasoning, which is billed as output, in the total alone.
    written = max(int(reported.get("completion_tokens") or 0), int(reported.get("total_tokens") or 0) - read)
    audio = (reported.get("prompt_tokens_details") or {}).get("audio_tokens")
    return Usage(read, written, min(expected.audio_tokens, read) if audio is None else int(audio))


class OpenAIEndpoint:
    """Asks an OpenAI-compatible endpoint.

    Args:
        settings: of the teacher.
        http_client: of the SDK (`openai.DefaultAioHttpClient`), for tests and proxies; None for one with a connection
            for each call in flight.

    Raises:
        TeacherUnusable: there is no key in the environment.
    """

    def __init__(self, settings: TeacherSettings, http_client: Any = None):
        self._settings = settings
        self._client = make_client(settings, http_client)

    async def complete(self, call: Call, sample: int = 0) -> Completion:
        """Send the call once.

        Raises:
            TeacherError: no completion came.
        """
        body = chat_body(self._settings, call, sample)
        fault: TeacherError
        try:
            # What `chat.completions.create` sends, without walking through the body by its types, looking for signs to
            # escape in the audio one by one, and making objects of the response: that took as long as all the rest.
            contents = orjson.dumps(body)
            request = self._client.post(PATH, cast_to=object, content=contents, options=JSON)
            # The SDK's own timeout begins anew with every byte.
            found = await asyncio.wait_for(request, self._settings.timeout)
        except Exception as error:
            fault = named_fault(error, self._settings)
        else:
            return read_completion(found, self._settings, call.input_usage(self._settings.tokens_per_audio_second))
        raise fault  # out of the except block: the SDK's error, which holds the request, is not chained to it

    async def close(self) -> None:
        """Close the connections."""
        await self._client.close()


def named_fault(error: BaseException, settings: TeacherSettings) -> TeacherError:
    """The named fault of an error of the SDK, without the key.

    Raises:
        BaseException: `error` itself, where it is none of an endpoint's.
    """
    import aiohttp
    import openai

    host = settings.host
    if isinstance(error, (openai.APIConnectionError, aiohttp.ClientError, asyncio.TimeoutError)):
        cause = error if isinstance(error, asyncio.TimeoutError) else _deepest_cause(error)
        if isinstance(cause, (openai.APITimeoutError, TimeoutError, asyncio.TimeoutError)):
            return TeacherError(Fault.TIMEOUT, f"{host} gave no whole answer within {settings.timeout:g} s.")
        return TeacherError(Fault.CONNECTION, f"the connection to {host} failed ({type(cause).__name__}).")
    if isinstance(error, openai.APIStatusError):
        return status_fault(
            error.status_code,
            _message(error.body),
            error.code or error.type,
            settings,
            retry_after(error.response.headers),
        )
    if isinstance(error, (openai.APIError, ValueError)):  # ValueError: a body that is not JSON
        return TeacherError(Fault.SERVER_ERROR, f"{host} answered with something that is no JSON.")
    raise error


def _deepest_cause(error: BaseException) -> BaseException:
    """What went wrong first: the SDK says of every connection that broke over aiohttp that its time was up."""
    while error.__cause__ is not None:
        error = error.__cause__
    return error


def status_fault(
    status: int, message: str, code: str | None, settings: TeacherSettings, wait: float | None = None
) -> TeacherError:
    """The named fault of an HTTP status.

    Args:
        message: the endpoint's; the key is taken out of it.
        code: the endpoint's code of the error, such as `insufficient_quota`.
        wait: seconds of Retry-After.
    """
    host, model = settings.host, settings.model
    said = without_key(shown(message), settings)
    if status == 401:  # the message is left out: endpoints repeat parts of the key in it
        where = f"the key in {settings.api_key_env}" if settings.api_key_env else "a request without a key"
        return TeacherUnusable(Fault.UNAUTHORIZED, f"{host} does not accept {where} (401).")
    if status == 403:
        return TeacherUnusable(Fault.UNAUTHORIZED, f"{host} does not allow {model} for this key (403): {said}")
    if status == 402 or code in NO_CREDIT_CODES:
        return TeacherUnusable(Fault.NO_CREDIT, f"the account at {host} cannot pay for calls ({status}): {said}")
    if status == 404:
        return TeacherUnusable(
            Fault.NOT_FOUND, f"{host} knows no model {model}, or base_url is not right (404): {said}"
        )
    if status == 429:
        return TeacherError(Fault.RATE_LIMITED, f"{host} limits the rate (429): {said}", wait)
    if status >= 500 or status in (408, 409):
        return TeacherError(Fault.SERVER_ERROR, f"{host} answered {status}: {said}", wait)
    return TeacherError(Fault.BAD_REQUEST, f"{host} does not take the request ({status}): {said}")


def without_key(text: str, settings: TeacherSettings) -> str:
    """The text with the key of the settings taken out."""
    key = os.environ.get(settings.api_key_env or "", "").strip()
    return text.replace(key, "<key>") if key else text


def _message(body: object) -> str:
    if isinstance(body, dict):
        return str(body.get("message") or body.get("detail") or body)
    return str(body or "")
