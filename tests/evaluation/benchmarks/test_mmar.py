"""MMAR from its JSON with a folder of audio, or with the archive as it is published."""

from __future__ import annotations

import json
import tarfile

import pytest

from evaluation.benchmarks.mmar import read
from evaluation.benchmarks.question import Question
from evaluation.benchmarks.registry import read_questions


ENTRIES = [
    {
        "id": f"{number}_00-01",
        "audio_path": f"./audio/{number}.wav",
        "question": "Who speaks?",
        "choices": ["a man", "a woman"],
        "answer": "a woman",
        "modality": ("speech", "mix-sound-speech")[number],
        "category": "Semantic Layer",
        "sub-category": "Speaker Analysis",
        "language": "en",
        "source": "youtube",
        "url": ("https://www.youtube.com/watch?v=abcdefghijk", "")[number],
        "timestamp": "00:00,00:01",
    }
    for number in range(2)
]


@pytest.fixture
def official(tree):
    tree.json("MMAR-meta.json", ENTRIES)
    for number in range(2):
        tree.sound(f"audio/{number}.wav", 200 + 100 * number)
    return tree


def test_questions(official, scored) -> None:
    first, second = questions = read(official.folder)
    assert first == Question(
        id="0_00-01",
        entry=ENTRIES[0],
        text="Who speaks?",
        answer="a woman",
        choices=("a man", "a woman"),
        recordings=first.recordings,
        kind="speech",
        origin="https://www.youtube.com/watch?v=abcdefghijk",
    )
    assert first.recordings[0].path == str(official.path("audio/0.wav"))
    assert (second.kind, second.origin) == ("mix-sound-speech", "mmar/1.wav")
    found = scored("mmar", questions, ["A woman", "a man"])
    assert (found.figures["official"], found.figures["strict"], found.figures["statements"]) == (0.5, 0.5, [])
    assert [verdict.item.id for verdict in found.verdicts] == [question.id for question in questions]


def test_jsonl(official) -> None:
    official.path("MMAR-meta.json").unlink()
    official.text("MMAR-meta.jsonl", *map(json.dumps, ENTRIES))
    assert [question.id for question in read(official.folder)] == ["0_00-01", "1_00-01"]


def test_the_archive_is_unpacked_beside_the_folder(official) -> None:
    audio = official.path("audio")
    with tarfile.open(official.path("mmar-audio.tar.gz"), "w:gz") as tar:
        tar.add(audio, "audio")
    first = (audio / "0.wav").read_bytes()
    audio.rename(official.folder.parent / "elsewhere")
    questions = read(official.folder)
    place = official.folder.parent / "benchmark-mmar-audio" / "audio" / "0.wav"
    assert questions[0].recordings[0].path == str(place)
    assert questions[0].recordings[0].contents() == first


def test_a_broken_archive_is_named(official) -> None:
    official.path("audio").rename(official.folder.parent / "elsewhere")
    official.path("mmar-audio.tar.gz").write_bytes(b"no archive")
    with pytest.raises(ValueError, match="mmar-audio.tar.gz is broken .*: download it again"):
        read(official.folder)


def test_what_is_missing_is_named_with_where_to_get_it(official, tmp_path) -> None:
    official.path("audio/1.wav").unlink()
    with pytest.raises(FileNotFoundError, match=r"lacks the recording audio/1\.wav: .*datasets/BoJack/MMAR"):
        read_questions("mmar", str(official.folder))
    official.path("MMAR-meta.json").unlink()
    with pytest.raises(FileNotFoundError, match="none of MMAR-meta.json, .*datasets/BoJack/MMAR"):
        read(official.folder)


@pytest.mark.parametrize("field", ["id", "audio_path", "question", "choices", "answer", "modality"])
def test_an_entry_outside_the_layout(official, field) -> None:
    official.json("MMAR-meta.json", [ENTRIES[0], {**ENTRIES[1], field: ""}])
    with pytest.raises(ValueError, match=f"MMAR-meta.json, entry 2, has no .*{field}"):
        read(official.folder)


def test_an_id_that_is_there_twice(official) -> None:
    official.json("MMAR-meta.json", [ENTRIES[0], ENTRIES[0]])
    with pytest.raises(ValueError, match="the id '0_00-01' is there twice"):
        read_questions("mmar", str(official.folder))
