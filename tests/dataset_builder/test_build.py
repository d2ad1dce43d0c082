"""A built folder: what its rows hold, that it is reproducible, and that it is whole or not there."""

from __future__ import annotations

import io
import json
import shutil
from dataclasses import replace

import numpy as np
import pyarrow.parquet
import pytest
import soundfile
from datasets import Features

from dataset_builder.build import clear_errors, clear_from
from dataset_builder.build_stages import plan_build
from dataset_builder.check import check_shards
from dataset_builder.checks.check import CHECKS
from dataset_builder.planning import plan_rows
from dataset_builder.pool import make_pools
from dataset_builder.question_text import question_text
from dataset_builder.schema import features
from dataset_builder.split import assign_splits
from modeling_audio_reasoner import SYSTEM_PROMPT, Reasoning, parse_reasoning


def stored_rows(folder, pattern: str = "data/*/*/*.parquet") -> list[dict]:
    return [row for path in sorted(folder.glob(pattern)) for row in pyarrow.parquet.read_table(path).to_pylist()]


@pytest.fixture(scope="module")
def rows(cota) -> list[dict]:
    return stored_rows(cota)


def test_every_answer_renders_and_parses_back(rows):
    for row in rows:
        reasoning = Reasoning(*(row[name] for name in ("planning", "caption", "reasoning", "summary", "response")))
        assert parse_reasoning(reasoning.render()) == reasoning
        assert row["response"] == row["answer"]
        assert row["answer"] in row["choices"]
        assert json.loads(row["review"]) == {"verdict": "pass", "checks": {"structure": "pass", "response": "pass"}}


def test_messages_hold_the_prompt_the_clip_the_question_and_the_answer(rows):
    for row in rows:
        system, user, assistant = row["messages"]
        assert system["content"] == [{"type": "text", "text": SYSTEM_PROMPT, "audio": None}]
        clip, question = user["content"]
        assert clip["type"] == "audio" and clip["audio"] == row["audio"]
        assert question["text"] == question_text(row["question"], row["choices"])
        assert parse_reasoning(assistant["content"][0]["text"]).response == row["answer"]
        assert row["images"] == []
        assert row["length"] > 0


def test_clips_are_mono_flac_at_16_khz_of_the_stated_length_and_level(rows):
    for row in rows:
        with soundfile.SoundFile(io.BytesIO(row["audio"]["bytes"])) as clip:
            assert (clip.format, clip.samplerate, clip.channels) == ("FLAC", 16_000, 1)
            assert clip.frames / 16_000 == pytest.approx(row["duration"], abs=1e-4)
            assert 2.0 <= row["duration"] <= 8.0
            waveform = clip.read()
        assert 0.01 < np.abs(waveform).max() <= 1.0


def test_what_is_heard_lies_where_the_annotations_say(rows):
    for row in rows:
        facts = json.loads(row["annotations"])
        ends = [0.0]
        for heard in facts["recordings"]:
            assert heard["start"] >= ends[-1] - 1e-3
            ends.append(heard["end"])
        assert ends[-1] <= row["duration"] + 1e-3
        if row["task"] == "sound_count":
            assert len(facts["recordings"]) == ("one", "two", "three", "four").index(row["answer"]) + 1
        assert facts["label"] == row["answer"]


def test_two_rows_of_one_recording_are_two_clips(rows):
    assert len({row["audio"]["bytes"] for row in rows}) == len(rows)


