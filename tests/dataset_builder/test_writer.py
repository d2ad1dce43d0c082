"""What is put where a folder of CoTA lies: whole or not at all, and nothing that no build wrote is removed."""

from __future__ import annotations

import shutil

import pytest

from dataset_builder import writer
from dataset_builder.check import check_shards


def test_a_shard_is_whole_or_not_there(tmp_path):
    with pytest.raises(KeyError), writer.ShardWriter(tmp_path, "data/a.parquet") as shard:
        shard.write({"id": "only"})
    assert not (tmp_path / "data" / "a.parquet").exists()


@pytest.mark.parametrize("name", ["notes.txt", "data/music/my.parquet", "prompts/mine.md", ".git/config"])
def test_files_that_no_build_wrote_are_not_removed(cota, tmp_path, name):
    folder = tmp_path / "cota"
    shutil.copytree(cota, folder)
    for own in ("prompts/reason-0123456789ab.md", ".cache/huggingface/upload/README.md.metadata", "build.yaml"):
        (folder / own).parent.mkdir(parents=True, exist_ok=True)
        (folder / own).write_text("written by a build, or by sending it")
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
