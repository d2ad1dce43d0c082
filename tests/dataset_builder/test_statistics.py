"""What is counted of a row's review."""

from __future__ import annotations

from typing import Any

from dataset_builder.statistics import Statistics
from modeling_audio_reasoner import SECTIONS


ROW: dict[str, Any] = {
    "id": "1",
    "duration": 2.0,
    "domain": "sound",
    "task": "sound_event",
    "license": "CC0-1.0",
    "annotations": {"recordings": []},
    "question": "Which sound is heard?",
    "choices": ["a bell", "a drum"],
    "answer": "a bell",
    "teacher": {"model": "ear"},
    **dict.fromkeys(SECTIONS, "A bell rings."),
}


def test_questions_and_narrow_clips_are_counted():
    statistics = Statistics()
    for number, split in enumerate(("train", "test", "test")):
        statistics.add(ROW | {"id": str(number), "review": {}}, split)
    narrow = {"recordings": [], "bandwidth_hz": 4_000}
    statistics.add(ROW | {"id": "n", "task": "word", "annotations": narrow, "choices": [], "review": {}}, "test")
    found = statistics.result()
    assert found["test_questions"] == {"overall": 2, "by_domain": {"sound": 2}, "by_task": {"sound_event": 2}}
    assert found["narrow_tasks"] == ["word"]


def test_rows_that_could_not_be_judged_are_counted_apart():
    statistics = Statistics()
    for review in ({"needs_audio": None}, {"needs_audio": True}, {"needs_audio": False}, {"needs_audio": True}, {}):
        statistics.add(ROW | {"review": review}, "train")
    assert statistics.result()["needs_audio"] == {"not judged": 1, "yes": 2, "no": 1}


def test_recordings_of_joined_rows_are_counted_under_the_licence_of_their_source():
    """As long as the source has one; the table of the card then has as many recordings as there are."""
    statistics = Statistics()

    def add(license: str, *ids: str) -> None:
        heard = [{"id": name, "group": name} for name in ids]
        statistics.add(ROW | {"license": license, "annotations": {"recordings": heard}, "review": {}}, "train")

    add("CC0-1.0", "bells/1")
    add("GPL-2.0-only", "drums/1")
    add("MIT", "horns/1")
    add("CC0-1.0", "horns/2")
    add("CC0-1.0 AND GPL-2.0-only", "bells/1", "bells/2", "drums/2")
    add("CC0-1.0 AND MIT", "bells/3", "horns/1", "horns/3")
    found = statistics.result()
    assert [tuple(line.values()) for line in found["sources"]] == [
        ("bells", "CC0-1.0", 3),
        ("drums", "GPL-2.0-only", 2),
        ("horns", "CC0-1.0", 1),
        ("horns", "CC0-1.0 AND MIT", 1),
        ("horns", "MIT", 1),
    ]
    assert sum(line["recordings"] for line in found["sources"]) == found["recordings"]["train"]