def test_tasks_over_several_corpora_have_nothing_above_4_khz(rows):
    for row in rows:
        if row["task"] in ("audio_type", "spoken_language", "speaker_count"):
            waveform, _ = soundfile.read(io.BytesIO(row["audio"]["bytes"]))
            power = np.abs(np.fft.rfft(waveform)) ** 2
            assert power[len(power) * 11 // 20 :].sum() < 1e-4 * power.sum()


@pytest.mark.usefixtures("processes")
def test_rows_depend_on_the_seed_and_not_on_the_number_of_workers(recordings, build, tmp_path):
    few = [recording for recording in recordings if recording.source in ("events", "talk-cs", "talk-nl")]
    for name, seed, workers in (("one", 0, 1), ("two", 0, 2), ("other", 1, 1)):
        build(few, tmp_path / name, rows=24, seed=seed, workers=workers, done=None)
    manifests = {name: (tmp_path / name / "manifest.json").read_text() for name in ("one", "two", "other")}
    assert manifests["one"] == manifests["two"]
    assert manifests["one"] != manifests["other"]
    one, two = ((tmp_path / name / "README.md").read_text() for name in ("one", "two"))
    assert one == two.replace('load_dataset("two"', 'load_dataset("one"').replace("./two", "./one")


def test_the_text_alone_is_near_chance(cota):
    statistics = json.loads((cota / "statistics.json").read_text())
    tested = statistics["rows"]["test"]
    margin = 3 * np.sqrt(0.25 / tested)
    for score in statistics["baselines"].values():
        assert score["overall"] < statistics["chance"]["overall"] + margin


def test_a_shard_has_the_features_of_the_schema(cota):
    for path in cota.glob("data/*/*/*.parquet"):
        assert Features.from_arrow_schema(pyarrow.parquet.read_schema(path)) == features()


def test_every_stage_accounts_for_its_rows(cota):
    stages = json.loads((cota / "statistics.json").read_text())["stages"]
    names = ["read", "measure", "question", "reason", "review", "arrange", "write_shards"]
    assert list(stages) == names
    assert stages["measure"]["in"] == stages["read"]["out"] == stages["measure"]["out"]
    assert stages["reason"]["in"] == stages["question"]["out"] == stages["review"]["in"]
    assert sum(found["rejected"] + found["error"] for found in stages.values()) == 0
    rows = json.loads((cota / "manifest.json").read_text())["rows"]
    assert {stages[name][way] for name in ("arrange", "write_shards") for way in ("in", "out")} == {rows}


def test_an_older_cota_is_replaced_and_another_folder_is_not(recordings, build, tmp_path):
    output = tmp_path / "cota"
    build(recordings, output, rows=12)
    build(recordings, output, rows=20)
    assert check_shards(output)["rows"] == len(stored_rows(output)) > 12

    other = tmp_path / "photos"
    other.mkdir()
    (other / "cat.png").write_bytes(b"cat")
    with pytest.raises(ValueError, match="holds files and no manifest.json of CoTA"):
        build(recordings, other, rows=12)
    assert [path.name for path in other.iterdir()] == ["cat.png"]


def test_a_build_that_fails_leaves_the_older_folder_and_nothing_else(recordings, build, tmp_path, monkeypatch):
    output = tmp_path / "cota"
    build(recordings, output, rows=12)
    before = (output / "manifest.json").read_text()

    def fail(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("dataset_builder.publish.write_json", fail)
    with pytest.raises(OSError, match="No space is left on the disk of .*; make room"):
        build(recordings, output, rows=14)
    assert (output / "manifest.json").read_text() == before
    assert sorted(path.name for path in tmp_path.iterdir()) == ["cota", "cota.build"]


def test_a_second_build_does_nothing_again(recordings, build, settings, tmp_path, monkeypatch):
    build(recordings, tmp_path / "cota", rows=12)
    before = (tmp_path / "cota" / "manifest.json").read_text()
    shutil.rmtree(tmp_path / "cota")
    monkeypatch.setattr("dataset_builder.engine.stage_task.RowJournal", lambda path: pytest.fail(f"{path} again"))
    build(recordings, tmp_path / "cota", rows=12)
    assert (tmp_path / "cota" / "manifest.json").read_text() == before


def test_a_changed_setting_begins_at_its_stage(recordings, build, settings, tmp_path):
    first = plan_build(settings(recordings, tmp_path / "cota", 12))
    second = plan_build(settings(recordings, tmp_path / "cota", 12, review={"checks": ["structure"]}))
    same = [one.folder == two.folder for one, two in zip(first, second, strict=True)]
    assert same == [True] * 4 + [False] * 3


def test_another_number_of_slices_begins_anew(recordings, settings, tmp_path):
    """Else the rows would be dealt out otherwise than they were."""
    few = settings(recordings, tmp_path / "cota", 12)
    more = [item.folder for item in plan_build(replace(few, tasks=few.tasks + 1))]
    assert [one.folder == two for one, two in zip(plan_build(few), more, strict=True)] == [True] + [False] * 6


def test_what_cannot_be_heard_is_left_and_named(recordings, build, settings, tmp_path):
    folder = tmp_path / "events"
    shutil.copytree(recordings[0].audio.path.parent, folder)
    bells = sorted(folder.glob("bell-*.wav"))
    soundfile.write(bells[0], np.zeros(8_000), 8_000)
    bells[1].write_bytes(b"no audio")
    bells[2].write_bytes(bells[2].read_bytes()[:-900])
    bells[3].unlink()
    others = [recording for recording in recordings if recording.language in ("cs", "nl")]
    made = settings(others, tmp_path / "cota", 60)
    sources = [*made.sources, {"corpus": "folder", "folder": str(folder)}]
    build(others, tmp_path / "cota", rows=60, sources=sources)
    statistics = json.loads((tmp_path / "cota" / "statistics.json").read_text())
    assert statistics["stages"]["read"]["checks"] == {"unreadable": 1}
    assert statistics["stages"]["measure"]["checks"] == {"not audio": 1, "silent": 1, "truncated": 1}
    planned = plan_build(settings(others, tmp_path / "cota", 60, sources=sources))
    left = [line for item in planned for rank in range(item.tasks) for line in item.folder.left(rank)]
    assert {line["id"] for line in left} == {f"events/{path.stem}" for path in bells[:4]}
    assert all(
        path.name in line["reason"] or line["check"] == "silent"
        for line in left
        for path in [next(path for path in bells if path.stem == line["id"].split("/")[1])]
    )
    heard = {name for row in stored_rows(tmp_path / "cota") for name in row["source_id"].split("+")}
    assert not heard & {path.stem for path in bells[:4]}


def test_errors_are_tried_again_when_asked_for(recordings, build, settings, tmp_path):
    folder = tmp_path / "events"
    shutil.copytree(recordings[0].audio.path.parent, folder)
    broken = sorted(folder.glob("bell-*.wav"))[0]
    content = broken.read_bytes()
    broken.write_bytes(b"no audio")
    others = [recording for recording in recordings if recording.language in ("cs", "nl")]
    made = settings(others, tmp_path / "cota", 24)
    sources = [*made.sources, {"corpus": "folder", "folder": str(folder)}]
    build(others, tmp_path / "cota", rows=24, sources=sources)
    broken.write_bytes(content)
    again = settings(others, tmp_path / "cota", 24, sources=sources)
    assert clear_errors(again) == 1
    build(others, tmp_path / "cota", rows=24, sources=sources)
    stages = json.loads((tmp_path / "cota" / "statistics.json").read_text())["stages"]
    assert stages["measure"]["checks"] == {}
    assert stages["measure"]["out"] == len(others) + len(list(folder.glob("*.wav")))
    assert clear_from(again, "review") == ["review", "arrange", "write_shards"]
    with pytest.raises(ValueError, match="no stage 'label'"):
        clear_from(again, "label")


def test_a_row_that_fails_a_check_is_left_and_counted(recordings, measured, build, tmp_path, monkeypatch):
    def check(row):
        return "the genre is not liked" if row["task"] == "genre" else None

    monkeypatch.setitem(CHECKS, "structure", check)
    report = build(recordings, tmp_path / "cota", rows=80)
    plans, _ = plan_rows(make_pools(measured, assign_splits(recordings, seed=0)), 80, seed=0)
    planned = sum(plan.task == "genre" for plan in plans)
    assert planned > 1
    assert report.left == {"review: structure": planned}
    assert "genre" not in {row["task"] for row in stored_rows(tmp_path / "cota")}


def test_too_few_rows_are_refused(recordings, build, tmp_path):
    with pytest.raises(ValueError, match="`question:` rows is 0"):
        build(recordings, tmp_path / "cota", rows=0)
