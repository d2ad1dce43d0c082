"""Parquet data sets: local folders of shards, and the addresses of those of the Hub."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pyarrow
import pyarrow.parquet
import pytest
import soundfile
from datasets import Audio, ClassLabel, Dataset, Features, Value

from dataset_builder.sources import hub


GIVEN = {"name": "cells", "domain": "speech", "license": "CC-BY-4.0"}
FEATURES = Features(
    {"audio": Audio(decode=False), "text": Value("string"), "emotion": ClassLabel(names=["joy", "fear"])}
)


def _sound(value: float = 0.0) -> bytes:
    buffer = io.BytesIO()
    soundfile.write(buffer, np.full(160, value, dtype=np.float32), 16_000, format="WAV")
    return buffer.getvalue()


def _shard(path: Path, *rows: tuple[float, str, int]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    columns = {
        "audio": [{"bytes": _sound(value), "path": "audio.wav"} for value, _, _ in rows],
        "text": [text for _, text, _ in rows],
        "emotion": [emotion for _, _, emotion in rows],
    }
    Dataset.from_dict(columns, features=FEATURES).to_parquet(path)


@pytest.fixture
def cells(tree, monkeypatch):
    """Two shards of train and one of test, as `push_to_hub` names them."""
    monkeypatch.setenv("HF_HOME", str(tree.folder / "cache"))
    _shard(tree.folder / "cells/data/train-00000-of-00002.parquet", (0.1, "One.", 0), (0.2, "Two.", 1))
    _shard(tree.folder / "cells/data/train-00001-of-00002.parquet", (0.3, "Three.", 1))
    _shard(tree.folder / "cells/data/test-00000-of-00001.parquet", (0.4, "Four.", -1))
    return tree


def test_a_folder_of_shards(cells):
    recordings, broken = cells.read("hub", folder="cells", **GIVEN)

    assert broken == []
    assert {item.id: item.split for item in recordings} == {
        "cells/train/0000000": "train",
        "cells/train/0000001": "train",
        "cells/train/0000002": "train",
        "cells/test/0000000": "test",
    }
    found = {item.source_id: item for item in recordings}
    assert found["train/0000002"].annotations == {"transcript": "Three.", "emotion": "fear"}
    assert found["test/0000000"].annotations == {"transcript": "Four."}
    assert found["train/0000002"].audio.row == 0
    waveform, rate = found["train/0000002"].audio.waveform()
    assert rate == 16_000
    np.testing.assert_allclose(waveform, 0.3, atol=1e-4)
    assert [item.id for item in cells.read("hub", folder="cells", **GIVEN, splits=["test"])[0]] == [
        "cells/test/0000000"
    ]


def test_columns_ids_and_bare_bytes(tree, monkeypatch):
    monkeypatch.setenv("HF_HOME", str(tree.folder / "cache"))
    (tree.folder / "cells").mkdir()
    table = pyarrow.table({"sound": [_sound(), _sound()], "key": ["a", "b"], "words": ["Hi.", None], "other": [1, 2]})
    pyarrow.parquet.write_table(table, tree.folder / "cells/part.parquet")

    recordings, broken = tree.read(
        "hub", folder="cells", **GIVEN, audio="sound", columns={"key": "id", "words": "transcript", "other": None}
    )

    assert broken == []
    assert {item.id: item.annotations for item in recordings} == {"cells/a": {"transcript": "Hi."}, "cells/b": {}}
    with pytest.raises(ValueError, match="no column 'audio'; it has sound, key, words, other"):
        tree.read("hub", folder="cells", **GIVEN)
    with pytest.raises(ValueError, match="'words' is string; bytes, or a struct with bytes"):
        tree.read("hub", folder="cells", **GIVEN, audio="words")


def test_a_shard_of_the_hub_is_fetched_when_its_turn_comes(cells, monkeypatch):
    asked = []

    def fetch(repository, path, repo_type, revision):
        asked.append((repository, path, repo_type, revision))
        return str(cells.folder / "cells" / path)

    names = ("data/train-00000-of-00002.parquet", "data/test-00000-of-00001.parquet")
    shards = [(name.split("/")[1].split("-")[0], f"hf://datasets/org/cells@0123abcd/{name}") for name in names]
    monkeypatch.setattr(hub, "_shards", lambda place, config, revision: shards)
    monkeypatch.setattr("huggingface_hub.hf_hub_download", fetch)
    source = hub.HubSource("org/cells", domain="speech", license="MIT")

    items = source.read()
    first = next(items)

    assert first.id == "cells/train/0000000"
    assert first.audio.path == cells.folder / "cells" / names[0]
    assert asked == [("org/cells", names[0], "dataset", "0123abcd")]
    assert [item.id for item in items] == ["cells/train/0000001", "cells/test/0000000"]
    assert asked[1:] == [("org/cells", names[1], "dataset", "0123abcd")]


@pytest.mark.parametrize(
    ("address", "parts"),
    [
        ("hf://datasets/org/name@abc/data/a.parquet", ("org/name", "abc", "data/a.parquet")),
        (
            "hf://datasets/org/name@refs/convert/parquet/default/train/0000.parquet",
            ("org/name", "refs/convert/parquet", "default/train/0000.parquet"),
        ),
        (
            "hf://datasets/org/name@refs%2Fconvert%2Fparquet/default/train/0000.parquet",
            ("org/name", "refs/convert/parquet", "default/train/0000.parquet"),
        ),
        ("hf://datasets/org/name/a.parquet", ("org/name", None, "a.parquet")),
    ],
)
def test_addresses_of_the_hub(address, parts, monkeypatch):
    asked = []
    monkeypatch.setattr(
        "huggingface_hub.hf_hub_download",
        lambda repository, path, repo_type, revision: asked.append((repository, revision, path)) or "/there",
    )

    assert hub._local(address) == Path("/there")
    assert asked == [parts]


def test_wrong_settings(cells):
    with pytest.raises(ValueError, match="either a `dataset`"):
        cells.read("hub", folder="cells", dataset="org/cells", **GIVEN)
    with pytest.raises(FileNotFoundError, match=r"no Parquet shards of \['validation'\]; its splits are test, train"):
        cells.read("hub", folder="cells", **GIVEN, splits=["validation"])
    with pytest.raises(ValueError, match="no column for the domain"):
        cells.read("hub", folder="cells", name="cells", license="MIT")
    cells.text("texts/a.txt", "Not Parquet.")
    with pytest.raises(ValueError, match="is not Parquet but text"):
        cells.read("hub", folder="texts", **GIVEN)
