"""A folder of audio files, with metadata and without."""

from __future__ import annotations

import json
import logging
import shutil

import pyarrow
import pyarrow.parquet
import pytest

from dataset_builder.sources.source import open_source


GIVEN = {"name": "mine", "domain": "sound", "license": "CC-BY-4.0"}


def test_a_bare_folder(tree):
    tree.audio("b.wav", "a.flac", "train/dog/1.ogg", ".hidden.wav", ".cache/c.wav")
    tree.text("notes.txt", "not audio")

    recordings, broken = tree.read("folder", **GIVEN)

    assert broken == []
    assert [item.id for item in recordings] == ["mine/a.flac", "mine/b.wav", "mine/train/dog/1.ogg"]
    assert [item.split for item in recordings] == [None, None, "train"]
    first = recordings[0]
    assert (first.source, first.source_id, first.group) == ("mine", "a.flac", "mine/a.flac")
    assert (first.domain, first.license, first.language, first.annotations) == ("sound", "CC-BY-4.0", None, {})
    assert [item.id for item in tree.read("folder", **GIVEN, splits="train")[0]] == ["mine/train/dog/1.ogg"]


def test_folders_as_labels(tree):
    tree.audio("dog/1.wav", "cat/1.wav")

    recordings, _ = tree.read("folder", **GIVEN, folder_label="event")

    assert {item.source_id: item.annotations for item in recordings} == {
        "cat/1.wav": {"event": "cat"},
        "dog/1.wav": {"event": "dog"},
    }


def test_csv(tree, caplog):
    tree.text(
        "metadata.csv",
        "file_name,transcription,speaker,labels,language,weather",
        'clips/1.wav,"Hello, you",ann,dog;cat,en-GB,rainy',
        "clips/2.wav,,,,,",
    )
    tree.audio("clips/1.wav", "clips/2.wav")

    with caplog.at_level(logging.WARNING):
        (first, second), broken = tree.read("folder", name="mine", domain="speech", license="MIT", language="fr")

    assert broken == []
    assert first.id == "mine/clips/1.wav"
    assert first.annotations == {"transcript": "Hello, you", "speaker": "ann", "labels": ["dog", "cat"]}
    assert (first.language, second.language, second.annotations) == ("en", "fr", {})
    assert "metadata.csv: the columns weather are not read" in caplog.text


def test_jsonl_says_everything_itself(tree, only):
    row = {
        "id": "one",
        "file_name": "1.wav",
        "domain": "music",
        "license": "https://creativecommons.org/licenses/by-sa/4.0/",
        "group": "album",
        "split": "dev",
        "captions": ["A tune.", "A song."],
        "qa": [{"question": "Which key?", "answer": "C", "choices": ["C", "D"]}],
        "bpm": 90,
    }
    tree.text("metadata.jsonl", json.dumps(row))
    tree.audio("1.wav")

    found = only(tree.read("folder", name="mine", columns={"bpm": "tempo"}))

    assert (found.id, found.domain, found.group, found.split) == ("mine/one", "music", "album", "validation")
    assert found.license == "CC-BY-SA-4.0"
    assert found.annotations == {
        "captions": ["A tune.", "A song."],
        "qa": [{"question": "Which key?", "answer": "C", "choices": ["C", "D"]}],
        "tempo": 90.0,
    }


def test_parquet_in_folders_of_splits(tree):
    for split, name in (("train", "a"), ("test", "b")):
        tree.audio(f"{split}/{name}.wav")
        table = pyarrow.table({"audio_file_name": [f"{name}.wav"], "captions": [[f"Sound {name}."]]})
        pyarrow.parquet.write_table(table, tree.folder / split / "metadata.parquet")

    recordings, broken = tree.read("folder", **GIVEN)

    assert broken == []
    assert {item.id: (item.split, item.annotations["captions"]) for item in recordings} == {
        "mine/train/a.wav": ("train", ["Sound a."]),
        "mine/test/b.wav": ("test", ["Sound b."]),
    }
    assert [item.id for item in tree.read("folder", **GIVEN, splits=["test"])[0]] == ["mine/test/b.wav"]


