"""Stage `read`: a group of recordings is in one split, whatever the corpora say."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import soundfile

from dataset_builder.build import run_build
from dataset_builder.build_settings import read_build
from dataset_builder.engine.executors import Execution, run_stage, stage_folder
from dataset_builder.group_splits import GroupSplits
from dataset_builder.stages.read import Read
from tests.dataset_builder.listening_teacher import answer
from tests.dataset_builder.stages.test_taught_build import build_file
from tests.fault_server import FaultServer


SHARES = {"train": 1.0, "validation": 0.0, "test": 0.0}
GIVEN = {
    "first": {"a": "train", "b": "train", "c": "validation", "d": None, "e": None},
    "second": {"a": "test", "b": "train", "c": "train", "d": "test"},
    "third": {"a": "validation", "c": None},
}
"""The split that each corpus names for its recording of a group."""
EXPECTED = {"a": "test", "b": "train", "c": "validation", "d": "test", "e": "train"}
NOTE = (
    "5 recordings are in the split in which a corpus holds out their group: "
    "2 from train to test, 2 from train to validation, 1 from validation to test."
)


@pytest.fixture
def sources(tmp_path) -> list[dict]:
    """Three corpora that share recordings of five groups."""
    for name, groups in GIVEN.items():
        folder = tmp_path / name
        folder.mkdir()
        lines = []
        for number, (group, split) in enumerate(groups.items()):
            draw = np.random.default_rng([len(name), number])
            soundfile.write(folder / f"{group}.wav", 0.1 * draw.standard_normal(16_000), 16_000)
            facts = {"file_name": f"{group}.wav", "group": f"youtube/{group}", "domain": "sound", "license": "CC0-1.0"}
            lines.append(facts | {"event": "noise"} | ({"split": split} if split else {}))
        (folder / "metadata.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    return [{"corpus": "folder", "folder": str(tmp_path / name), "name": name} for name in GIVEN]


def read(tmp_path: Path, sources: list[dict]) -> tuple[dict[str, str], list[str]]:
    """The split of each recording, and the notes."""
    folder = stage_folder(tmp_path / "work", 0, "read", "k")
    run_stage(Read(sources, tmp_path, SHARES, 0), folder, None, 1, 0, Execution())
    notes = [line for path in (folder.path / "notes").glob("*.txt") for line in path.read_text().splitlines()]
    assert not list((folder.path / "read").iterdir())
    for row in folder.rows(0):
        assert row["recording"]["split"] in (None, row["split"])
    return {row["id"]: row["split"] for row in folder.rows(0)}, notes


def test_a_group_is_in_its_most_held_out_split(tmp_path, sources):
    splits, notes = read(tmp_path, sources)
    assert splits == {f"{name}/{group}.wav": EXPECTED[group] for name in GIVEN for group in GIVEN[name]}
    assert notes == [NOTE]


def test_the_order_of_the_sources_changes_nothing(tmp_path, sources):
    assert read(tmp_path, sources[::-1]) == read(tmp_path / "again", sources)


def test_nothing_is_said_where_nothing_was_moved(tmp_path, sources):
    splits, notes = read(tmp_path, sources[1:2])
    assert splits["second/a.wav"] == "test" and notes == []


def test_two_names_of_one_file_are_one_recording(tmp_path):
    """By a symbolic link, a hard link, a second line, and in a second source; not of one group, nor a copy."""
    folder, other = tmp_path / "rec", tmp_path / "other"
    folder.mkdir()
    other.mkdir()
    for name in ("a", "b"):
        soundfile.write(folder / f"{name}.wav", np.full(1_600, 0.1), 16_000)
    (folder / "link.wav").symlink_to("a.wav")
    (folder / "hard.wav").hardlink_to(folder / "a.wav")
    lines = [("a.wav", "a", ""), ("b.wav", "b", "one"), ("link.wav", "link", ""), ("hard.wav", "hard", "")]
    lines += [("a.wav", "again", ""), ("b.wav", "together", "one")]
    text = "".join(f"{','.join(line)}\n" for line in (("file_name", "id", "group"), *lines))
    (folder / "metadata.csv").write_text(text)
    (other / "c.wav").symlink_to(folder / "a.wav")
    given = {"corpus": "folder", "domain": "sound", "license": "CC0-1.0"}
    splits, _ = read(tmp_path, [given | {"folder": "rec"}, given | {"folder": "other"}])
    assert list(splits) == ["rec/a", "rec/b", "rec/together"]
    left = {line["id"]: line["reason"] for line in stage_folder(tmp_path / "work", 0, "read", "k").left(0)}
    assert set(left) == {"rec/link", "rec/hard", "rec/again", "other/c.wav"}
    assert all("is that of 'rec/a' too" in reason for reason in left.values())
    assert f"rec/link.wav, a link to {folder.resolve()}/a.wav," in left["rec/link"]


def test_such_a_build_gets_to_its_end_and_says_so(tmp_path, sources):
    with FaultServer(answer=answer) as server:
        report = run_build(read_build(build_file(tmp_path, tmp_path, server, sources=sources, splits=SHARES)))
    assert NOTE in report.notes
    assert sum(report.statistics["rows"].values()) > 5
    assert NOTE in json.loads((tmp_path / "cota" / "statistics.json").read_text())["notes"]


def test_a_group_takes_eight_bytes_and_is_found_again():
    groups = GroupSplits()
    for number in range(100_000):
        groups.add(f"youtube/{number}", "train")
    for number in range(0, 100_000, 1_000):
        groups.add(f"youtube/{number}", "test" if number % 2_000 else "validation")
    assert groups.of("youtube/0") == "validation" and groups.of("youtube/1000") == "test"
    assert groups.of("youtube/1") == "train" and groups.of("youtube/100000") is None
    assert groups._added.itemsize == 8 and len(groups) == 100_100
    assert GroupSplits().of("youtube/0") is None
