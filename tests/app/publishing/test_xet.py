"""Through Xet, as the Hub keeps large files: its own client fills a store on this disk that stands for the server."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path

import huggingface_hub.constants
import pytest

from tests.hub_server import HubServer


hf_xet = pytest.importorskip("hf_xet", reason="hf_xet is not installed: huggingface_hub sends by LFS")


@pytest.fixture
def hub(tmp_path, monkeypatch) -> Iterator[HubServer]:
    with HubServer(xet=tmp_path / "store") as server:
        monkeypatch.setattr(huggingface_hub.constants, "ENDPOINT", server.address)
        monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_OFFLINE", False)
        monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_DISABLE_XET", False)
        monkeypatch.setenv("HF_TOKEN", server.token)
        yield server


def kept(store: Path, files: list[Path], place: Path) -> list[bytes]:
    """What a store gives back of files, which it knows by their Xet hashes."""
    place.mkdir()
    infos = hf_xet.hash_files([str(path) for path in files])
    wanted = [
        hf_xet.PyXetDownloadInfo(str(place / str(number)), info.hash, info.file_size)
        for number, info in enumerate(infos)
    ]
    hf_xet.download_files(wanted, f"local://{store}", ("x", 4_000_000_000), None, None)
    return [(place / str(number)).read_bytes() for number in range(len(files))]


def test_a_data_set_is_stored_whole_and_sent_once(hub, publish, cota, tmp_path):
    shards = sorted(cota.rglob("*.parquet"))
    result = publish("dataset", cota, "org/cota")
    assert result.exit_code == 0, result.output
    repository = hub.repository("dataset", "org/cota")
    files = repository.commit_of("main").files
    for shard in shards:
        entry = files[shard.relative_to(cota).as_posix()]
        assert (entry.oid, entry.size) == (hashlib.sha256(shard.read_bytes()).hexdigest(), shard.stat().st_size)
    assert kept(hub.xet, shards, tmp_path / "given") == [shard.read_bytes() for shard in shards]
    assert hub.uploads == [], "nothing went by LFS"

    store = {path: path.stat().st_mtime_ns for path in hub.xet.rglob("*") if "/xorbs/default." in path.as_posix()}
    commits = len(repository.commits)
    again = publish("dataset", cota, "org/cota")
    assert again.exit_code == 0, again.output
    assert len(repository.commits) == commits
    assert store == {path: path.stat().st_mtime_ns for path in store}
    assert len(store) == len([path for path in hub.xet.rglob("*") if "/xorbs/default." in path.as_posix()])
