"""LibriSpeech in its own layout."""

from __future__ import annotations

import pytest


@pytest.fixture
def librispeech(tree):
    tree.text(
        "LibriSpeech/SPEAKERS.TXT",
        "; Some lines of comment",
        ";ID  |SEX| SUBSET           |MINUTES| NAME",
        "103  | F | train-clean-100  | 25.03 | Karen Savage",
        "84   | M | dev-clean        |  8.02 | Christie Nowak",
    )
    chapter = "LibriSpeech/train-clean-100/103/1240"
    tree.text(f"{chapter}/103-1240.trans.txt", "103-1240-0000 CHAPTER ONE", "103-1240-0001 THAT HAD ITS SOURCE")
    tree.audio(f"{chapter}/103-1240-0000.flac", f"{chapter}/103-1240-0001.flac")
    tree.text("LibriSpeech/dev-clean/84/121123/84-121123.trans.txt", "84-121123-0000 GO DO YOU HEAR")
    tree.audio("LibriSpeech/dev-clean/84/121123/84-121123-0000.flac")
    return tree


def test_utterances(librispeech):
    (first, second, third), broken = librispeech.read("librispeech")

    assert broken == []
    assert [item.id for item in (first, second, third)] == [
        "librispeech/103-1240-0000",
        "librispeech/103-1240-0001",
        "librispeech/84-121123-0000",
    ]
    assert [item.split for item in (first, second, third)] == ["train", "train", "validation"]
    assert first.annotations == {
        "transcript": "CHAPTER ONE",
        "speaker": "librispeech/103",
        "gender": "female",
    }
    assert (first.group, first.license, first.language) == ("librispeech/103", "CC-BY-4.0", "en")
    assert librispeech.sound(third) == "LibriSpeech/dev-clean/84/121123/84-121123-0000.flac"


def test_splits_by_both_names(librispeech):
    assert [item.id for item in librispeech.read("librispeech", splits=["dev-clean"])[0]] == [
        "librispeech/84-121123-0000"
    ]
    assert len(librispeech.read("librispeech", splits=["train"])[0]) == 2
    with pytest.raises(ValueError, match="no split 'dev'"):
        librispeech.read("librispeech", splits=["dev"])
    with pytest.raises(FileNotFoundError, match="no folder test-clean"):
        librispeech.read("librispeech", splits=["test-clean"])


def test_missing_and_unlisted_files(librispeech):
    chapter = librispeech.folder / "LibriSpeech/train-clean-100/103/1240"
    (chapter / "103-1240-0001.flac").rename(chapter / "103-1240-0002.flac")
    librispeech.audio("LibriSpeech/dev-clean/84/121550/84-121550-0000.flac")

    recordings, broken = librispeech.read("librispeech")

    assert len(recordings) == 2
    assert [item.id for item in broken] == [
        "librispeech/103-1240-0001",
        "librispeech/train-clean-100/103/1240/103-1240-0002.flac",
        "librispeech/dev-clean/84/121550/84-121550.trans.txt",
    ]
    assert "103-1240.trans.txt, line 2: the audio file" in broken[0].reason
    assert "has no line in 103-1240.trans.txt" in broken[1].reason


def test_a_folder_of_something_else(tree):
    tree.audio("a.wav")

    with pytest.raises(FileNotFoundError, match="https://www.openslr.org/12"):
        tree.read("librispeech")
