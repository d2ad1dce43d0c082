"""Settings of a teacher: presets, errors that say what to do, nothing secret."""

from __future__ import annotations

import pytest

from dataset_builder.teachers.settings import TeacherSettings, load_presets


LOCAL = {"model": "m", "base_url": "http://localhost:8000/v1"}


@pytest.mark.parametrize("name", sorted(load_presets()))
def test_presets_are_valid_settings(name):
    settings = TeacherSettings.from_mapping({"preset": name})
    assert settings.preset == name
    assert settings.tokens_per_audio_second if settings.hears else True
    assert (settings.price is None) == (settings.host == "localhost"), "a provider's price is stated, your own is not"


def test_a_preset_is_overridden_and_its_parameters_are_merged():
    settings = TeacherSettings.from_mapping(
        {"preset": "gemini", "in_flight": 3, "parameters": {"temperature": 0.2, "reasoning_effort": None}}
    )
    assert settings.in_flight == 3
    assert settings.parameters == {"max_completion_tokens": 8192, "temperature": 0.2}
    assert settings.model == "gemini-3.8-flash"


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"preset": "gemni"}, "gemini"),
        ({"model": "m"}, "base_url missing"),
        ({**LOCAL, "modle": "x"}, "did you mean 'model'"),
        ({**LOCAL, "base_url": "localhost:8000"}, "http://localhost:8000/v1"),
        ({**LOCAL, "structured": "yaml"}, "json_schema, json_object, prompt"),
        ({**LOCAL, "in_flight": 0}, "in_flight is 0"),
        ({**LOCAL, "in_flight": 2.5}, "a whole number"),
        ({**LOCAL, "requests_per_minute": float("nan")}, "requests_per_minute"),
        ({**LOCAL, "timeout": None}, "timeout is None"),
        ({**LOCAL, "hears": "yes"}, "true or false"),
        ({**LOCAL, "parameters": {"messages": []}}, "the builder sets it"),
        ({**LOCAL, "parameters": [1]}, "names and values"),
        ({**LOCAL, "price": {"input": 1}}, "price: null"),
        ({**LOCAL, "price": 0}, "price is 0; write what a million tokens cost, such as {currency: USD, input: 0,"),
        ({**LOCAL, "price": True}, "price is True"),
        ({"preset": ["gemini"]}, "there is no preset ['gemini']"),
        ({**LOCAL, "price": {"currency": "USD", "input": -1, "output": 1, "read_on": "2026-11"}}, "input is -1"),
        ({**LOCAL, "price": {"currency": "USD", "input": 1, "output": 1, "read_on": "today"}}, "read_on"),
    ],
)
def test_errors_name_the_field_and_say_what_to_write(fields, said):
    with pytest.raises(ValueError, match="teacher|price") as error:
        TeacherSettings.from_mapping(fields)
    assert said in str(error.value)


@pytest.mark.parametrize(
    "fields",
    [
        {**LOCAL, "api_key": "sk-5ecret"},
        {**LOCAL, "api_key_env": "sk-5ecret"},
        {**LOCAL, "api_key_env": "AIzaSyA5ecret"},
        {**LOCAL, "base_url": "http://user:sk-5ecret@localhost/v1"},
        {**LOCAL, "base_url": "http://localhost/v1?key=sk-5ecret"},
        {**LOCAL, "base_url": "http://localhost:sk-5ecret/v1"},
        {**LOCAL, "parameters": {"api_key": "sk-5ecret"}},
        {**LOCAL, "parameters": {"extra_headers": {"Authorization": "sk-5ecret"}}},
    ],
)
def test_a_key_in_the_settings_is_refused_and_not_repeated(fields):
    with pytest.raises(ValueError) as error:
        TeacherSettings.from_mapping(fields)
    assert "5ecret" not in str(error.value)


@pytest.mark.parametrize("name", ["max_tokens", "max_completion_tokens", "top_k", "seed", "thinking_budget_tokens"])
def test_ordinary_parameters_are_passed_on(name):
    assert TeacherSettings.from_mapping({**LOCAL, "parameters": {name: 5}}).parameters == {name: 5}


def test_identity_is_what_determines_an_answer():
    first = TeacherSettings.from_mapping({**LOCAL, "api_key_env": "SOME_KEY", "parameters": {"temperature": 0.5}})
    assert first.identity() == {
        "model": "m",
        "endpoint": "localhost",
        "parameters": {"temperature": 0.5},
        "structured": "json_schema",
    }
    other = TeacherSettings.from_mapping({**LOCAL, "base_url": "http://localhost:9999/v1", "in_flight": 1})
    assert other.identity()["endpoint"] == "localhost", "a server may come back at another port"


def test_limits_are_shared_among_processes():
    settings = TeacherSettings.from_mapping(
        {**LOCAL, "in_flight": 10, "requests_per_minute": 100, "tokens_per_minute": 9000}
    )
    part = settings.share(4)
    assert (part.in_flight, part.requests_per_minute, part.tokens_per_minute) == (2, 25.0, 2250.0)
    with pytest.raises(ValueError, match="at most 10 workers"):
        settings.share(11)


def test_waiting_for_a_batch_takes_no_call_in_flight():
    settings = TeacherSettings.from_mapping({**LOCAL, "in_flight": 8, "requests_per_minute": 100})
    part = settings.share(16, batch=True)
    assert (part.in_flight, part.requests_per_minute) == (1, 6.25)
    with pytest.raises(ValueError, match="at most 100 workers"):
        settings.share(101, batch=True)
