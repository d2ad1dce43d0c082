"""A derived data set whose training rows ask for variants of their recordings, and whose validation rows do not."""

from __future__ import annotations

import pytest
from datasets import Dataset, load_dataset

import augmented_rows
from dataset_builder.stages.question import TASKS


OPTIONS = ["--speed", "0.1", "--gain-db", "6", "--noise-probability", "0.5", "--noise-snr-db", "15", "30"]
SETTINGS = {"speed": 0.1, "gain_db": 6.0, "noise_probability": 0.5, "noise_snr_db": [15.0, 30.0]}


@pytest.fixture(scope="module")
def written(tmp_path_factory, tones):
    folder = tmp_path_factory.mktemp("augmented") / "rows"
    assert augmented_rows.main(["--dataset", str(tones), "--output", str(folder), *OPTIONS]) == 0
    return folder


def asked(row: dict) -> list[tuple[str, dict | None]]:
    """The parts of a row's messages: type and augmentation."""
    return [(part["type"], part["augmentation"]) for turn in row["messages"] for part in turn["content"]]


def test_recordings_of_the_train_split_ask_and_nothing_else_does(written):
    for split, settings in (("train", SETTINGS), ("validation", None)):
        rows = load_dataset(str(written), split=split)
        assert len(rows) == {"train": 64, "validation": 32}[split]
        for row in rows:
            assert asked(row) == [("text", None), ("audio", settings), ("text", None), ("text", None)]


def test_all_else_of_a_row_is_that_of_cota_but_its_second_recording(written, tones):
    for split in ("train", "validation"):
        rows, before = load_dataset(str(written), split=split), load_dataset(str(tones), split=split)
        assert set(before.column_names) - set(rows.column_names) == {"audio"}
        for row, source in zip(rows, before.remove_columns("audio"), strict=True):
            for turn in row["messages"]:
                for part in turn["content"]:
                    del part["augmentation"]
            assert row == source


def test_rows_whose_answer_speed_would_make_false_keep_it(tones, tmp_path, capsys):
    place = ["--dataset", str(tones), "--output", str(tmp_path / "rows")]
    assert augmented_rows.main([*place, *OPTIONS, "--fixed-speed-tasks", "pitch"]) == 0
    said = capsys.readouterr().out
    assert "64 rows whose recordings are varied: speed by up to 10.0% (64 rows keep theirs), up to 6 dB softer" in said
    row = load_dataset(str(tmp_path / "rows"), split="train")[0]
    assert asked(row)[1] == ("audio", {**SETTINGS, "speed": 0.0})
    known = {task for tasks in TASKS.values() for task in tasks} | {"tempo_class"}
    assert set(augmented_rows.FIXED_SPEED_TASKS) == {"tempo_class", "tempo_rhythm", "harmony"} <= known


def test_what_was_written_can_be_written_again_otherwise(written, tmp_path):
    """Rows that asked before ask as they are told now, and those of validation still do not."""
    folder = tmp_path / "again"
    assert augmented_rows.main(["--dataset", str(written), "--output", str(folder), "--gain-db", "3"]) == 0
    (row, *_), (held, *_) = (load_dataset(str(folder), split=split) for split in ("train", "validation"))
    assert asked(row)[1][1] == {"speed": 0, "gain_db": 3, "noise_probability": 0, "noise_snr_db": [10, 40]}
    assert asked(held)[1][1] is None
    names = {path: (path / "README.md").read_text(encoding="utf-8") for path in (written, folder)}
    assert names[written] != names[folder], "datasets would load the rows that it has cached"


def test_what_cannot_be_written_is_one_sentence(tones, tmp_path, capsys):
    def error(*options: str, dataset: str = str(tones)) -> str:
        assert augmented_rows.main(["--dataset", dataset, "--output", str(tmp_path / "rows"), *options]) == 1
        return capsys.readouterr().err

    assert error().startswith("Error: Nothing would be varied: give one of --speed")
    assert "speed of an augmentation is 0.9: give a number from 0 to 0.5" in error("--speed", "0.9")
    assert "give the lowest first" in error("--gain-db", "3", "--noise-snr-db", "30", "10")
    Dataset.from_dict({"id": ["a"]}).to_parquet(tmp_path / "bare" / "data" / "train.parquet")
    assert "lacks the column task" in error("--gain-db", "3", dataset=str(tmp_path / "bare"))
    assert augmented_rows.main(["--dataset", str(tones), "--output", str(tones), "--gain-db", "3"]) == 1
    assert "is the data set that is read" in capsys.readouterr().err
    assert not (tmp_path / "rows").exists()
