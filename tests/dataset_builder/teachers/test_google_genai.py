"""Gemini through Google's own library, with its HTTP answered by the test; skips where it is not installed."""

from __future__ import annotations

import asyncio
import base64
import importlib
import importlib.util
import json
from typing import Any

import pytest

from dataset_builder.teachers.faults import Fault, TeacherError, TeacherUnusable
from dataset_builder.teachers.retry import Backoff
from dataset_builder.teachers.settings import TeacherSettings
from dataset_builder.teachers.teacher import Teacher
from tests.dataset_builder.teachers.conftest import KEY, Annotation, clip, prompt


def installed() -> bool:
    try:
        return importlib.util.find_spec("google.genai") is not None
    except ModuleNotFoundError:
        return False


def http_library() -> Any:
    """httpx, or its fork httpx2: the one that google-genai makes its requests with."""
    import google.genai.types

    wanted = str(google.genai.types.HttpOptions.model_fields["httpx_async_client"].annotation)
    return importlib.import_module("httpx2" if "httpx2" in wanted else "httpx")


needs_it = pytest.mark.skipif(not installed(), reason="google-genai is not installed (an option)")
TEXT = '{"caption": "rain on a roof", "domain": "sound", "events": [], "speakers": 0, "language": null}'
USAGE = {
    "promptTokenCount": 120,
    "candidatesTokenCount": 30,
    "thoughtsTokenCount": 50,
    "promptTokensDetails": [{"modality": "TEXT", "tokenCount": 104}, {"modality": "AUDIO", "tokenCount": 16}],
}


def response(text: str = TEXT, finish: str = "STOP") -> dict[str, Any]:
    content = {"role": "model", "parts": [{"text": "thinking", "thought": True}, {"text": text}]}
    return {"candidates": [{"content": content, "finishReason": finish}], "usageMetadata": USAGE}


def ask(monkeypatch, ledger, answers: list[tuple[int, dict]], **changed: Any) -> tuple[Any, list[Any]]:
    """Ask once; what came of it, and the requests that were sent."""
    httpx = http_library()
    monkeypatch.setenv("GEMINI_API_KEY", KEY)
    sent: list[Any] = []

    def handle(request: Any) -> Any:
        sent.append(request)
        status, body = answers[min(len(sent), len(answers)) - 1]
        return httpx.Response(status, json=body)

    async def run() -> Any:
        settings = TeacherSettings.from_mapping({"preset": "gemini-native", **changed})
        http_client = httpx.AsyncClient(transport=httpx.MockTransport(handle))
        async with Teacher(settings, ledger, http_client=http_client, backoff=Backoff(first=0.01)) as teacher:
            return (await asyncio.gather(teacher.ask(prompt(), Annotation, clip(), "row-1"), return_exceptions=True))[
                0
            ]

    return asyncio.run(run()), sent


@needs_it
def test_an_answer_with_audio_and_schema(monkeypatch, ledger):
    found, sent = ask(monkeypatch, ledger, [(200, response())])
    assert found.value.caption == "rain on a roof"
    assert (found.usage.input_tokens, found.usage.output_tokens, found.usage.audio_tokens) == (120, 80, 16)
    body = json.loads(sent[0].content)
    audio, text = body["contents"][0]["parts"]
    assert base64.b64decode(audio["inlineData"]["data"].replace("-", "+").replace("_", "/")) == clip()
    assert text == {"text": "What is heard?"}
    assert body["generationConfig"]["responseMimeType"] == "application/json"
    assert "gemini-3.8-flash:generateContent" in str(sent[0].url)
    assert KEY not in str(sent[0].url), "the key goes by header"


@needs_it
@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        ((200, response(finish="MAX_TOKENS")), Fault.CUT_OFF),
        ((200, response(finish="SAFETY")), Fault.REFUSED),
        ((200, {"promptFeedback": {"blockReason": "SAFETY"}, "usageMetadata": USAGE}), Fault.REFUSED),
        ((200, response(text="")), Fault.EMPTY),
        ((200, response(text='{"caption": 3}')), Fault.WRONG_SCHEMA),
        ((500, {"error": {"code": 500, "message": "internal", "status": "INTERNAL"}}), Fault.SERVER_ERROR),
        ((400, {"error": {"code": 400, "message": "bad", "status": "INVALID_ARGUMENT"}}), Fault.BAD_REQUEST),
    ],
)
def test_faults_by_name(monkeypatch, ledger, answer, kind):
    found, sent = ask(monkeypatch, ledger, [answer], retries=0, resamples=0)
    assert isinstance(found, TeacherError) and found.kind is kind
    assert len(sent) == 1, "the library's own retries are off"


@needs_it
def test_a_wrong_key_stops_the_run(monkeypatch, ledger):
    details = [{"@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": "API_KEY_INVALID"}]
    body = {"error": {"code": 400, "message": f"API key {KEY} not valid", "details": details}}
    found, _ = ask(monkeypatch, ledger, [(400, body)])
    assert isinstance(found, TeacherUnusable) and found.kind is Fault.UNAUTHORIZED and KEY not in str(found)


@needs_it
def test_the_wait_in_the_body_is_honoured(monkeypatch, ledger):
    details = [{"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": "0.3s"}]
    body = {"error": {"code": 429, "message": "quota", "status": "RESOURCE_EXHAUSTED", "details": details}}
    waits = []
    monkeypatch.setattr(Backoff, "wait", lambda self, attempt, asked=None: waits.append(asked) or 0.0)
    found, sent = ask(monkeypatch, ledger, [(429, body), (200, response())])
    assert found.value.caption == "rain on a roof" and len(sent) == 2
    assert waits == [0.3]


@pytest.mark.skipif(installed(), reason="google-genai is installed")
def test_without_the_library_the_error_says_what_to_install(monkeypatch, ledger):
    monkeypatch.setenv("GEMINI_API_KEY", KEY)
    with pytest.raises(ImportError, match="pip install google-genai"):
        Teacher(TeacherSettings.from_mapping({"preset": "gemini-native"}), ledger)
