"""Rows that are test items: what is compared is said, what cannot be is refused, fingerprints are taken once."""

from __future__ import annotations

import asyncio
import json
import shutil

import numpy as np
import pytest

from dataset_builder.build import run_build
from dataset_builder.build_stages import plan_build
from dataset_builder.engine.stage import BuildStopped, TaskPlace
from dataset_builder.engine.stage_folder import StageFolder
from dataset_builder.measuring.fingerprint_index import FingerprintIndex
from dataset_builder.stages import decontaminate
from dataset_builder.stages.decontaminate import Decontaminate


QUESTION = "Which instrument opens the piece after the applause?"


@pytest.fixture
def mmau(recordings, tmp_path):
    """Two test items: a sound of the recordings under another name, and one whose audio is not there."""
    folder = tmp_path / "mmau"
    (folder / "audios").mkdir(parents=True)
    lines = [
        {"id": name, "audio_id": f"./audios/{name}.wav", "question": QUESTION, "choices": ["a flute", f"a {name}"]}
        for name in ("heard", "absent")
    ]
    (folder / "mmau-test-mini.json").write_text(json.dumps(lines))
    bell = next(recording for recording in recordings if recording.id == "events/bell-1")
    shutil.copyfile(bell.audio.path, folder / "audios" / "heard.wav")
    return folder


@pytest.fixture
def taken(monkeypatch):
    """The files of which fingerprints were taken for the index."""
    found = []
    original = decontaminate.fingerprint_of

    def fingerprint_of(audio):
        found.append(audio.path.name)
        return original(audio)

    monkeypatch.setattr(decontaminate, "fingerprint_of", fingerprint_of)
    return found


@pytest.fixture
def build_of_sounds(recordings, settings, tmp_path, mmau):
    sounds = [recording for recording in recordings if recording.domain == "sound"]

    def make(rows=40, fingerprint=True, **options):
        measure = {"facts": ["silence"], "fingerprint": fingerprint}
        given = {"benchmarks": {"mmau": str(mmau)}} | options
        return settings(sounds, tmp_path / "cota", rows, measure=measure, decontaminate=given)

    return make


def test_a_test_item_is_found_by_the_recordings_that_a_clip_was_mixed_of(build_of_sounds, taken):
    made = build_of_sounds(without_audio=["mmau"])
    report = run_build(made)
    planned = {item.stage.name: item for item in plan_build(made)}
    item = planned["decontaminate"]
    left = {line["id"] for rank in range(item.tasks) for line in item.folder.left(rank)}
    before = [row for rank in range(item.tasks) for row in planned["review"].folder.rows(rank)]
    assert left == {row["id"] for row in before if "bell-1" in row["source_id"].split("+")} != set()
    assert report.left == {"decontaminate: mmau by audio": len(left)}

    compared = {"benchmark": "mmau", "items": 2, "source_id": 2, "audio": 1, "question": 2}
    assert report.statistics["decontamination"] == [compared]
    assert report.notes[-1] == "Looked for: 2 test items of mmau, 2 of them by source id, 1 by audio, 2 by question."
    card = (made.output / "README.md").read_text()
    assert "| mmau | 2 | 2 | 1 | 2 |" in card and "Of mmau not all items were compared by audio" in card

    assert taken == ["heard.wav"]  # once for three slices
    run_build(build_of_sounds(rows=30, without_audio=["mmau"]))
    assert taken == ["heard.wav"]  # and for another build of the stages


def test_other_benchmark_files_are_compared_anew(build_of_sounds, mmau, taken):
    made = build_of_sounds(without_audio=["mmau"])
    run_build(made)
    (mmau / "audios" / "heard.wav").rename(mmau / "audios" / "absent.wav")
    report = run_build(made)
    assert taken == ["heard.wav", "absent.wav"]
    item = next(item for item in plan_build(made) if item.stage.name == "decontaminate")
    reasons = {line["reason"].split(",")[0] for rank in range(item.tasks) for line in item.folder.left(rank)}
    assert reasons == {"mmau absent"} and report.left


def test_items_that_cannot_be_heard_are_refused_before_anything_is_run(build_of_sounds, mmau):
    made = build_of_sounds()
    expected = (
        r"1 of the 2 test items of mmau cannot be compared by their sound \(absent: .*not there\).*without_audio"
    )
    with pytest.raises(ValueError, match=expected):
        run_build(made)
    (mmau / "audios" / "absent.wav").write_bytes(b"no audio")
    with pytest.raises(ValueError, match=r"1 of the 2 test items of mmau .*absent: .*absent\.wav"):
        run_build(made)
    assert not any(item.folder.path.exists() for item in plan_build(made))


def _without_ffmpeg(audio):
    raise OSError(f"{audio.path.name} needs torchcodec and FFmpeg")


