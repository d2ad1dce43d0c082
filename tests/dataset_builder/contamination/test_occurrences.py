"""Which test items occur in training data: by names, sounds and questions that were planted there."""

from __future__ import annotations

import hashlib
import io
from pathlib import Path

import numpy as np
import pytest
import soundfile
from known_sounds import RATE, melody, voice

from dataset_builder.audio_reference import AudioReference
from dataset_builder.contamination import training_sounds
from dataset_builder.contamination.benchmark_items import BenchmarkItem
from dataset_builder.contamination.index import Compared
from dataset_builder.contamination.occurrences import Occurrence, find_occurrences
from dataset_builder.contamination.training_data import row_clips, training_data


KETTLE = "Which of the two kettles beside the copper sink is the first to whistle?"
METALS = ("the copper one", "the iron one")


def file_of(wave: np.ndarray, container: str, subtype: str, rate: int = RATE) -> bytes:
    stream = io.BytesIO()
    soundfile.write(stream, wave, rate, format=container, subtype=subtype)
    return stream.getvalue()


def flac(wave: np.ndarray) -> bytes:
    return file_of(wave, "FLAC", "PCM_16")


@pytest.fixture
def items(tmp_path: Path) -> list[BenchmarkItem]:
    """Two questions about one recording, one with a name, one with a question, and one that is nowhere."""
    for name, wave in (("tune", melody(4.0, seed=1)), ("absent", voice(4.0, seed=2))):
        soundfile.write(tmp_path / f"{name}.wav", wave, RATE)
    tune, absent = (AudioReference(tmp_path / f"{name}.wav") for name in ("tune", "absent"))
    return [
        BenchmarkItem("mine", "tune", (), "Which tune is it?", ("one", "two"), tune),
        BenchmarkItem("mine", "tempo", (), "How fast is it?", ("slow", "fast"), tune),
        BenchmarkItem("mine", "rain", ("clotho/rain.wav", "freesound:12345")),
        BenchmarkItem("mine", "kettle", (), KETTLE, METALS),
        BenchmarkItem("mine", "absent", ("mine/absent",), "Which of the seven gates stays shut?", ("a", "b"), absent),
    ]


@pytest.fixture
def train(tmp_path: Path, train_row, write_shard) -> Path:
    """Training data with the recording under another name and as Ogg, louder and at another rate."""
    louder = np.clip(1.6 * melody(4.0, seed=1), -1, 1)
    rows = [
        train_row("unrelated", flac(melody(4.0, seed=7))),
        train_row("copy", file_of(louder, "OGG", "VORBIS")),
        train_row("named", flac(melody(3.0, seed=8)), source="fsd50k", source_id="12345"),
        train_row("asked", flac(melody(3.0, seed=9)), question=KETTLE.upper(), choices=list(reversed(METALS))),
    ]
    return write_shard(tmp_path / "train", rows)


def lines(found) -> list[tuple[int, str, str]]:
    return [(line.item, line.by, line.row) for line in found.found]


def test_each_way_finds_what_was_planted_and_nothing_else(items, train, tmp_path):
    found = find_occurrences(items, [train], tmp_path / "cache")
    assert lines(found) == [
        (0, "audio", "copy"),
        (1, "audio", "copy"),
        (2, "source_id", "named"),
        (3, "question", "asked"),
    ]
    assert found.found[2] == Occurrence(2, "source_id", "12345 is freesound:12345", "named")
    assert found.found[3].detail == "the same question and choices"
    assert found.compared == [Compared("mine", 5, source_id=2, audio=3, question=4)]
    assert set(found.unheard) == {2, 3}


def test_a_row_that_is_several_items_gives_all_of_them_in_every_way(items, tmp_path, train_row, write_shard):
    row = train_row(
        "all",
        flac(voice(4.0, seed=2)),
        source="mine+clotho",
        source_id="absent+rain",
        question=KETTLE,
        choices=list(METALS),
    )
    train = write_shard(tmp_path / "train", [row, row | {"id": "again"}])
    assert lines(find_occurrences(items, [train], tmp_path / "cache")) == [
        (2, "source_id", "all"),
        (3, "question", "all"),
        (4, "source_id", "all"),
        (4, "audio", "all"),
    ]


