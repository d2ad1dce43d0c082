"""WebDataset shards."""

from __future__ import annotations

import io
import json
import tarfile

import numpy as np
import pytest
import soundfile


GIVEN = {"name": "shards", "domain": "speech", "license": "CC0-1.0", "language": "en"}


def _sound(value: float = 0.0) -> bytes:
    buffer = io.BytesIO()
    soundfile.write(buffer, np.full(160, value, dtype=np.float32), 16_000, format="FLAC")
    return buffer.getvalue()


def _tar(path, *files: tuple[str, bytes]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with tarfile.open(path, "w") as archive:
        for name, contents in files:
            member = tarfile.TarInfo(name)
            member.size = len(contents)
            archive.addfile(member, io.BytesIO(contents))


def test_samples(tree):
    facts = json.dumps({"speaker": "ann", "gender": "female", "license": "MIT"}).encode()
    _tar(
        tree.folder / "train-000000.tar",
        ("clips/1.flac", _sound(0.5)),
        ("clips/1.json", facts),
        ("clips/1.txt", b"Hello.\n"),
        ("clips/2.take.flac", _sound()),
    )
    _tar(tree.folder / "test/000000.tar", ("1.flac", _sound()), ("1.txt", b"Bye."))

    recordings, broken = tree.read("webdataset", **GIVEN)

    assert broken == []
    assert [item.id for item in recordings] == [
        "shards/000000/1",
        "shards/train-000000/clips/1",
        "shards/train-000000/clips/2",
    ]
    assert [item.split for item in recordings] == ["test", "train", "train"]
    first = recordings[1]
    assert first.annotations == {"speaker": "ann", "gender": "female", "transcript": "Hello."}
    assert (first.license, first.language, recordings[2].license) == ("MIT", "en", "CC0-1.0")
    waveform, rate = first.audio.waveform()
    assert (len(waveform), rate) == (160, 16_000)
    np.testing.assert_allclose(waveform, 0.5, atol=1e-4)
    assert [item.id for item in tree.read("webdataset", **GIVEN, splits=["test"])[0]] == ["shards/000000/1"]


def test_texts_of_other_sounds_are_captions(tree, only):
    _tar(tree.folder / "a.tar", ("1.flac", _sound()), ("1.txt", b"A dog; it barks."))

    assert only(tree.read("webdataset", **{**GIVEN, "domain": "sound"})).annotations == {
        "captions": ["A dog; it barks."]
    }
    assert only(tree.read("webdataset", **{**GIVEN, "domain": "sound"}, text="title")).annotations == {
        "title": "A dog; it barks."
    }


def test_what_is_broken_is_named_and_the_rest_goes_on(tree):
    _tar(
        tree.folder / "a.tar",
        ("1.json", b"{}"),
        ("2.flac", _sound()),
        ("2.json", b"{"),
        ("3.flac", _sound()),
        ("3.wav", _sound()),
        ("4.flac", _sound()),
        ("5.flac", _sound()),
    )
    path = tree.folder / "a.tar"
    path.write_bytes(path.read_bytes()[: path.read_bytes().index(b"5.flac") + 200])
    _tar(tree.folder / "b.tar", ("1.flac", _sound()))

    recordings, broken = tree.read("webdataset", **GIVEN)

    assert [item.id for item in recordings] == ["shards/a/4", "shards/b/1"]
    assert [item.id for item in broken] == [f"shards/a.tar:{number}" for number in (1, 2, 3, 5)]
    assert "a.tar, sample 1: its files are 1.json: one audio file is expected, not 0" in broken[0].reason
    assert "2.json cannot be read" in broken[1].reason
    assert "one audio file is expected, not 2" in broken[2].reason
    assert "the tar cannot be read from here on" in broken[3].reason


def test_a_tar_that_ends_within_a_sample_names_that_sample(tree):
    path = tree.folder / "a.tar"
    _tar(path, ("1.flac", _sound()), ("2.flac", _sound(0.5)), ("2.json", b"{}"))
    path.write_bytes(path.read_bytes()[: path.read_bytes().index(b"2.flac") + 600])

    recordings, (broken,) = tree.read("webdataset", **GIVEN)

    assert [item.id for item in recordings] == ["shards/a/1"]
    assert broken.reason.startswith("a.tar, sample 2: the tar cannot be read from here on")


def test_the_name_of_a_sample_is_no_key_of_music(tree, only, caplog):
    facts = {"key": "0001", "tempo": 90, "uploader": "ann", "__url__": "x"}
    _tar(tree.folder / "a.tar", ("0001.flac", _sound()), ("0001.json", json.dumps(facts).encode()), ("0001.cls", b"3"))

    assert only(tree.read("webdataset", **GIVEN)).annotations == {"tempo": 90.0}
    assert "a.tar, sample 1: the columns .cls, __url__, key, uploader are not read" in caplog.text
    assert only(tree.read("webdataset", **GIVEN, columns={"key": "key"})).annotations["key"] == "0001"


def test_what_is_not_read_is_said_once(tree, caplog):
    files = [
        (f"{n}{ending}", contents)
        for n in range(3)
        for ending, contents in ((".flac", _sound()), (".json", b'{"a": 1}'))
    ]
    _tar(tree.folder / "a.tar", *files)
    tree.read("webdataset", **GIVEN)
    assert caplog.text.count("are not read") == 1
    caplog.clear()
    tree.read("webdataset", **GIVEN, columns={"a": None})
    assert "are not read" not in caplog.text


def test_two_texts_of_a_sample(tree):
    def sample(name: str, caption: object) -> list[tuple[str, bytes]]:
        facts = json.dumps({"caption": caption}).encode()
        return [(f"{name}.flac", _sound()), (f"{name}.json", facts), (f"{name}.txt", b"A dog barks.\n")]

    _tar(tree.folder / "a.tar", *sample("1", "A dog  barks."), *sample("2", "Rain."), *sample("3", ["A dog barks."]))
    _tar(tree.folder / "b.tar", ("1.flac", _sound()), ("1.en.txt", b"Hello."), ("1.fr.txt", b"Bonjour."))

    recordings, (differ, two) = tree.read("webdataset", **GIVEN | {"domain": "sound"})

    assert {item.id: item.annotations for item in recordings} == {
        f"shards/a/{name}": {"captions": ["A dog barks."]} for name in ("1", "3")
    }
    assert "sample 2: 'caption' and '.txt' are both its 'captions' and differ: leave one out" in differ.reason
    assert "`columns: {caption: null}`" in differ.reason
    assert "one .txt is expected, not 2" in two.reason
    left_out = tree.read("webdataset", **GIVEN | {"domain": "sound"}, columns={"caption": None})[0]
    assert [item.annotations["captions"] for item in left_out] == [["A dog barks."]] * 3


@pytest.mark.parametrize("name", ["b.tar.gz", "parts/b.tgz", "b.tar.zst"])
def test_compressed_shards_beside_others_are_not_passed_over(tree, name):
    _tar(tree.folder / "a.tar", ("1.flac", _sound()))
    (tree.folder / name).parent.mkdir(exist_ok=True)
    (tree.folder / name).write_bytes(b"")
    said = rf"1 compressed shards, such as {name.split('/')[-1]}: uncompress them, .* write `shards: '\*\*/\*\.tar'`"
    with pytest.raises(ValueError, match=said):
        tree.read("webdataset", **GIVEN)
    assert len(tree.read("webdataset", **GIVEN, shards="**/*.tar")[0]) == 1


def test_compressed_shards_of_other_splits_are_let_by(tree):
    _tar(tree.folder / "train-0.tar", ("1.flac", _sound()))
    (tree.folder / "test-0.tar.gz").write_bytes(b"")
    assert len(tree.read("webdataset", **GIVEN, splits=["train"])[0]) == 1
    with pytest.raises(ValueError, match="such as test-0.tar.gz"):
        tree.read("webdataset", **GIVEN, splits=["train", "test"])


def test_a_compressed_tar(tree):
    with tarfile.open(tree.folder / "a.tar", "w:gz") as archive:
        archive.addfile(tarfile.TarInfo("1.flac"))

    recordings, (broken,) = tree.read("webdataset", **GIVEN)

    assert recordings == []
    assert "uncompress it" in broken.reason


def test_no_shards(tree):
    with pytest.raises(FileNotFoundError, match="has no shards"):
        tree.read("webdataset", **GIVEN)
    with pytest.raises(ValueError, match="no column for the license"):
        _tar(tree.folder / "a.tar", ("1.flac", _sound()))
        tree.read("webdataset", name="shards", domain="speech")
