"""Large JSON files, member by member."""

from __future__ import annotations

import json

import pytest

from dataset_builder.sources import json_stream
from dataset_builder.sources.json_stream import BrokenJson, json_members


VALUES = {
    "number": 12345.678,
    "text": 'a "quoted" \\ caf\u00e9 \U0001f436 }],',
    "list": [1, [2, {"a": None}], True],
    "object": {"b": {"c": []}},
    "empty": "",
    "long": "x" * 300,
}


@pytest.mark.parametrize("chunk", [1, 2, 7, 64, 1 << 16])
@pytest.mark.parametrize("indent", [None, 2])
def test_members_wherever_the_chunks_end(tmp_path, monkeypatch, chunk, indent):
    monkeypatch.setattr(json_stream, "CHUNK", chunk)
    path = tmp_path / "a.json"

    path.write_text(json.dumps(VALUES, indent=indent))
    assert dict(json_members(path)) == VALUES

    path.write_text(json.dumps(list(VALUES.values()), indent=indent))
    assert list(json_members(path)) == [(str(n), value) for n, value in enumerate(VALUES.values())]

    path.write_text(json.dumps({"before": [1, 2], "data": {"rows": [10, 20]}, "after": 1}, indent=indent))
    assert list(json_members(path, ["data", "rows"])) == [("0", 10), ("1", 20)]


@pytest.mark.parametrize("text", ["[]", " { } ", "[ ]"])
def test_nothing_inside(tmp_path, text):
    (tmp_path / "a.json").write_text(text)

    assert list(json_members(tmp_path / "a.json")) == []


@pytest.mark.parametrize(
    ("text", "sound"),
    [
        ("", 0),
        ("3", 0),
        ("[1, 2", 2),
        ("[1, 2,", 2),
        ("[1 2]", 1),
        ('{"a": 1, "b" 2}', 1),
        ('{"a": 1, 2: 3}', 1),
        ('{"a": 1, "b": nope, "c": 3}' + " " * 100, 1),
        ('[1, "unending]', 1),
    ],
)
def test_the_sound_part_is_given_before_the_error(tmp_path, text, sound):
    (tmp_path / "a.json").write_text(text)
    found = []

    with pytest.raises(BrokenJson):
        found.extend(json_members(tmp_path / "a.json")) if sound == 0 else [
            found.append(member) for member in json_members(tmp_path / "a.json")
        ]
    assert len(found) == sound


def test_a_key_that_is_not_there(tmp_path):
    (tmp_path / "a.json").write_text('{"rows": []}')

    with pytest.raises(BrokenJson, match="no key 'data'"):
        list(json_members(tmp_path / "a.json", ["data"]))


def test_the_file_is_read_as_it_is_asked_for(tmp_path):
    path = tmp_path / "a.json"
    path.write_text("[" + "1, " * 200_000 + "broken")

    members = json_members(path)

    assert next(members) == ("0", 1)
