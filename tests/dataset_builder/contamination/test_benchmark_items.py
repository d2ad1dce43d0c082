"""The official layouts of the benchmarks, in miniature."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from dataset_builder.contamination.benchmark_items import (
    BenchmarkItem,
    read_air_bench,
    read_benchmarks,
    read_clotho_aqa,
    read_items,
    read_meld,
    read_mmar,
    read_mmau,
)
from dataset_builder.contamination.source_keys import source_keys


def _touch(path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"")
    return path


def test_mmau(tmp_path):
    entry = {
        "id": "3fe64f3d",
        "audio_id": "./test-mini-audios/3fe64f3d.wav",
        "question": "Who speaks?",
        "choices": ["Man", "Woman"],
        "answer": "Man",
        "dataset": "AudioSet",
        "task": "sound",
    }
    (tmp_path / "mmau-test-mini.json").write_text(json.dumps([entry]))
    (tmp_path / "mmau-test.json").write_text(json.dumps([{**entry, "id": "x", "audio_id": "./test-audios/x.wav"}]))
    audio = _touch(tmp_path / "test-mini-audios" / "3fe64f3d.wav")
    first, second = read_mmau(tmp_path)
    assert (first.benchmark, first.id, first.question, first.choices) == (
        "mmau",
        "3fe64f3d",
        "Who speaks?",
        ("Man", "Woman"),
    )
    assert first.source_ids == ("mmau/3fe64f3d.wav",)
    assert first.audio is not None and first.audio.path == audio
    assert second.id == "x" and second.audio is None


def test_mmar(tmp_path):
    entry = {
        "id": "BV1NtQuYTELJ_00-00-00_00-00-26",
        "audio_path": "./audio/BV1NtQuYTELJ_00-00-00_00-00-26.wav",
        "question": "Which accent?",
        "choices": "['British', 'American']",
        "answer": "British",
        "url": "https://www.bilibili.com/video/BV1NtQuYTELJ/",
        "timestamp": "00:00:00,00:00:26",
    }
    (tmp_path / "MMAR-meta.json").write_text(json.dumps([entry]))
    (item,) = read_mmar(tmp_path)
    assert item.choices == ("British", "American")
    assert item.source_ids == (entry["url"], "mmar/BV1NtQuYTELJ_00-00-00_00-00-26.wav")
    (tmp_path / "MMAR-meta.json").write_text(json.dumps([{**entry, "choices": "British or American"}]))
    with pytest.raises(ValueError, match=r"MMAR-meta.json, entry 1, has choices that are no list"):
        list(read_mmar(tmp_path))


def test_air_bench(tmp_path):
    foundation = {
        "path": "clip_1.wav",
        "task_name": "Audio_Grounding",
        "dataset_name": "AudioGrounding",
        "question": "When?",
        "choice_a": "0-1 s",
        "choice_b": "1-2 s",
        "choice_c": None,
        "answer_gt": "0-1 s",
        "uniq_id": 7,
    }
    chat = {
        "path": "c.wav",
        "task_name": "sound",
        "dataset_name": "clotho",
        "question": "What?",
        "answer_gt": "Rain.",
        "meta_info": "rain",
        "uniq_id": 0,
    }
    _touch(tmp_path / "Foundation/Audio_Grounding_AudioGrounding/clip_1.flac")
    _touch(tmp_path / "Chat/sound_clotho/c.wav")
    (tmp_path / "Foundation/Foundation_meta.json").write_text(json.dumps([foundation]))
    (tmp_path / "Chat/Chat_meta.json").write_text(json.dumps([chat]))
    one, other = read_air_bench(tmp_path)
    assert (one.benchmark, one.id) == ("air_bench_foundation", "Audio_Grounding_AudioGrounding/7")
    assert one.choices == ("0-1 s", "1-2 s")
    assert one.audio is not None and one.audio.path.name == "clip_1.flac"
    assert (other.benchmark, other.choices, other.source_ids) == ("air_bench_chat", (), ("clotho/c.wav",))
    assert other.audio is not None
    emotion = {**foundation, "task_name": "Speech_Emotion", "dataset_name": "MELD", "path": "dia3_utt1.wav"}
    (tmp_path / "Foundation/Foundation_meta.json").write_text(json.dumps([emotion]))
    keys = {key for name in next(read_air_bench(tmp_path)).source_ids for key in source_keys(name)}
    assert keys == {"meld:dev/dia3utt1", "meld:test/dia3utt1"}
    assert [item.id for item in read_air_bench(tmp_path / "Chat")] == ["sound_clotho/0"]


def test_meld(tmp_path):
    header = "Sr No.,Utterance,Speaker,Emotion,Sentiment,Dialogue_ID,Utterance_ID,Season,Episode,StartTime,EndTime\n"
    (tmp_path / "test_sent_emo.csv").write_text(header + '1,"Why, no?",Mark,surprise,positive,0,3,3,19,"0","1"\n')
    clip = _touch(tmp_path / "output_repeated_splits_test" / "dia0_utt3.mp4")
    (item,) = read_meld(tmp_path)
    assert (item.id, item.source_ids, item.question) == ("test/dia0_utt3", ("meld/test/dia0_utt3",), "")
    assert item.audio is not None and item.audio.path == clip


def test_clotho_aqa(tmp_path):
    rows = "".join(f"Dog yard.wav,Is there a dog?,{answer},yes\n" for answer in ("yes", "yes", "no"))
    (tmp_path / "clotho_aqa_test.csv").write_text(
        f"file_name,QuestionText,answer,confidence\n{rows}Dog yard.wav,What barks?,dog,\n"
    )
    (tmp_path / "clotho_aqa_metadata.csv").write_bytes(
        "file_name,keywords,sound_id,sound_link\nDog yard.wav,dög,12345,https://x\n".encode("latin-1")
    )
    one, other = read_clotho_aqa(tmp_path)
    assert one.source_ids == other.source_ids == ("clotho/Dog yard.wav", "freesound:12345")
    assert [item.question for item in (one, other)] == ["Is there a dog?", "What barks?"]
    assert one.id != other.id


def test_any_other_benchmark(tmp_path):
    path = tmp_path / "mine.jsonl"
    lines = [
        {
            "benchmark": "mine",
            "id": "1",
            "source_ids": ["youtube:-0Gj8-vB1q4"],
            "question": "What?",
            "choices": ["a", "b"],
        },
        {"benchmark": "mine", "id": 2, "audio": "clips/2.wav"},
    ]
    path.write_text("\n".join(map(json.dumps, lines)) + "\n")
    _touch(tmp_path / "clips" / "2.wav")
    one, other = read_items(path)
    assert one == BenchmarkItem("mine", "1", ("youtube:-0Gj8-vB1q4",), "What?", ("a", "b"))
    assert other.id == "2" and other.audio is not None
    assert [item.id for item in read_benchmarks({"items": path})] == ["1", "2"]


def test_errors_say_what_is_missing_and_where_it_is(tmp_path):
    with pytest.raises(
        FileNotFoundError, match=r"none of mmau-test-mini.json, .*: get mmau from https://github.com/Sak"
    ):
        list(read_mmau(tmp_path))
    with pytest.raises(FileNotFoundError, match="get clotho_aqa from https://zenodo.org"):
        list(read_benchmarks({"clotho_aqa": tmp_path}))
    with pytest.raises(ValueError, match="no benchmark named 'glue'; there are mmau"):
        list(read_benchmarks({"glue": tmp_path}))
    with pytest.raises(FileNotFoundError, match="no file .*absent.jsonl"):
        list(read_items(tmp_path / "absent.jsonl"))
    (tmp_path / "mmau-test.json").write_text(json.dumps([{"id": "1", "audio_id": "a.wav"}]))
    with pytest.raises(ValueError, match="mmau-test.json, entry 1, has no 'question'"):
        list(read_mmau(tmp_path))
    (tmp_path / "mmau-test.json").write_text("<html>")
    with pytest.raises(ValueError, match="neither a JSON list nor JSONL"):
        list(read_mmau(tmp_path))
    (tmp_path / "mmau-test.json").write_text("")
    with pytest.raises(ValueError, match="mmau-test.json holds no test items"):
        list(read_mmau(tmp_path))
    (tmp_path / "test_sent_emo.csv").write_text("Dialogue_ID,Utterance_ID\n")
    with pytest.raises(ValueError, match="test_sent_emo.csv holds no test items"):
        list(read_meld(tmp_path))
    with pytest.raises(ValueError, match="needs a benchmark and an id"):
        BenchmarkItem("mmau", "")
