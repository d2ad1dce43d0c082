"""MMAU from its JSON with folders of audio, and from the Parquet file of the Hub: the same questions."""

from __future__ import annotations

import json
from typing import Any

import pyarrow
import pyarrow.parquet as parquet
import pytest

from evaluation.benchmarks.mmau import read
from evaluation.benchmarks.question import Question
from evaluation.benchmarks.registry import read_questions
from evaluation.outputs import choice_benchmarks


def entry(name: str, task: str, choices: list[str], answer: str) -> dict[str, Any]:
    return {
        "id": name,
        "audio_id": f"./test-mini-audios/{name}.wav",
        "question": f"What is {name}?",
        "choices": choices,
        "answer": answer,
        "dataset": "AudioSet",
        "task": task,
        "split": "test-mini",
        "category": ["Reasoning"],
        "sub-category": "Acoustic Source Inference",
        "difficulty": "easy",
    }


ENTRIES = [entry("one", "sound", ["dog", "cat"], "cat"), entry("two", "music", ["A", "B", "C major"], "C major")]


@pytest.fixture
def official(tree):
    tree.json("mmau-test-mini.json", ENTRIES)
    for number, found in enumerate(ENTRIES):
        tree.sound(found["audio_id"], 200 + 100 * number)
    return tree


def write_parquet(tree, entries=ENTRIES, **changed: list[Any]) -> None:
    letters = "ABCDEFGH"
    lettered = [[f"({letters[place]}) {text}" for place, text in enumerate(found["choices"])] for found in entries]
    rest = ("id", "dataset", "task", "split", "category", "sub-category", "difficulty")
    columns = {
        "context": [{"bytes": tree.sound(f"{found['id']}.wav", 200 + 100 * n)} for n, found in enumerate(entries)],
        "instruction": [found["question"] for found in entries],
        "choices": lettered,
        "answer": [row[found["choices"].index(found["answer"])] for row, found in zip(lettered, entries, strict=True)],
        "other_attributes": [json.dumps({name: found[name] for name in rest}) for found in entries],
    }
    table = pyarrow.table({name: values for name, values in (columns | changed).items() if values})
    parquet.write_table(table, tree.path("test_mini.parquet"), row_group_size=1)
    for found in entries:
        tree.path(f"{found['id']}.wav").unlink()


def test_the_json_and_its_audio(official, scored) -> None:
    first, second = read(official.folder)
    assert first == Question(
        id="one",
        entry=ENTRIES[0],
        text="What is one?",
        answer="cat",
        choices=("dog", "cat"),
        recordings=first.recordings,
        kind="sound",
        origin="mmau/one.wav",
    )
    assert first.recordings[0].contents() == official.path("test-mini-audios/one.wav").read_bytes()
    assert second.choices == ("A", "B", "C major")
    found = scored("mmau", [first, second], ["cat", "C major"])
    assert (found.figures["official"], found.figures["strict"]) == (1, 1)
    assert [verdict.item.id for verdict in found.verdicts] == ["one", "two"]


def test_the_parquet_file_gives_the_same_questions_without_the_letters(official, tree, tmp_path) -> None:
    asked = read(official.folder)
    official.path("mmau-test-mini.json").unlink()
    write_parquet(tree)
    found = read(tree.folder)
    assert [question.entry for question in found] == ENTRIES
    assert [
        (question.id, question.choices, question.answer, question.kind, question.origin) for question in found
    ] == [(question.id, question.choices, question.answer, question.kind, question.origin) for question in asked]
    assert [q.recordings[0].contents() for q in found] == [q.recordings[0].contents() for q in asked]


def test_the_json_comes_first_where_its_audio_is_there(official, tree) -> None:
    write_parquet(tree, ENTRIES[:1])
    assert len(read(tree.folder)) == 2
    official.path("test-mini-audios").rename(official.path("moved"))
    assert len(read(tree.folder)) == 1


@pytest.mark.parametrize("layout", ["json", "parquet"])
def test_the_score_names_the_release(official, tree, scored, monkeypatch, layout) -> None:
    if layout == "parquet":
        official.path("mmau-test-mini.json").unlink()
        write_parquet(tree)
    questions = read(tree.folder)
    assert "no whole release" in scored("mmau", questions, ["", ""]).figures["statements"][-1]
    verdicts = scored("mmau", questions, ["", ""]).verdicts
    release = choice_benchmarks.items_hash([verdict.item for verdict in verdicts])
    # Ids, choices and answers alone: the same in both layouts.
    assert release == "9382d1be929fdcc9"
    monkeypatch.setitem(choice_benchmarks.MMAU_RELEASES, release, "test-mini of tones")
    assert scored("mmau", questions, ["", ""]).figures["statements"] == ["The items are MMAU test-mini of tones."]


def test_the_test_split_has_no_answers(tree) -> None:
    tree.json("mmau-test.json", [{**ENTRIES[0], "audio_id": "./test-audios/one.wav", "answer": ""}])
    tree.sound("test-audios/one.wav")
    (question,) = read(tree.folder, "test")
    assert question.answer == ""


def test_what_is_missing_is_named_with_where_to_get_it(official) -> None:
    with pytest.raises(FileNotFoundError, match="none of mmau-test.json, .*get it from https://github.com/Sakshi113"):
        read(official.folder, "test")
    official.path("test-mini-audios/two.wav").unlink()
    with pytest.raises(FileNotFoundError, match=r"lacks the recording test-mini-audios/two\.wav: unpack the audio"):
        read_questions("mmau", str(official.folder))


@pytest.mark.parametrize("field", ["id", "audio_id", "question", "choices", "task"])
def test_an_entry_outside_the_layout(official, field) -> None:
    official.json("mmau-test-mini.json", [ENTRIES[0], {**ENTRIES[1], field: None}])
    with pytest.raises(ValueError, match=f"mmau-test-mini.json, entry 2, has no .*{field}"):
        read(official.folder)


def test_an_id_that_is_there_twice(official) -> None:
    official.json("mmau-test-mini.json", [ENTRIES[0], ENTRIES[0]])
    with pytest.raises(ValueError, match="the id 'one' is there twice"):
        read_questions("mmau", str(official.folder))


@pytest.mark.parametrize(
    ("changed", "error"),
    [
        ({"instruction": []}, "has no column 'instruction' but context, choices, answer, other_attributes"),
        ({"other_attributes": ["{}", "{}"]}, "entry 1, has no 'id'"),
        ({"other_attributes": ["{", "{"]}, "entry 1, has other_attributes that are no JSON"),
        ({"other_attributes": ["[]", "[]"]}, "entry 1, has other_attributes that are no object"),
        ({"answer": ["(B) cat", ""]}, "entry 2, has no 'answer'"),
        ({"choices": [["(A) dog", "(B) cat"], []]}, "entry 2, has no list of texts under 'choices'"),
    ],
)
def test_a_parquet_file_outside_the_layout(tree, changed, error) -> None:
    write_parquet(tree, **changed)
    with pytest.raises(ValueError, match=error):
        read(tree.folder)


def test_a_parquet_file_that_is_cut_off(tree) -> None:
    write_parquet(tree)
    tree.path("test_mini.parquet").write_bytes(tree.path("test_mini.parquet").read_bytes()[:-8])
    with pytest.raises(ValueError, match="test_mini.parquet cannot be read as Parquet .*: download it again"):
        read(tree.folder)