def test_a_refusal_lasts_no_longer_than_its_cause(mmau, tmp_path, monkeypatch):
    (mmau / "audios" / "absent.wav").write_bytes((mmau / "audios" / "heard.wav").read_bytes())
    folder = StageFolder(tmp_path / "stage", "decontaminate")
    stage = Decontaminate({"mmau": str(mmau)}, tmp_path, tmp_path)
    with monkeypatch.context() as without, pytest.raises(ValueError, match="needs torchcodec and FFmpeg"):
        without.setattr(decontaminate, "fingerprint_of", _without_ffmpeg)
        stage.read_benchmarks(folder, list)
    stage.read_benchmarks(folder, list)
    assert [line.audio for line in stage.compared(folder)] == [2]


def test_an_accepted_item_that_is_heard_later_is_compared_from_then_on(mmau, tmp_path, monkeypatch, taken):
    folder = StageFolder(tmp_path / "stage", "decontaminate")
    stage = Decontaminate({"mmau": str(mmau)}, tmp_path, tmp_path, without_audio=["mmau"])
    changes = []
    with monkeypatch.context() as without:
        without.setattr(decontaminate, "fingerprint_of", _without_ffmpeg)
        stage.read_benchmarks(folder, lambda: changes.append(0))
    assert [line.audio for line in stage.compared(folder)] == [0]
    for number in (1, 2):
        stage.read_benchmarks(folder, lambda number=number: changes.append(number))
    assert [line.audio for line in stage.compared(folder)] == [1]
    assert changes == [1] and taken == ["heard.wav"]


def test_a_kill_before_the_old_rows_are_cleared_leaves_the_old_note(mmau, tmp_path):
    folder = StageFolder(tmp_path / "stage", "decontaminate")
    stage = Decontaminate({"mmau": str(mmau)}, tmp_path, tmp_path, without_audio=["mmau"])
    stage.read_benchmarks(folder, list)
    (mmau / "audios" / "heard.wav").rename(mmau / "audios" / "absent.wav")

    def killed():
        raise KeyboardInterrupt

    for _ in range(2):  # the second run has to clear what the first did not
        with pytest.raises(KeyboardInterrupt):
            stage.read_benchmarks(folder, killed)
    changes = []
    stage.read_benchmarks(folder, lambda: changes.append("cleared"))
    stage.read_benchmarks(folder, lambda: changes.append("again"))
    assert changes == ["cleared"]


def test_without_fingerprints_the_user_accepts_it(build_of_sounds, taken):
    with pytest.raises(ValueError, match=r"`decontaminate:` .*`measure: \{fingerprint: false\}`.*`audio: false`"):
        plan_build(build_of_sounds(fingerprint=False))
    report = run_build(build_of_sounds(fingerprint=False, audio=False))
    assert report.notes[-1].endswith(", 2 of them by source id, 0 by audio, 2 by question.") and taken == []


def test_settings_that_cannot_be_meant(tmp_path):
    with pytest.raises(ValueError, match="names no benchmarks"):
        Decontaminate({}, tmp_path, tmp_path)
    with pytest.raises(ValueError, match="`without_audio` names 'mmar', and `benchmarks` mmau"):
        Decontaminate({"mmau": "mmau"}, tmp_path, tmp_path, without_audio=["mmar"])


def test_a_row_without_a_fingerprint_is_not_passed_over(mmau, tmp_path):
    stage = Decontaminate({"mmau": str(mmau)}, tmp_path, tmp_path, without_audio=["mmau"])
    stage._sounds = object()
    with pytest.raises(ValueError, match="row r has no fingerprint to compare"):
        stage._fingerprints_of({"id": "r"})


def test_benchmarks_that_change_while_a_build_runs_stop_it(mmau, tmp_path):
    folder = StageFolder(tmp_path / "stage", "decontaminate")
    stage = Decontaminate({"mmau": str(mmau)}, tmp_path, tmp_path, without_audio=["mmau"])
    stage.read_benchmarks(folder, lambda: pytest.fail("nothing was there before"))
    (mmau / "audios" / "heard.wav").unlink()
    with pytest.raises(BuildStopped, match="benchmarks have changed"):
        asyncio.run(stage.open(TaskPlace(folder)))


def test_a_finished_index_is_read_where_it_cannot_be_written(tmp_path):
    items = np.arange(100, dtype=np.uint32)
    with FingerprintIndex(tmp_path / "index.sqlite") as index:
        index.add("one", items)
    (tmp_path / "index.sqlite").chmod(0o444)
    before = sorted(path.name for path in tmp_path.iterdir())
    with FingerprintIndex(tmp_path / "index.sqlite", finished=True) as index:
        assert [name for name, _ in index.matches(items)] == ["one"]
        assert sorted(path.name for path in tmp_path.iterdir()) == before == ["index.sqlite"]  # no log beside it