def test_what_is_broken_is_named_and_the_rest_goes_on(tree):
    tree.text(
        "metadata.jsonl",
        '{"file_name": "a.wav", "tempo": 100}',
        '{"file_name": "gone.wav"}',
        '{"file_name": ',
        '{"tempo": 100}',
        '{"file_name": "b.wav", "tempo": "fast"}',
        '{"file_name": "a.wav"}',
        '{"file_name": "c.wav"}',
    )
    tree.audio("a.wav", "b.wav", "c.wav", "sub/unlisted.wav")

    recordings, broken = tree.read("folder", **GIVEN)

    assert [item.id for item in recordings] == ["mine/a.wav", "mine/c.wav"]
    reasons = {item.id: item.reason for item in broken}
    assert list(reasons) == [
        "mine/gone.wav",
        "mine/metadata.jsonl:3",
        "mine/metadata.jsonl:4",
        "mine/b.wav",
        "mine/metadata.jsonl:6",
        "mine/sub/unlisted.wav",
    ]
    assert f"line 2: the audio file {tree.folder}/gone.wav is not there" in reasons["mine/gone.wav"]
    assert "line 3: it is not JSON" in reasons["mine/metadata.jsonl:3"]
    assert reasons["mine/metadata.jsonl:4"] == "metadata.jsonl, line 4: it has no file_name."
    assert "'tempo' is 'fast', which is not a number" in reasons["mine/b.wav"]
    assert "listed before, in metadata.jsonl, line 1" in reasons["mine/metadata.jsonl:6"]
    assert reasons["mine/sub/unlisted.wav"] == "sub/unlisted.wav: it has no line in metadata.jsonl."


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"license": "MIT"}, "no column for the domain: say it in the build's entry, such as `domain: sound`"),
        ({"domain": "sound"}, "no column for the license"),
        ({**GIVEN, "domain": "noise"}, "domain 'noise'; use one of sound, speech, music"),
        ({**GIVEN, "columns": {"words": "transcript"}}, "has no column 'words'"),
        ({**GIVEN, "columns": {"text": "words"}}, "'text' is to be 'words'; a column can be one of id"),
        ({**GIVEN, "splits": ["left"]}, "no split 'left'; use train, validation, test"),
    ],
)
def test_wrong_settings(tree, settings, message):
    tree.text("metadata.csv", "file_name,text", "1.wav,Hi")
    tree.audio("1.wav")

    with pytest.raises(ValueError, match=message):
        tree.read("folder", **settings)


def test_links_to_nothing_are_named(tree):
    tree.audio("a.wav")
    (tree.folder / "b.wav").symlink_to("gone.wav")
    (tree.folder / "c.wav").symlink_to("c.wav")
    (tree.folder / "d.wav").symlink_to("a.wav")

    recordings, broken = tree.read("folder", **GIVEN)

    assert [item.id for item in recordings] == ["mine/a.wav", "mine/d.wav"]
    assert [item.id for item in broken] == ["mine/b.wav", "mine/c.wav"]
    assert f"{tree.folder}/b.wav is a link to gone.wav, which is not there" in broken[0].reason
    tree.text("metadata.csv", "file_name", "a.wav", "d.wav")
    assert [item.id for item in tree.read("folder", **GIVEN)[1]] == ["mine/b.wav", "mine/c.wav"]


def test_ids_hold_wherever_the_folder_lies(tree, tmp_path):
    """Also those of files that lie beside the folder; an absolute path outside it is no id, but may have one."""
    first = tree.folder / "one" / "mine"
    tree.audio("one/other/b.wav", "one/mine/a.wav")
    elsewhere = tmp_path / "elsewhere.wav"
    shutil.copyfile(first / "a.wav", elsewhere)
    lines = ["file_name,id", "../other/b.wav,", "../mine/a.wav,", f"{elsewhere},", f"{elsewhere},named"]
    tree.text("one/mine/metadata.csv", *lines)

    def read():
        items = list(
            open_source({"corpus": "folder", "folder": str(tree.folder / "one/mine"), **GIVEN}, tmp_path).read()
        )
        return [item.id for item in items], items

    ids, items = read()
    assert ids == ["mine/../other/b.wav", "mine/a.wav", "mine/metadata.csv:4", "mine/named"]
    assert "absolute path, which is no id that holds elsewhere: add a column `id`" in items[2].reason
    (tree.folder / "one").rename(tree.folder / "two")
    (tree.folder / "one").symlink_to("two")
    assert read()[0] == ids