def test_of_two_folders_the_first_row_is_named_and_both_are_described(items, train, tmp_path, train_row, write_shard):
    other = write_shard(tmp_path / "other", [train_row("copy too", flac(melody(4.0, seed=1)))])
    found = find_occurrences(items, [train, other], tmp_path / "cache")
    assert (0, "audio", "copy") in lines(found)
    shard = (train / "data" / "train-00000-of-00001.parquet").read_bytes()
    line = f"data/train-00000-of-00001.parquet\0{hashlib.sha256(shard).hexdigest()}\n"
    assert [(one.folder, one.rows, one.unheard) for one in found.training] == [(str(train), 4, 0), (str(other), 1, 0)]
    assert found.training[0].sha256 == hashlib.sha256(line.encode()).hexdigest()
    assert found.training[0].sha256 != found.training[1].sha256


def test_rows_without_a_sound_are_counted(items, tmp_path, train_row, write_shard):
    rows = [train_row("silent"), train_row("copy", flac(melody(4.0, seed=1))), train_row("broken", b"RIFF, not much")]
    found = find_occurrences(items, [write_shard(tmp_path / "train", rows)], tmp_path / "cache")
    (searched,) = found.training
    assert (searched.unheard, searched.example) == (2, "silent: it has no audio")
    assert lines(found) == [(0, "audio", "copy"), (1, "audio", "copy")]


def test_what_was_heard_is_not_heard_again(items, train, tmp_path, train_row, write_shard, monkeypatch):
    """The rows are there once more and in another order: of the new shard only the clip that is new is decoded."""
    before = find_occurrences(items, [train], tmp_path / "cache")
    taken: list[int] = []
    fingerprinted = training_sounds._fingerprinted
    monkeypatch.setattr(training_sounds, "_fingerprinted", lambda clip: taken.append(len(clip)) or fingerprinted(clip))
    assert find_occurrences(items, [train], tmp_path / "cache") == before and taken == []
    (clips,) = row_clips(training_data(train).shards[0])
    old = train_row("first", dict(clips)["copy"])
    new = train_row("second", flac(voice(4.0, seed=2)))
    write_shard(train, [old, new, new | {"id": "third"}])
    assert lines(find_occurrences(items, [train], tmp_path / "cache")) == [
        (0, "audio", "first"),
        (1, "audio", "first"),
        (4, "audio", "second"),
    ]
    assert len(taken) == 1


def test_a_search_that_was_cut_off_goes_on(items, train, tmp_path, monkeypatch):
    """What is not a row's fault stops the search, and the rows of that shard are not taken for heard."""

    def fails(clip: bytes) -> np.ndarray:
        raise ImportError("pyacoustid is not installed")

    with monkeypatch.context() as patched:
        patched.setattr(training_sounds, "_fingerprinted", fails)
        with pytest.raises(ImportError, match="pyacoustid"):
            find_occurrences(items, [train], tmp_path / "cache")
    assert len(find_occurrences(items, [train], tmp_path / "cache").found) == 4


def test_items_without_recordings_are_searched_by_text_alone(items, train, tmp_path, monkeypatch):
    monkeypatch.setattr(training_sounds, "_fingerprinted", lambda clip: pytest.fail("nothing was to be heard"))
    found = find_occurrences(items[2:4], [train], tmp_path / "cache")
    assert lines(found) == [(0, "source_id", "named"), (1, "question", "asked")]
    assert found.training[0].unheard is None and set(found.unheard) == {0, 1}


def test_every_step_is_reported_to_its_end(items, train, tmp_path):
    reported: dict[str, tuple[int, int]] = {}
    find_occurrences(items, [train], tmp_path / "cache", lambda step, *counts: reported.update({step: counts}))
    assert reported == {
        "Test items (fingerprints)": (5, 5),
        f"{train} (files read)": (1, 1),
        f"{train} (fingerprints)": (4, 4),
        f"{train} (sounds looked up)": (2, 2),
        f"{train} (names and questions)": (4, 4),
    }
