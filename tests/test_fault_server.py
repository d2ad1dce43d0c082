"""The server of the tests itself: its answers fit, and it is the same each time."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from random import Random
from typing import Literal

import pytest
from pydantic import BaseModel, Field

from dataset_builder.teachers.call import strict_schema
from tests.dataset_builder.teachers.conftest import Annotation
from tests.fault_server import FaultServer
from tests.schema_answers import fitting_value


class Leaf(BaseModel):
    """Bounds of all kinds."""

    share: float = Field(gt=0, lt=1)
    year: int = Field(ge=1900, le=1901)
    name: str = Field(min_length=30, max_length=40)
    below: int = Field(lt=-5)


class Tree(BaseModel):
    """References, unions, tuples and lists."""

    leaves: list[Leaf] = Field(min_length=2, max_length=5)
    pair: tuple[int, str]
    either: Leaf | str | None
    kind: Literal["one"]
    table: list[list[bool]]


@pytest.mark.parametrize("model", [Annotation, Leaf, Tree])
def test_values_fit_any_model(model):
    for seed in range(50):
        model.model_validate_json(json.dumps(fitting_value(strict_schema(model), Random(seed))))


def post(server: FaultServer, body: dict) -> dict:
    request = urllib.request.Request(
        f"{server.base_url}/chat/completions", json.dumps(body).encode(), {"Content-Type": "application/json"}
    )
    with urllib.request.urlopen(request, timeout=5) as response:
        return json.load(response)


def test_the_answer_depends_on_the_request_without_its_seed():
    schema = {"type": "json_schema", "json_schema": {"schema": strict_schema(Annotation)}}
    body = {"model": "m", "messages": [{"role": "user", "content": "hello"}], "response_format": schema}
    with FaultServer() as server:
        first, second = post(server, {**body, "seed": 1}), post(server, {**body, "seed": 2})
        other = post(server, {**body, "messages": [{"role": "user", "content": "goodbye"}]})
        with urllib.request.urlopen(server.base_url.replace("/v1", "/counts"), timeout=5) as response:
            counts = json.load(response)
    assert first == second != other
    assert (counts["requests"], counts["distinct"], counts["repeats"]) == (3, 2, 1)


def test_it_says_what_it_is_told_to_or_refuses_by_status_400():
    def say(request: dict, random: Random) -> str:
        if request["messages"][0]["content"] == "no":
            raise ValueError("not this one")
        return f"You said {request['messages'][0]['content']}."

    with FaultServer(say=say) as server:
        said = post(server, {"model": "m", "messages": [{"role": "user", "content": "hello"}]})
        with pytest.raises(urllib.error.HTTPError, match="400"):
            post(server, {"model": "m", "messages": [{"role": "user", "content": "no"}]})
    assert said["choices"][0]["message"]["content"] == "You said hello."


def test_an_unknown_fault_is_refused():
    with pytest.raises(ValueError, match="rate_limited"):
        FaultServer(faults={"gremlins": 1.0})
