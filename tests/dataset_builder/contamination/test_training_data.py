"""Which shards of a folder are training data, and that they are streamed."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from dataset_builder.contamination.index import recording_names
from dataset_builder.contamination.training_data import BATCH, row_clips, row_texts, training_data


def test_only_the_split_train_is_read(tmp_path, train_row, write_shard):
    folder = write_shard(tmp_path, [train_row("a"), train_row("b")], "music/train-00000-of-00002.parquet")
    write_shard(tmp_path, [train_row("c")], "music/train-00001-of-00002.parquet")
    write_shard(tmp_path, [train_row("d")], "music/test-00000-of-00001.parquet")
    data = training_data(folder)
    assert [(shard.name, shard.rows) for shard in data.shards] == [
        ("data/music/train-00000-of-00002.parquet", 2),
        ("data/music/train-00001-of-00002.parquet", 1),
    ]
    assert data.rows == 3


def test_configs_on_the_card_say_which_files_are_trained_on(tmp_path, train_row, write_shard):
    """As in a data set of the Hub, whose names need not tell."""
    for name in ("one.parquet", "two.parquet", "three.parquet"):
        write_shard(tmp_path, [train_row(name)], name)
    configs = [
        {"config_name": name, "data_files": [{"split": "train", "path": f"data/{name}.parquet"}]}
        for name in ("one", "two")
    ]
    (tmp_path / "README.md").write_text(f"---\nconfigs: {json.dumps(configs)}\n---\n", encoding="utf-8")
    assert [shard.name for shard in training_data(tmp_path).shards] == ["data/one.parquet", "data/two.parquet"]


def test_a_folder_of_cota_has_the_shards_of_its_manifest(cota: Path):
    shards = training_data(cota).shards
    listed = json.loads((cota / "manifest.json").read_text(encoding="utf-8"))["shards"]
    assert [(shard.name, shard.rows) for shard in shards] == [
        (shard["path"], shard["rows"]) for shard in listed if shard["split"] == "train"
    ]
    row = next(row_texts(shards[0]))
    assert {"id", "source", "source_id", "question", "choices", "annotations"} == row.keys()
    assert recording_names(row) == tuple(dict.fromkeys(heard["id"] for heard in row["annotations"]["recordings"]))


def test_rows_come_in_batches_whatever_the_row_groups(tmp_path, train_row, write_shard):
    rows = [train_row(f"{number}", b"clip" if number % 2 else None) for number in range(2 * BATCH + 1)]
    (shard,) = training_data(write_shard(tmp_path, rows)).shards
    batches = list(row_clips(shard))
    assert [len(batch) for batch in batches] == [BATCH, BATCH, 1]
    assert batches[0][:2] == [("0", None), ("1", b"clip")]


def test_what_is_no_training_data_is_refused(tmp_path, train_row, write_shard):
    with pytest.raises(FileNotFoundError, match="There is no folder .*nowhere of training data"):
        training_data(tmp_path / "nowhere")
    (tmp_path / "empty").mkdir()
    with pytest.raises(ValueError, match="empty is no folder of training data"):
        training_data(tmp_path / "empty")
    test = write_shard(tmp_path / "test only", [train_row("a")], "test-00000-of-00001.parquet")
    with pytest.raises(ValueError, match="has no split 'train' but test"):
        training_data(test)
    other = tmp_path / "json"
    other.mkdir()
    (other / "train.jsonl").write_text('{"id": "a"}\n', encoding="utf-8")
    with pytest.raises(ValueError, match="train.jsonl is not Parquet"):
        training_data(other)


def test_shards_that_lack_something_are_named(tmp_path, train_row, write_shard):
    import pyarrow
    import pyarrow.parquet

    folder = write_shard(tmp_path / "bad", [train_row("a", annotations="[1]")])
    (shard,) = training_data(folder).shards
    with pytest.raises(ValueError, match="parquet, row 1: the annotations are no JSON object"):
        list(row_texts(shard))
    pyarrow.parquet.write_table(pyarrow.table({"id": ["a"], "source": ["b"]}), shard.path)
    with pytest.raises(ValueError, match="has no column 'source_id'"):
        training_data(folder)
    shard.path.write_bytes(shard.path.read_bytes()[:60])
    with pytest.raises(ValueError, match="is no Parquet file that can be read"):
        training_data(folder)


def test_a_missing_shard_of_cota_is_named(tmp_path):
    manifest = {
        "format": "CoTA of audio-reasoner, version 1",
        "shards": [{"split": "train", "path": "data/a.parquet"}],
    }
    (tmp_path / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    with pytest.raises(ValueError, match="lacks the shard data/a.parquet"):
        training_data(tmp_path)
    (tmp_path / "manifest.json").write_text(json.dumps(manifest | {"shards": []}), encoding="utf-8")
    with pytest.raises(ValueError, match="has no split 'train': name the folder that the model was trained on"):
        training_data(tmp_path)
