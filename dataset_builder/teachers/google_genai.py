"""Gemini asked once through Google's own library, with audio as inline bytes and the Pydantic model as its schema.

An option (`pip install google-genai`); the preset `gemini` reaches the same models through the openai SDK. Limits,
retries, ledger and budget are the Teacher's, as with every endpoint.
"""

from __future__ import annotations

import asyncio
from importlib import import_module
from typing import Any

from .call import Call
from .completion import Completion
from .faults import Fault, TeacherError, TeacherUnusable
from .openai_endpoint import read_key, status_fault
from .retry import retry_after
from .settings import TeacherSettings
from .usage import Usage


MIME = {"wav": "audio/wav", "mp3": "audio/mp3", "flac": "audio/flac"}
DECLINED = ("SAFETY", "RECITATION", "LANGUAGE", "BLOCKLIST", "PROHIBITED_CONTENT", "SPII")


class GoogleEndpoint:
    """Asks Gemini.

    Args:
        settings: of the teacher; `parameters` are fields of `google.genai.types.GenerateContentConfig`.
        http_client: an `httpx.AsyncClient`, for tests and proxies; None for the library's own.

    Raises:
        ImportError: google-genai is not installed.
        TeacherUnusable: there is no key in the environment.
    """

    def __init__(self, settings: TeacherSettings, http_client: Any = None):
        try:
            genai: Any = import_module("google.genai")
        except ImportError:
            raise ImportError(
                "This teacher has `client: google-genai`: `pip install google-genai`, or use the preset gemini, "
                "which needs the openai SDK alone."
            ) from None
        key = read_key(settings)
        if key is None:
            raise TeacherUnusable(Fault.UNAUTHORIZED, "Gemini needs a key: write `api_key_env: GEMINI_API_KEY`.")
        self._settings = settings
        self._types = types = genai.types
        options = types.HttpOptions(base_url=settings.base_url, timeout=round(1000 * settings.timeout))
        options.httpx_async_client = http_client
        self._client = genai.Client(api_key=key, vertexai=False, http_options=options)

    async def complete(self, call: Call, sample: int = 0) -> Completion:
        """Send the call once.

        Raises:
            TeacherError: no completion came.
        """
        settings, types = self._settings, self._types
        parameters = dict(settings.parameters)
        if sample and isinstance(parameters.get("seed"), int):
            parameters["seed"] += sample
        if settings.structured != "prompt":
            parameters["response_mime_type"] = "application/json"
        if settings.structured == "json_schema":
            parameters["response_schema"] = call.answer
        parts = [types.Part.from_text(text=call.prompt.text)]
        if call.audio is not None:
            parts.insert(0, types.Part.from_bytes(data=call.audio, mime_type=MIME[call.audio_format]))
        config = types.GenerateContentConfig(system_instruction=call.prompt.system or None, **parameters)
        content = types.Content(role="user", parts=parts)
        fault: TeacherError
        try:
            request = self._client.aio.models.generate_content(model=settings.model, contents=content, config=config)
            response = await asyncio.wait_for(request, settings.timeout)
        except Exception as error:
            fault = _named_fault(error, settings)
        else:
            return _completion(response, call.input_usage(settings.tokens_per_audio_second))
        raise fault  # out of the except block, so that the request with its key is not chained to it

    async def close(self) -> None:
        """Close the connections."""
        await self._client.aio.aclose()


def _completion(response: Any, expected: Usage) -> Completion:
    counted = response.usage_metadata
    usage = expected
    if counted is not None:
        heard = [
            part.token_count or 0
            for part in counted.prompt_tokens_details or ()
            if str(part.modality).endswith("AUDIO")
        ]
        usage = Usage(
            counted.prompt_token_count or 0,
            (counted.candidates_token_count or 0) + (counted.thoughts_token_count or 0),
            sum(heard) if heard else min(expected.audio_tokens, counted.prompt_token_count or 0),
        )
    if not response.candidates:
        reason = getattr(response.prompt_feedback, "block_reason", None)
        return Completion("", usage, refusal=f"the prompt was blocked ({reason})" if reason else None)
    candidate = response.candidates[0]
    finish = getattr(candidate.finish_reason, "value", None) or ""
    parts = (candidate.content.parts if candidate.content else None) or ()
    text = "".join(part.text or "" for part in parts if not part.thought)
    refusal = f"finish_reason {finish}" if finish in DECLINED else None
    return Completion(text, usage, cut_off=finish == "MAX_TOKENS", refusal=refusal)


def _named_fault(error: Exception, settings: TeacherSettings) -> TeacherError:
    errors: Any = import_module("google.genai.errors")
    if isinstance(error, errors.APIError):
        if error.code == 400 and "API_KEY" in str(error.details):  # Google's way to say 401
            return status_fault(401, "", None, settings)
        headers = getattr(error.response, "headers", None) or {}
        wait = _asked_delay(error)
        return status_fault(
            error.code, str(error.message or ""), None, settings, retry_after(headers) if wait is None else wait
        )
    # The library has changed from httpx to its fork httpx2, whose errors have the same names.
    names = {kind.__name__ for kind in type(error).__mro__}
    if isinstance(error, asyncio.TimeoutError) or "TimeoutException" in names:
        return TeacherError(Fault.TIMEOUT, f"{settings.host} gave no whole answer within {settings.timeout:g} s.")
    if "HTTPError" in names or isinstance(error, OSError):
        return TeacherError(Fault.CONNECTION, f"the connection to {settings.host} failed ({type(error).__name__}).")
    if isinstance(error, ValueError):
        return TeacherError(Fault.SERVER_ERROR, f"{settings.host} answered with something that cannot be read.")
    raise error


def _asked_delay(error: Any) -> float | None:
    """Seconds of google.rpc.RetryInfo in the body: Google says there, not in a header, how long to wait."""
    details = error.details if isinstance(error.details, dict) else {}
    for detail in (details.get("error") or details).get("details") or ():
        if isinstance(detail, dict) and str(detail.get("retryDelay", "")).endswith("s"):
            return retry_after({"retry-after": detail["retryDelay"][:-1]})
    return None
