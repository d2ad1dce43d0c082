"""The reader of tables: what is broken is named and the rest goes on."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from dataset_builder.recording import BrokenRecording, Recording
from dataset_builder.sources.corpus_description import read_description
from dataset_builder.sources.entry import Entry, Place, recordings
from dataset_builder.sources.tables import TableSource


MINIMAL = {
    "name": "tiny",
    "home": "https://example.org",
    "license": "CC0-1.0",
    "domain": "sound",
    "id": "{name}",
    "group": "tiny/{name}",
    "audio": ["{name}.wav", "{name}.flac"],
    "annotations": {"labels": {"column": "label", "rows": True}},
    "tables": {"all": {"path": "all.csv"}},
}


def _read(folder: Path, **changes) -> list:
    description = read_description({**MINIMAL, **changes}, Path("tiny.yaml"))
    return list(TableSource(description, folder).read())


def _reasons(items: list) -> list[str]:
    return [item.reason for item in items if isinstance(item, BrokenRecording)]


def test_a_missing_file_is_named_and_the_rest_goes_on(tree):
    tree.text("all.csv", "name,label", "a,dog", "b,cat", "c,cow")
    tree.audio("a.wav", "c.flac")

    a, b, c = _read(tree.folder)

    assert (a.audio.path, c.audio.path) == (tree.folder / "a.wav", tree.folder / "c.flac")
    assert isinstance(b, BrokenRecording)
    assert (b.id, b.source) == ("tiny/b", "tiny")
    assert b.reason == (
        f"all.csv, line 3: the audio file {tree.folder}/b.wav is not there nor under 1 other names that the corpus "
        "uses; fetch it, or take it out of the list."
    )


def test_a_broken_line_is_named_by_file_and_line(tree):
    tree.text("all.csv", "name,label", "a,dog", "b", "c,cat,mouse", "d,cow")
    tree.audio("a.wav", "d.wav")

    a, b, c, d = _read(tree.folder)

    assert [type(item) for item in (a, b, c, d)] == [Recording, BrokenRecording, BrokenRecording, Recording]
    assert (b.id, b.reason) == ("tiny/all.csv:3", "all.csv, line 3: it has 1 fields and the header 2.")
    assert (c.id, c.reason) == ("tiny/all.csv:4", "all.csv, line 4: it has 3 fields and the header 2.")


def test_bytes_of_another_encoding_break_their_line_alone(tree):
    path = tree.text("all.csv", "name,label", "a,dog")
    path.write_bytes(path.read_bytes() + b"b,caf\xe9\nc,cow\n")
    tree.audio("a.wav", "b.wav", "c.wav")

    items = _read(tree.folder)

    assert [item.id for item in items] == ["tiny/a", "tiny/all.csv:3", "tiny/c"]
    assert _reasons(items) == ["all.csv, line 3: it has bytes that are not utf-8-sig."]


def test_a_nul_byte_does_not_end_the_reading(tree):
    path = tree.text("all.csv", "name,label", "a,dog")
    path.write_bytes(path.read_bytes() + b"b\x00,cat\nc,cow\n")
    tree.audio("a.wav", "c.wav")

    items = _read(tree.folder)

    assert len(items) == 3
    assert [item.id for item in items if isinstance(item, Recording)] == ["tiny/a", "tiny/c"]


def test_a_quotation_that_is_not_closed_costs_its_line_alone(tree):
    tree.text("all.csv", "name,label", "a,dog", 'b,"cat', "c,cow", 'd,"a ""big"" fox,', 'and a small one"', "e,hen")
    tree.audio("a.wav", "c.wav", "d.wav", "e.wav")

    items = _read(tree.folder)

    assert [item.id for item in items] == ["tiny/a", "tiny/all.csv:3", "tiny/c", "tiny/d", "tiny/e"]
    assert _reasons(items) == [
        "all.csv, line 3: a quotation mark is opened and not closed before the end of the line."
    ]
    assert items[3].annotations == {"labels": ['a "big" fox, and a small one']}


def test_a_quotation_that_is_open_at_the_end(tree):
    tree.text("all.csv", "name,label", 'a,"dog', *(f"b{number},cat" for number in range(20_000)))

    items = _read(tree.folder)

    assert len(items) == 20_001
    assert items[0].id == "tiny/all.csv:2"
    assert [item.id for item in items[-2:]] == ["tiny/b19998", "tiny/b19999"]


def test_a_name_that_no_file_can_have(tree):
    tree.text("all.csv", "name,label", "x" * 5_000 + ",dog", "a,cat")
    tree.audio("a.wav")

    broken, a = _read(tree.folder)

    assert isinstance(broken, BrokenRecording)
    assert a.id == "tiny/a"


def test_a_broken_line_of_a_second_table_is_named_once(tree):
    tree.text("one.csv", "name,label", "a,dog")
    tree.text("two.csv", "name,label", "b,cat")
    tree.text("facts.csv", "file,licence", "a,MIT", "b,MIT,or not")
    tree.audio("a.wav", "b.wav")

    items = _read(
        tree.folder,
        tables={"one": {"path": "one.csv"}, "two": {"path": "two.csv"}},
        joins={"facts": {"path": "facts.csv", "key": "file", "equals": "{name}"}},
        license={"column": "facts.licence", "otherwise": "NOASSERTION"},
    )

    assert [item.id for item in items] == ["tiny/facts.csv:3", "tiny/a", "tiny/b"]
    assert [item.license for item in items[1:]] == ["MIT", "NOASSERTION"]


def test_an_entry_without_its_name_says_what_is_missing(tree):
    tree.text("all.csv", "name,label", ",dog")

    assert _reasons(_read(tree.folder)) == ["all.csv, line 2: it has no value for {name}."]


def test_a_double_name_names_both_lines(tree):
    tree.text("all.csv", "name,label", "a,dog", "b,cat")
    tree.text("more.csv", "name,label", "c,cow", "a,dog")
    tree.audio("a.wav", "b.wav", "c.wav")

    items = _read(tree.folder, tables={"all": {"path": "all.csv"}, "more": {"path": "more.csv"}})

    assert [item.id for item in items] == ["tiny/a", "tiny/b", "tiny/c", "tiny/more.csv:3"]
    assert _reasons(items) == ["more.csv, line 3: 'a' is listed before, in all.csv, line 2; one of the two must go."]


def test_names_of_one_hash_are_told_apart():
    class Name(str):
        def __hash__(self) -> int:
            return 1

    def entries() -> Iterator[Entry]:
        for number, name in enumerate("abca", start=1):
            yield Entry(Place("list", number), Name(name), [], "sound", "MIT", None, name)

    items = list(recordings("tiny", entries))

    assert [item.id for item in items] == ["tiny/a", "tiny/b", "tiny/c", "tiny/list:4"]
    assert _reasons(items)[3] == "list, line 4: 'a' is listed before, in list, line 1; one of the two must go."


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        ("one", {"tiny/a": ["dog"], "tiny/b": ["cat"]}),
        ("consecutive", {"tiny/a": ["dog", "wolf"], "tiny/b": ["cat"]}),
        ("scattered", {"tiny/a": ["dog", "wolf", "fox"], "tiny/b": ["cat"]}),
    ],
)
def test_lines_of_one_recording_are_gathered(tree, rows, expected):
    tree.text("all.csv", "name,label", "a,dog", "a,wolf", "b,cat", "a,fox")
    tree.audio("a.wav", "b.wav")

    items = _read(tree.folder, rows=rows)

    assert {item.id: item.annotations["labels"] for item in items if isinstance(item, Recording)} == expected
    assert len(_reasons(items)) == {"one": 2, "consecutive": 1, "scattered": 0}[rows]


def test_a_wrong_table_is_an_error_that_names_the_columns(tree):
    tree.text("all.csv", "file,tag", "a,dog")

    with pytest.raises(ValueError, match=r"all.csv has the columns file, tag, and none called name, .*the id of tiny"):
        _read(tree.folder)


def test_a_table_that_is_no_text_is_an_error(tree):
    (tree.folder / "all.csv").write_bytes(b"\x89PNG\xff,name")

    with pytest.raises(ValueError, match="all.csv begins with bytes that are not utf-8-sig"):
        _read(tree.folder)


def test_an_empty_table_is_an_error(tree):
    tree.text("all.csv")

    with pytest.raises(ValueError, match="all.csv is empty"):
        _read(tree.folder)


def test_a_line_that_is_not_json_does_not_end_the_reading(tree):
    tree.text("all.jsonl", '{"name": "a"}', "", '{"name": "b"', "[1]", '{"name": "c"}')
    tree.audio("a.wav", "c.wav")

    items = _read(tree.folder, tables={"all": {"path": "all.jsonl"}})

    assert [item.id for item in items] == ["tiny/a", "tiny/all.jsonl:3", "tiny/all.jsonl:4", "tiny/c"]
    assert "line 3: it is not JSON" in _reasons(items)[0]
    assert _reasons(items)[1] == "all.jsonl, line 4: it is a list, not an object."


def test_a_json_file_is_read_up_to_where_it_breaks(tree):
    whole = json.dumps([{"name": "a"}, {"name": "b"}, {"name": "c"}])
    tree.text("all.json", whole[: whole.index("c")] + '"')
    tree.audio("a.wav", "b.wav")

    items = _read(tree.folder, tables={"all": {"path": "all.json"}})

    assert [item.id for item in items] == ["tiny/a", "tiny/b", "tiny/all.json:3"]
    assert "all.json, element 3: it is not JSON" in _reasons(items)[0]


def test_an_unknown_domain_of_a_line_breaks_it_alone(tree):
    tree.text("all.csv", "name,label,kind", "a,dog,sound", "b,cat,noise")
    tree.audio("a.wav", "b.wav")

    items = _read(tree.folder, domain={"column": "kind"})

    assert isinstance(items[0], Recording)
    assert "has the domain 'noise'; use one of sound, speech, music" in _reasons(items)[0]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"licence": "MIT"}, "has 'licence'; what is known is"),
        ({"home": ""}, "has no 'home'"),
        ({"audio": ""}, "has no 'audio'"),
        ({"annotations": {"label": "label"}}, "annotation 'label', which `annotation_keys` does not list"),
        ({"annotations": {"labels": {"colum": "label"}}}, "has 'colum'; what is known is column"),
        ({"annotations": {"labels": {"split": ","}}}, "must have exactly one of"),
        ({"tables": {"all": {"path": "all.txt"}}}, "format 'txt'; use one of csv"),
        ({"tables": {"all": {"path": "all.csv", "split": "dev"}}}, "is the split 'dev'; use one of train"),
        ({"rows": "all"}, "'all' as rows"),
        ({"id": "{name|upper}"}, "asks for 'upper'"),
    ],
)
def test_a_wrong_description_is_named(changes, message):
    with pytest.raises(ValueError, match=message):
        read_description({**MINIMAL, **changes}, Path("tiny.yaml"))