def test_two_columns_that_say_different_things(tree):
    tree.text("metadata.csv", "file_name,sentence,text", "a.wav,Hi,Hi", "b.wav,Hi,", "c.wav,Hi,Ho")
    tree.audio("a.wav", "b.wav", "c.wav")

    recordings, (broken,) = tree.read("folder", name="mine", domain="speech", license="MIT")

    assert [item.annotations["transcript"] for item in recordings] == ["Hi", "Hi"]
    assert "'sentence' and 'text' are both its 'transcript' and differ" in broken.reason


def test_a_licence_and_a_language_as_the_hub_has_them(tree, only):
    tree.audio("a.wav")
    found = only(tree.read("folder", name="mine", domain="speech", license="cc0", language="de_DE"))
    assert (found.license, found.language) == ("CC0-1.0", "de")
    with pytest.raises(ValueError, match="'xx-long' is not a language tag"):
        tree.read("folder", name="mine", domain="speech", license="cc0", language="xx-long")


def test_metadata_without_file_names(tree):
    tree.text("metadata.csv", "path,text", "1.wav,Hi")

    with pytest.raises(ValueError, match="columns path, text; one called file_name"):
        tree.read("folder", **GIVEN)


def test_each_folder_is_read_once_under_the_name_of_its_place(tree, caplog):
    """A link back up is no end of folders, and the place counts though the link comes first by name."""
    tree.audio("rec/sub/a.wav", "rec/sub/b.wav", "elsewhere/c.wav")
    for link, target in (("sub/up", ".."), ("again", "sub"), ("beside", "../elsewhere"), ("up", "..")):
        (tree.folder / "rec" / link).symlink_to(target)

    with caplog.at_level(logging.WARNING):
        recordings, broken = tree.read("folder", **GIVEN | {"folder": "rec"})

    assert broken == []
    assert {item.source_id for item in recordings if "sub/" in item.source_id} == {"sub/a.wav", "sub/b.wav"}
    assert [item.source_id for item in recordings if "c.wav" in item.source_id] == ["beside/c.wav"]
    assert "links to folders that are read under another name are not followed" in caplog.text


def test_hidden_audio_is_counted_in_a_warning(tree, caplog):
    tree.audio("a.wav", "sub/.b.wav", ".c.wav")
    tree.text("._a.wav", "what macOS leaves beside a.wav")
    tree.text(".notes", "not audio")
    with caplog.at_level(logging.WARNING):
        recordings, _ = tree.read("folder", **GIVEN)
    assert [item.source_id for item in recordings] == ["a.wav"]
    assert "hidden audio files are not read, 2 of them, such as .c.wav" in caplog.text


def test_hidden_folders_with_audio_are_named_in_a_warning(tree, caplog):
    tree.audio("a.wav", ".part2/b.wav", "sub/.more/deep/c.flac")
    tree.text(".cache/notes.txt", "not audio")
    with caplog.at_level(logging.WARNING):
        recordings, _ = tree.read("folder", **GIVEN)
    assert [item.source_id for item in recordings] == ["a.wav"]
    assert "hidden folders are not read, 2 of them with audio files: .part2, sub/.more; rename" in caplog.text
    assert caplog.text.count("not read") == 1 and ".cache" not in caplog.text


@pytest.mark.parametrize(
    ("listed", "there"), [("caf\u00e9.wav", "cafe\u0301.wav"), ("cafe\u0301.wav", "caf\u00e9.wav")]
)
def test_a_name_may_be_spelt_with_the_accent_as_a_character_of_its_own(tree, only, listed, there):
    tree.audio(there)
    tree.text("metadata.csv", "file_name", listed)
    found = only(tree.read("folder", **GIVEN))
    assert found.source_id == listed and found.audio.path.name == there


def test_an_empty_folder(tree):
    with pytest.raises(FileNotFoundError, match="neither metadata.jsonl, metadata.csv, metadata.parquet nor any"):
        tree.read("folder", **GIVEN)
