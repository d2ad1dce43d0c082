"""Recordings that are missing or broken are found before anything is asked, counted, and the first of them named."""

from __future__ import annotations

from pathlib import Path

import pytest

from evaluation.benchmarks.place import Source
from evaluation.benchmarks.question import Question
from evaluation.benchmarks.readable import check_readable, check_there
from evaluation.benchmarks.recording import Recording
from evaluation.tasks import benchmarks


SOURCE = Source("tones", "https://example.org")


def questions(folder: Path, *names: str) -> list[Question]:
    return [Question(name, {}, "?", recordings=(Recording(str(folder / name)),)) for name in names]


def test_all_that_is_missing_is_counted(tree) -> None:
    tree.sound("a.wav")
    asked = questions(tree.folder, "a.wav", *(f"sub/{number}.wav" for number in range(5)), "sub/0.wav")
    with pytest.raises(FileNotFoundError, match=r"lacks 5 of 6 recordings \(sub/0.wav, sub/1.wav, sub/2.wav,"):
        check_there(asked, tree.folder, SOURCE)
    with pytest.raises(FileNotFoundError, match="benchmark lacks the recording sub/0.wav: unpack the audio of tones"):
        check_there(asked[:2], tree.folder, SOURCE)
    check_there(asked[:1], tree.folder, SOURCE)


def test_all_that_cannot_be_read_is_counted(tree) -> None:
    whole = tree.sound("whole.wav")
    tree.path("header.wav").write_bytes(b"RIFF\x24\x00\x00\x00WAVE" + b"no audio" * 9)
    tree.path("cut.wav").write_bytes(whole[:-100])
    tree.path("empty.wav").touch()
    tree.path("text.wav").write_text("hello")
    asked = questions(tree.folder, "whole.wav", "header.wav", "cut.wav", "empty.wav", "text.wav")
    with pytest.raises(ValueError, match="^4 of 5 recordings of tones cannot be read, so nothing") as refused:
        check_readable(asked, SOURCE)
    said = str(refused.value)
    assert "header.wav is not audio that can be decoded" in said
    assert "cut.wav is truncated (100 bytes are missing): download or copy it again; " in said
    assert "empty.wav is empty (0 bytes): record or download it again; and 1 more." in said
    assert "text.wav" not in said and "Error(" not in said
    # What was mended meanwhile is read again.
    for name in ("header.wav", "cut.wav", "empty.wav", "text.wav"):
        tree.sound(name)
    check_readable(asked, SOURCE)


def test_empty_files_that_are_published_so(tree) -> None:
    tree.path("empty.wav").touch()
    published = Source("tones", "https://example.org", empty=True)
    check_readable(questions(tree.folder, "empty.wav"), published)
    tree.path("broken.wav").write_text("hello")
    with pytest.raises(ValueError, match="1 of 2 recordings of tones cannot be read, .*broken.wav is not audio"):
        check_readable(questions(tree.folder, "empty.wav", "broken.wav"), published)


def test_a_task_is_refused_before_a_model_is_asked(tree) -> None:
    entry = {"question": "Which?", "choices": ["a", "b"], "answer": "a", "task": "sound"}
    tree.json("mmau-test-mini.json", [{**entry, "id": name, "audio_id": f"./{name}.wav"} for name in ("one", "two")])
    tree.sound("one.wav")
    tree.path("two.wav").write_bytes(b"RIFF\x24\x00\x00\x00WAVE" + b"no audio" * 9)
    with pytest.raises(ValueError, match="1 of 2 recordings of mmau cannot be read, .*two.wav is not audio"):
        benchmarks.mmau(data=str(tree.folder))
    # Where nothing is heard, and of what is not asked, nothing is read.
    assert len(benchmarks.mmau(data=str(tree.folder), heard="none").dataset) == 2
    assert len(benchmarks.mmau(data=str(tree.folder), limit=1).dataset) == 1
