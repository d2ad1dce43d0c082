"""AuditoryBench++ in the schemas of its predecessor and of tables of multiple choice; another one is refused."""

from __future__ import annotations

import pytest

from evaluation.benchmarks.auditorybench_pp import read
from evaluation.benchmarks.question import Question


def test_a_word_that_is_left_out(tree, scored) -> None:
    """As AuditoryBench compares pitches: the choices are the two words that the table's answers are."""
    tree.text(
        "pitch/test.csv",
        "span1,span2,sentence,answer",
        "tuba,flute,The sound of tuba is [MASK] than the sound of flute,lower",
        "violin,cello,The sound of violin is [MASK] than the sound of cello,higher",
    )
    first, second = questions = read(tree.folder, "pitch")
    asked = "Which belongs in the place of [MASK]? The sound of tuba is [MASK] than the sound of flute"
    row = {"span1": "tuba", "span2": "flute", "sentence": "The sound of tuba is [MASK] than the sound of flute"}
    assert first == Question(
        id="pitch/1",
        entry={
            **row,
            "answer": "lower",
            "id": "pitch/1",
            "task": "pitch",
            "question": asked,
            "choices": ["higher", "lower"],
        },
        text=asked,
        answer="lower",
        choices=("higher", "lower"),
        kind="pitch",
    )
    assert first.recordings == ()
    found = scored("auditorybench_pp", questions, ["lower", "Lower than the cello."])
    assert (found.figures["official"], found.figures["strict"]) == (0.5, 0.5)
    assert found.figures["by_group"]["task"]["pitch"]["n"] == 2
    assert [verdict.item.id for verdict in found.verdicts] == ["pitch/1", "pitch/2"]
    assert found.figures["statements"] == [
        "No public scorer of AuditoryBench++ was found: official is MMAU's matcher here."
    ]


@pytest.mark.parametrize(
    ("task", "answers", "asked", "choices"),
    [
        ("pitch", ("lower", "higher"), "The sound of tuba has a [MASK] pitch than the sound of flute.", None),
        ("duration", ("shorter", "longer"), "The sound of tuba is [MASK] than the sound of flute.", None),
        ("loudness", ("flute", "tuba"), "Which is louder: tuba or flute?", ("tuba", "flute")),
        ("duration", ("tuba", "tuba"), "Which lasts longer: tuba or flute?", ("tuba", "flute")),
    ],
)
def test_two_sounds_that_are_compared_without_a_sentence(tree, task, answers, asked, choices) -> None:
    tree.text(f"{task}/test.csv", "span1,span2,answer", *(f"tuba,flute,{answer}" for answer in answers))
    questions = read(tree.folder, task)
    assert [question.answer for question in questions] == list(answers)
    assert {question.choices for question in questions} == {choices or tuple(sorted(answers))}
    assert questions[0].text.endswith(asked)


@pytest.mark.parametrize(
    ("header", "row"),
    [
        ("question,choices,answer", "Who says meow?,\"['a dog', 'a cat']\",a cat"),
        ("question,options,answer", "Who says meow?,\"['(A) a dog', '(B) a cat']\",(B) a cat"),
        ("sentence,option_a,option_b,answer", "Who says meow?,a dog,a cat,a cat"),
        ("question,A,B,C,answer", "Who says meow?,a dog,a cat,,B"),
    ],
)
def test_multiple_choice(tree, header, row) -> None:
    tree.text("animal/test.csv", header, row)
    (question,) = read(tree.folder, "animal")
    assert (question.text, question.choices, question.answer) == ("Who says meow?", ("a dog", "a cat"), "a cat")
    assert question.entry["answer"] == "a cat"


def test_all_tasks(tree) -> None:
    for task in ("pitch", "duration", "loudness"):
        tree.text(f"{task}/test.csv", "span1,span2,answer", "tuba,flute,tuba", "flute,tuba,tuba")
    for task in ("animal", "mmau"):
        tree.text(f"{task}/test.csv", "question,A,B,answer", "Which?,x,y,x")
    found = [question.id for question in read(tree.folder)]
    assert found == [
        *("pitch/1", "pitch/2", "duration/1", "duration/2", "loudness/1", "loudness/2"),
        *("animal/1", "mmau/1"),
    ]
    tree.path("loudness/test.csv").unlink()
    with pytest.raises(FileNotFoundError, match="none of loudness/test.csv, .*datasets/HJOK/AuditoryBenchpp"):
        read(tree.folder)
    assert len(read(tree.folder, "pitch")) == 2


@pytest.mark.parametrize(
    ("task", "lines", "error"),
    [
        (
            "animal",
            ["sound,animal,answer", "meow,cat,cat"],
            "entry 1, has the columns sound, animal, answer: no choices",
        ),
        ("animal", ["span1,span2,answer", "a,b,a"], "entry 1, has the columns span1, span2, answer: no choices"),
        ("animal", ["A,B,answer", "x,y,x"], "entry 1, has the columns A, B, answer: there is no question"),
        ("animal", ["question,label", "x,y"], "entry 1, has no 'answer'"),
        ("animal", ["question,A,B,answer", "?,x,y,z"], r"entry 1, has the answer 'z', which is none of \['x', 'y'\]"),
        ("animal", ["question,choices,answer", "?,x or y,x"], "entry 1, has no list of texts under 'choices'"),
        ("pitch", ["span1,span2,answer", "a,b,1"], r"entry 1, has the answer '1', which is none of \['a', 'b'\]"),
    ],
)
def test_a_table_in_a_schema_that_is_not_known(tree, task, lines, error) -> None:
    tree.text(f"{task}/test.csv", *lines)
    with pytest.raises(ValueError, match=f"{task}/test.csv, {error}"):
        read(tree.folder, task)
