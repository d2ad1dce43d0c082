"""A CoTA folder that is not whole is refused in one sentence."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from evaluation.cota import read_rows, split_files


@pytest.fixture
def copy(cota: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(cota, tmp_path / "cota"))


def test_a_whole_folder(cota: Path) -> None:
    files = split_files(cota, "test")
    assert [file.parent.name for file in files] == ["lead_instrument", "sound_event", "spoken_language"]
    assert len(read_rows(files)) == 12


def test_no_folder_and_no_split(tmp_path: Path, cota: Path) -> None:
    with pytest.raises(ValueError, match="no such folder; `audio-reasoner build"):
        split_files(tmp_path / "none", "test")
    with pytest.raises(ValueError, match="no shard of split 'train'"):
        split_files(cota, "train")


def test_a_shard_that_the_names_imply(copy: Path) -> None:
    shard = copy / "data/sound/sound_event/test-00000-of-00001.parquet"
    shard.rename(shard.with_name("test-00000-of-00002.parquet"))
    with pytest.raises(ValueError, match="sound_event/test-00001-of-00002.parquet is missing"):
        split_files(copy, "test")


def test_shards_that_the_manifest_names(copy: Path) -> None:
    shard = "data/sound/sound_event/test-00000-of-00001.parquet"
    size = (copy / shard).stat().st_size
    (copy / "manifest.json").write_text(json.dumps({"shards": [{"path": shard, "bytes": size}]}))
    assert len(split_files(copy, "test")) == 3
    with (copy / shard).open("ab") as stream:
        stream.truncate(100)
    with pytest.raises(ValueError, match=f"{shard} has 100 bytes where the manifest says {size}"):
        split_files(copy, "test")
    (copy / shard).unlink()
    with pytest.raises(ValueError, match=f"{shard} is missing"):
        split_files(copy, "test")


def test_a_file_that_is_not_parquet(copy: Path) -> None:
    shard = copy / "data/sound/sound_event/test-00000-of-00001.parquet"
    shard.write_bytes(b"no")
    with pytest.raises(ValueError, match="not a readable Parquet file"):
        read_rows(split_files(copy, "test"))
