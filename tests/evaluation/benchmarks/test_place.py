"""Where a benchmark is read from: a folder, or the Hub's copy, which no test downloads."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import huggingface_hub
import pytest
from huggingface_hub.errors import LocalEntryNotFoundError

from evaluation.benchmarks.place import Place, Source, heard, need, numbered_entries, place_of, present


SOURCE = Source("tones", "https://example.org", hub="someone/tones", patterns=("*.json", "audio/*"))


@pytest.fixture
def hub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """What is asked of the Hub; an exception in it is raised."""
    asked: list[Any] = []

    def snapshot_download(repository: str, **options: Any) -> str:
        asked.append((repository, options))
        if isinstance(asked[0], Exception):
            raise asked[0]
        return str(tmp_path)

    monkeypatch.setattr(huggingface_hub, "snapshot_download", snapshot_download)
    return asked


def test_a_folder(tmp_path: Path, hub: list[Any]) -> None:
    assert place_of(str(tmp_path), SOURCE, "test") == Place(tmp_path)
    assert hub == []
    with pytest.raises(FileNotFoundError, match="There is no folder .*absent: get tones from https://example.org"):
        place_of(str(tmp_path / "absent"), SOURCE, "test")


def test_the_hub(tmp_path: Path, hub: list[Any]) -> None:
    """The commit is the name of the snapshot's folder."""
    assert place_of(None, SOURCE, "test", "v1") == Place(tmp_path, "someone/tones", tmp_path.name)
    asked = {"repo_type": "dataset", "revision": "v1", "allow_patterns": ["*.json", "audio/*"]}
    assert hub == [("someone/tones", asked)]


def test_a_revision_of_a_folder_is_refused(tmp_path: Path, hub: list[Any]) -> None:
    with pytest.raises(ValueError, match=f"revision v1 is of the Hub's copy, and {tmp_path} is a folder"):
        place_of(str(tmp_path), SOURCE, "test", "v1")


def test_no_copy_on_the_hub(hub: list[Any]) -> None:
    with pytest.raises(FileNotFoundError, match="tones is not on the Hub .*https://example.org and name its folder"):
        place_of(None, Source("tones", "https://example.org"), "test")
    part = Source("tones", "https://example.org", hub="someone/tones", hub_splits=("mini",))
    with pytest.raises(FileNotFoundError, match="someone/tones on the Hub holds mini of tones and not test: get it"):
        place_of(None, part, "test")
    assert hub == []
    place_of(None, part, "mini")
    assert len(hub) == 1


@pytest.mark.parametrize("error", [LocalEntryNotFoundError("no network\nmore"), OSError("no network"), OSError()])
def test_a_download_that_fails(hub: list[Any], error: Exception) -> None:
    hub.append(error)
    reason = "no network" if str(error) else "OSError"
    with pytest.raises(FileNotFoundError, match=rf"tones cannot be downloaded .*\({reason}\): get it from https"):
        place_of(None, SOURCE, "test")


def test_files_and_recordings_that_are_there(tmp_path: Path) -> None:
    (tmp_path / "b.json").touch()
    (tmp_path / "c.wav").touch()
    assert present(tmp_path, ("a.json", "b.json"), SOURCE) == [tmp_path / "b.json"]
    assert heard(tmp_path, ("a.wav", "c.wav")).path == str(tmp_path / "c.wav")
    assert heard(tmp_path, ("a.wav", "b.wav")).path == str(tmp_path / "a.wav")
    with pytest.raises(FileNotFoundError, match="has none of a.json, so it is no folder of tones: .*example.org"):
        present(tmp_path, ("a.json",), SOURCE)


def test_entries_are_counted_from_one(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_text('{"x": 1}\n\n{"x": 0}\n', encoding="utf-8")
    assert list(numbered_entries(tmp_path / "a.jsonl")) == [(1, {"x": 1}), (2, {"x": 0})]


def test_a_field_that_is_needed() -> None:
    entry = {"zero": 0, "empty": "", "none": None}
    assert need(entry, "zero", Path("a.json"), 3) == "0"
    for name in ("empty", "none", "absent"):
        with pytest.raises(ValueError, match=f"a.json, entry 3, has no '{name}': it is not in the official layout"):
            need(entry, name, Path("a.json"), 3)
