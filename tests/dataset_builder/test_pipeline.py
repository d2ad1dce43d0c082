"""A built folder: what its rows hold, that it is reproducible, and that it is whole or not there."""

from __future__ import annotations

import io
import json
import os
import pickle
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow.parquet
import pytest
import soundfile
from datasets import Features

from dataset_builder import pipeline, writer
from dataset_builder.audio_reference import AudioReference
from dataset_builder.check import check_shards
from dataset_builder.pipeline import build
from dataset_builder.planning import plan_rows
from dataset_builder.pool import make_pools
from dataset_builder.question_text import question_text
from dataset_builder.recording_audio import measure
from dataset_builder.schema import features
from dataset_builder.split import assign_splits
from modeling_audio_reasoner import SYSTEM_PROMPT, Reasoning, parse_reasoning


def stored_rows(folder: Path, pattern: str = "data/*/*/*.parquet") -> list[dict]:
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
        assert json.loads(row["review"])["verdict"] == "pass"


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


def test_rows_depend_on_the_seed_and_not_on_the_number_of_workers(recordings, tmp_path):
    for name, seed, workers in (("one", 0, 1), ("two", 0, 2), ("other", 1, 1)):
        build(recordings, tmp_path / name, rows=24, seed=seed, workers=workers)
    manifests = {name: (tmp_path / name / "manifest.json").read_text() for name in ("one", "two", "other")}
    assert manifests["one"] == manifests["two"]
    assert manifests["one"] != manifests["other"]
    assert (tmp_path / "one" / "README.md").read_text() == (tmp_path / "two" / "README.md").read_text()


def test_the_text_alone_is_near_chance(cota):
    statistics = json.loads((cota / "statistics.json").read_text())
    tested = statistics["rows"]["test"]
    margin = 3 * np.sqrt(0.25 / tested)
    for score in statistics["baselines"].values():
        assert score["overall"] < statistics["chance"]["overall"] + margin


def test_a_shard_has_the_features_of_the_schema(cota):
    for path in cota.glob("data/*/*/*.parquet"):
        assert Features.from_arrow_schema(pyarrow.parquet.read_schema(path)) == features()


def test_an_older_cota_is_replaced_and_another_folder_is_not(recordings, tmp_path):
    output = tmp_path / "cota"
    build(recordings, output, rows=12, workers=1)
    build(recordings, output, rows=20, workers=1)
    assert check_shards(output)["rows"] == len(stored_rows(output))

    other = tmp_path / "photos"
    other.mkdir()
    (other / "cat.png").write_bytes(b"cat")
    with pytest.raises(ValueError, match="holds files and no manifest.json of CoTA"):
        build(recordings, other, rows=12, workers=1)
    assert [path.name for path in other.iterdir()] == ["cat.png"]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["cota", "photos"]


def test_a_build_that_fails_leaves_the_older_folder_and_nothing_else(recordings, tmp_path, monkeypatch):
    output = tmp_path / "cota"
    build(recordings, output, rows=12, workers=1)
    before = (output / "manifest.json").read_text()

    def fail(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(writer.ShardWriter, "write", fail)
    with pytest.raises(OSError, match="No space is left on the disk of .*; make room"):
        build(recordings, output, rows=12, workers=1)
    assert (output / "manifest.json").read_text() == before
    assert [path.name for path in tmp_path.iterdir()] == ["cota"]


def test_a_killed_build_leaves_nothing_that_looks_whole(recordings, tmp_path):
    """The process kills itself half-way; the next build clears what it left."""
    output = tmp_path / "cota"
    script = tmp_path / "killed.py"
    script.write_text(
        "import os, pickle, signal, sys\n"
        "from pathlib import Path\n"
        "from dataset_builder.pipeline import build\n"
        "def stop(step, done, whole):\n"
        "    if step.startswith('Mixing') and done == whole // 2:\n"
        "        os.kill(os.getpid(), signal.SIGKILL)\n"
        "recordings = pickle.loads(Path(sys.argv[1]).read_bytes())\n"
        "build(recordings, Path(sys.argv[2]), rows=20, workers=1, progress=stop)\n"
    )
    (tmp_path / "recordings.pickle").write_bytes(pickle.dumps(recordings))
    environment = os.environ | {"PYTHONPATH": str(Path(__file__).parents[2])}
    command = [sys.executable, str(script), str(tmp_path / "recordings.pickle"), str(output)]
    assert subprocess.run(command, env=environment, check=False).returncode == -signal.SIGKILL
    assert not output.exists()
    assert any(path.name.startswith(".cota") for path in tmp_path.iterdir())
    build(recordings, output, rows=12, workers=1)
    assert not any(path.name.startswith(".cota") for path in tmp_path.iterdir())


def test_a_recording_that_cannot_be_read_is_left_out_and_counted(recordings, tmp_path):
    silent = tmp_path / "silent.wav"
    soundfile.write(silent, np.zeros(8_000), 8_000)
    broken = tmp_path / "broken.wav"
    broken.write_bytes(b"no audio")
    spoiled = list(recordings)
    places = [index for index, recording in enumerate(recordings) if recording.domain == "sound"][:2]
    for index, path in zip(places, (silent, broken), strict=True):
        spoiled[index] = replace(recordings[index], audio=AudioReference(path))
    report = build(spoiled, tmp_path / "cota", rows=80, workers=1)
    assert any(note.startswith("2 recordings cannot be used, such as: ") for note in report.notes)
    heard = {name for row in stored_rows(tmp_path / "cota") for name in row["source_id"].split("+")}
    assert not heard & {recordings[index].source_id for index in places}


def test_a_row_that_fails_is_not_written_but_counted(recordings, tmp_path, monkeypatch):
    def review(row):
        verdict = "fail" if row["task"] == "genre" else "pass"
        return {"verdict": verdict, "checks": {"clip": "pass" if verdict == "pass" else "the clip is silent"}}

    monkeypatch.setattr("dataset_builder.row.review_row", review)
    report = build(recordings, tmp_path / "cota", rows=80, workers=1)
    plans, _ = plan_rows(make_pools(map(measure, recordings), assign_splits(recordings, seed=0)), 80, seed=0)
    planned = sum(plan.task == "genre" for plan in plans)
    assert planned > 1
    assert report.rejected == {"clip: the clip is silent": planned}
    assert "genre" not in {row["task"] for row in stored_rows(tmp_path / "cota")}


def test_too_few_rows_and_double_ids_are_refused(recordings, tmp_path):
    with pytest.raises(ValueError, match="number of rows is 0"):
        build(recordings, tmp_path / "cota", rows=0)
    with pytest.raises(ValueError, match="is given twice"):
        build([*recordings, recordings[0]], tmp_path / "cota", rows=12, workers=1)
    assert pipeline._cores() >= 1
