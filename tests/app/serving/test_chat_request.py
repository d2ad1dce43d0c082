"""Bodies as clients and others send them: what is asked for is done or refused, and nothing is passed over."""

from __future__ import annotations

import json

import pytest

from app.serving.chat_request import read_request
from app.serving.conversations import Recording, Source, characters, read_messages, with_recordings
from app.serving.limits import MOST_RECORDINGS
from app.serving.refusals import Refusal
from modeling_audio_reasoner.audio_loading import decode_base64


MESSAGES = [{"role": "user", "content": "a"}]


def request(**fields):
    return read_request(json.dumps({"model": "m", "messages": MESSAGES, **fields}).encode())


def test_what_openais_clients_send_is_read():
    found = request(
        temperature=0,
        top_p=1,
        max_tokens=5,
        max_completion_tokens=7,
        seed=3,
        n=1,
        stream=True,
        stream_options={"include_usage": True},
        response_format={"type": "text"},
        user="x",
        metadata={"a": "b"},
        tools=[],
        stop=None,
        presence_penalty=0.0,
        thinking_budget={"planning": 4},
    )
    assert (found.longest, found.seed, found.with_usage) == (7, 3, True)
    assert found.thinking_budget == {"planning": 4}


@pytest.mark.parametrize(
    ("fields", "said", "param"),
    [
        ({"n": 2}, "'n' cannot be taken", "n"),
        ({"tools": [{"type": "function"}]}, "'tools' cannot be taken", "tools"),
        ({"response_format": {"type": "json_object"}}, "'response_format.type' cannot be taken", "response_format"),
        ({"stop": ["a"]}, "'stop' cannot be taken", "stop"),
        ({"logit_bias": {"1": 2}}, "'logit_bias' is not something that this server does", "logit_bias"),
        ({"temperature": 3}, "'temperature' cannot be taken", "temperature"),
        ({"temperature": float("nan")}, "'temperature' cannot be taken", "temperature"),
        ({"max_tokens": "5"}, "'max_tokens' cannot be taken", "max_tokens"),
        ({"max_tokens": 0}, "'max_tokens' cannot be taken", "max_tokens"),
        ({"messages": []}, "'messages' cannot be taken", "messages"),
        ({"messages": "a"}, "'messages' cannot be taken", "messages"),
        ({"thinking_budget": {"thinking": 5}}, "'thinking_budget.thinking' cannot be taken", "thinking_budget"),
        ({"thinking_budget": {"planning": 0}}, "The budget of 'planning' is 0", "thinking_budget"),
        ({"thinking_budget": 5}, "'thinking_budget' cannot be taken", "thinking_budget"),
    ],
)
def test_what_is_not_done_is_refused_by_name(fields, said, param):
    with pytest.raises(Refusal) as raised:
        request(**fields)
    assert raised.value.status == 400 and raised.value.param == param
    assert raised.value.message.startswith(said) and "\n" not in raised.value.message
    assert raised.value.body()["error"]["type"] == "invalid_request_error"


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"\xff", b"3", b"[" * 100_000, b'{"model": "m"}'])
def test_what_is_no_request_is_refused(body):
    with pytest.raises(Refusal) as raised:
        read_request(body)
    assert raised.value.status == 400


def read(*parts, allow_urls=False, role="user"):
    return read_messages([{"role": role, "content": list(parts)}], decode_base64, allow_urls)


def test_recordings_are_found_in_order():
    text = {"type": "text", "text": "abc"}
    first = {"type": "input_audio", "input_audio": {"data": "QQ==", "format": "wav"}}
    second = {"type": "audio_url", "audio_url": {"url": "data:audio/wav;base64,Qg=="}}
    third = {"type": "audio_url", "audio_url": {"url": "https://a.example/c"}}
    messages, sources = read(first, text, second, third, allow_urls=True)
    assert messages[0]["content"] == [Recording(0), text, Recording(1), Recording(2)]
    assert sources == [
        Source("Recording 1", b"A"),
        Source("Recording 2", b"B"),
        Source("Recording 3", url="https://a.example/c"),
    ]
    filled = with_recordings(messages, [{"array": 1}, {"array": 2}, {"array": 3}])
    assert [part.get("audio") for part in filled[0]["content"]] == [{"array": 1}, None, {"array": 2}, {"array": 3}]
    assert characters(messages) == 3


@pytest.mark.parametrize(
    "part",
    [
        {"type": "audio", "audio": "/etc/passwd"},
        {"type": "audio", "path": "/etc/passwd"},
        {"type": "audio", "url": "file:///etc/passwd"},
        {"type": "image", "image": {"path": "/etc/passwd"}},
        {"type": "input_audio", "input_audio": "/etc/passwd"},
        {"type": "input_audio", "input_audio": {"data": "/etc/passwd", "format": "wav"}},
        {"type": "input_audio", "input_audio": {"data": "QQ==", "format": "wav"}, "path": "/etc/passwd"},
        {"type": "input_audio", "input_audio": {"data": "QQ==", "path": "/etc/passwd"}},
        {"type": "audio_url", "audio_url": {"url": "QQ==", "path": "/etc/passwd"}},
        {"type": "audio_url", "audio_url": "/etc/passwd"},
        {"type": "audio_url", "audio_url": {"url": "http://a.example/b"}},
        "/etc/passwd",
        None,
    ],
)
def test_no_file_of_this_machine_and_no_address_is_read(part):
    with pytest.raises(Refusal) as raised:
        read(part)
    assert raised.value.status == 400 and raised.value.param == "messages"


def test_more_recordings_than_may_be_are_refused():
    part = {"type": "input_audio", "input_audio": {"data": "QQ==", "format": "wav"}}
    assert len(read(*[part] * MOST_RECORDINGS)[1]) == MOST_RECORDINGS
    with pytest.raises(Refusal, match=f"more than {MOST_RECORDINGS} recordings"):
        read(*[part] * (MOST_RECORDINGS + 1))


def test_the_last_word_is_the_users():
    with pytest.raises(Refusal, match="nothing to answer"):
        read({"type": "text", "text": "a"}, role="assistant")
    with pytest.raises(Refusal, match="calls no tools"):
        read({"type": "text", "text": "a"}, role="tool")


def test_half_of_the_thinking_is_refused():
    said = {"role": "assistant", "content": "b", "reasoning_sections": {"planning": "a"}}
    with pytest.raises(Refusal, match="a part of the thinking"):
        read_messages([said, *MESSAGES], decode_base64, False)
    plain, _ = read_messages([{**said, "reasoning_sections": None}, *MESSAGES], decode_base64, False)
    assert plain[0] == {"role": "assistant", "content": "b"}
