"""What is put where a folder of CoTA lies: whole or not at all, and nothing that no build wrote is removed."""

from __future__ import annotations

import json
import shutil

import pyarrow.parquet
import pytest

from dataset_builder import writer
from dataset_builder.check import check_shards


def test_a_shard_is_whole_or_not_there(tmp_path):
    with pytest.raises(KeyError), writer.ShardWriter(tmp_path, "data/a.parquet") as shard:
        shard.write({"id": "only"})
    assert not (tmp_path / "data" / "a.parquet").exists()


@pytest.mark.parametrize(("most_bytes", "groups"), [(10**9, [50, 50, 20]), (1_200, [40, 40, 40])])
def test_row_groups_are_small_enough_to_stream(cota, tmp_path, monkeypatch, most_bytes, groups):
    """Of 50 rows, or fewer where their clips, which are stored twice, are large; here each counts 30 bytes."""
    row = pyarrow.parquet.read_table(next(cota.rglob("train-*.parquet"))).slice(0, 1).to_pylist()[0]
    row["audio"]["bytes"] = b"fifteen bytes.."
    monkeypatch.setattr(writer, "BYTES_PER_GROUP", most_bytes)
    with writer.ShardWriter(tmp_path, "data/a.parquet") as shard:
        for _ in range(120):
            shard.write(row)
    found = pyarrow.parquet.ParquetFile(tmp_path / "data" / "a.parquet").metadata
    assert [found.row_group(index).num_rows for index in range(found.num_row_groups)] == groups


def test_shards_have_the_size_that_is_asked_for(recordings, cota, tmp_path, build):
    """Of each task and split as many as it takes, none larger by more than a row's text, and all but the last full."""
    work = cota.with_name("cota.build")
    build(recordings, tmp_path / "cota", rows=260, publish={"shard_megabytes": 1}, done=work)
    manifest = json.loads((tmp_path / "cota" / "manifest.json").read_text())
    assert sum(shard["rows"] for shard in manifest["shards"]) == manifest["rows"]
    assert all(shard["bytes"] < 1.1e6 for shard in manifest["shards"])
    sizes = [shard["bytes"] for shard in manifest["shards"] if shard["path"].startswith("data/music/genre/train-")]
    assert len(sizes) > 2 and min(sizes[:-1]) > 0.3e6


@pytest.mark.parametrize("name", ["notes.txt", "data/music/my.parquet", "prompts/mine.md", ".git/config"])
def test_files_that_no_build_wrote_are_not_removed(cota, tmp_path, name):
    folder = tmp_path / "cota"
    shutil.copytree(cota, folder)
    sent = (".cache/huggingface/upload/README.md.metadata", ".gitattributes")
    for own in ("prompts/reason-0123456789ab.md", "build.yaml", *sent, ".DS_Store", "data/music/.DS_Store"):
        (folder / own).parent.mkdir(parents=True, exist_ok=True)
        (folder / own).write_text("written by a build, by sending it or by macOS")
    writer.require_replaceable(folder)
    (folder / name).parent.mkdir(parents=True, exist_ok=True)
    (folder / name).write_text("mine")
    with pytest.raises(ValueError, match=f"also holds {name}, which no build wrote .*: move that away"):
        writer.require_replaceable(folder)


def test_a_file_that_comes_while_a_build_writes_is_kept(cota, tmp_path):
    folder = tmp_path / "cota"
    shutil.copytree(cota, folder)
    with pytest.raises(ValueError, match=r"also holds notes\.txt"), writer.cota_folder(folder):
        (folder / "notes.txt").write_text("mine")
    assert (folder / "notes.txt").read_text() == "mine"
    assert check_shards(folder)["rows"] > 0
    assert sorted(path.name for path in tmp_path.iterdir()) == ["cota"]
