"""What an entry of a build's YAML may say, and that reading is lazy."""

from __future__ import annotations

import tracemalloc
from pathlib import Path

import pytest

from dataset_builder.recording import Recording
from dataset_builder.sources.source import READERS, check_source, known_corpora, open_source


HEADER = "client_id\tpath\tsentence\tage\tgender\taccents\tlocale"


def _voices(tree, count: int) -> None:
    """A Common Voice of `count` sentences, whose first clip alone is there."""
    tree.text("train.tsv", HEADER, *(f"speaker{n}\tclip{n}.mp3\tSentence {n}.\t\t\t\ten" for n in range(count)))
    tree.audio("clips/clip0.mp3")


def test_all_the_corpora_of_the_build_are_known():
    wanted = """audioset audiocaps clotho clotho_aqa wavcaps fsd50k musiccaps musicbench mtg_jamendo nsynth librispeech
    common_voice covost2 meld iemocap mustard folder hub webdataset debian"""

    assert known_corpora() == sorted(wanted.split())


def test_an_unknown_corpus_names_those_that_are_known(tmp_path):
    with pytest.raises(ValueError, match="no corpus 'cloto'; the corpora are .*clotho, clotho_aqa"):
        open_source({"corpus": "cloto", "folder": "."}, tmp_path)


@pytest.mark.parametrize("corpus", ["clotho", "librispeech", "folder"])
def test_an_unknown_setting_names_those_that_are_known(tmp_path, corpus):
    with pytest.raises(ValueError, match=f"'{corpus}' has no setting 'split'; it has corpus, limit.*folder.*splits"):
        open_source({"corpus": corpus, "folder": ".", "split": "train"}, tmp_path)


@pytest.mark.parametrize("corpus", sorted({*READERS, "clotho"} - {"debian", "hub"}))
def test_a_missing_folder_is_named_with_where_to_get_the_corpus(tmp_path, corpus):
    with pytest.raises(ValueError, match=f"'{corpus}' needs 'folder'"):
        open_source({"corpus": corpus}, tmp_path)
    with pytest.raises(FileNotFoundError, match=f"{tmp_path}/nowhere .*is not there; (get the corpus from|name)"):
        open_source({"corpus": corpus, "folder": "nowhere"}, tmp_path)


def test_a_missing_metadata_file_says_what_was_expected_where(tree):
    with pytest.raises(FileNotFoundError, match=f"{tree.folder} has no test.tsv, .*https://commonvoice.mozilla.org"):
        open_source({"corpus": "common_voice", "folder": ".", "splits": ["test"]}, tree.folder)


def test_an_unknown_split_names_those_that_are_known(tree):
    _voices(tree, 1)

    with pytest.raises(ValueError, match="common_voice has no split 'training'; it has train, dev, test, validated"):
        open_source({"corpus": "common_voice", "folder": ".", "splits": ["training"]}, tree.folder)


def test_limit_takes_the_first_and_counts_the_broken_among_them(tree):
    _voices(tree, 30)

    recordings, broken = tree.read("common_voice", splits=["train"], limit=3)

    assert [item.id for item in recordings] == ["common_voice/clip0"]
    assert [item.id for item in broken] == ["common_voice/clip1", "common_voice/clip2"]


@pytest.mark.parametrize("corpus", known_corpora())
def test_every_setting_of_every_corpus_is_held_to_its_kind(corpus):
    """A kind that none of them takes, for each in turn, before anything is looked for on disk."""
    needed = {} if corpus in ("hub", "debian") else {"folder": "nowhere"}
    check_source({"corpus": corpus} | needed)
    with pytest.raises(ValueError, match="has no setting") as refused:
        check_source({"corpus": corpus, "?": 1} | needed)
    settings = str(refused.value).partition("it has ")[2].rstrip(".").split(", ")[1:]
    assert "limit" in settings
    for name in settings:
        with pytest.raises(
            ValueError, match=rf"The source '{corpus}'(: (a name in )?{name} is .*: give| has .* as {name}; give)"
        ):
            check_source({"corpus": corpus, name: {3: 4.5}} | ({} if name == "folder" else needed))


def test_a_list_of_no_splits_is_refused_and_one_split_needs_no_list(tree):
    _voices(tree, 1)
    with pytest.raises(ValueError, match="splits is empty: name at least one"):
        tree.read("common_voice", splits=[])
    assert len(tree.read("common_voice", splits="train")[0]) == 1


@pytest.mark.parametrize("limit", [0, -1, 1.5, True, "ten"])
def test_a_limit_is_a_whole_number(tree, limit):
    _voices(tree, 1)

    with pytest.raises(ValueError, match="limit"):
        tree.read("common_voice", splits=["train"], limit=limit)


def test_domain_license_and_language_can_be_overridden(tree, only):
    _voices(tree, 1)
    own = only(tree.read("common_voice", splits=["train"]))

    changed = only(tree.read("common_voice", splits=["train"], domain="sound", license="MIT", language="en-GB"))

    assert (own.domain, own.license, own.language) == ("speech", "CC0-1.0", "en")
    assert (changed.domain, changed.license, changed.language) == ("sound", "MIT", "en")
    assert changed.id == own.id
    with pytest.raises(ValueError, match="domain 'noise'"):
        tree.read("common_voice", splits=["train"], domain="noise")
    with pytest.raises(ValueError, match="'English' is not a language tag"):
        tree.read("common_voice", splits=["train"], language="English")


def test_audio_can_lie_elsewhere(tree, only):
    _voices(tree, 1)
    tree.audio("wavs/clip0.wav")

    found = only(tree.read("common_voice", splits=["train"], audio="wavs/{path|stem}.wav"))

    assert tree.sound(found) == "wavs/clip0.wav"


def test_paths_are_relative_to_the_build_file(tree):
    _voices(tree, 1)
    base = tree.folder / "builds"
    base.mkdir()

    source = open_source({"corpus": "common_voice", "folder": "..", "splits": "train"}, base)

    (recording,) = source.read()
    assert isinstance(recording, Recording)
    assert recording.audio.path.samefile(tree.folder / "clips/clip0.mp3")


def test_reading_is_lazy(tree, monkeypatch):
    _voices(tree, 10_000)
    source = open_source({"corpus": "common_voice", "folder": ".", "splits": ["train"]}, tree.folder)
    looked_for = []
    is_file = Path.is_file
    monkeypatch.setattr(Path, "is_file", lambda path: looked_for.append(path) or is_file(path))

    first = next(source.read())

    assert first.id == "common_voice/clip0"
    assert len(looked_for) == 1


def test_of_what_was_read_only_hashes_are_held(tree):
    _voices(tree, 2_000)
    source = open_source({"corpus": "common_voice", "folder": ".", "splits": ["train"]}, tree.folder)

    tracemalloc.start()
    try:
        count = sum(1 for _ in source.read())
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()

    assert count == 2_000
    assert peak < 2_000 * 150 + 300_000


def test_the_same_ids_at_every_reading(tree):
    _voices(tree, 5)
    source = open_source({"corpus": "common_voice", "folder": ".", "splits": ["train"]}, tree.folder)

    assert [item.id for item in source.read()] == [item.id for item in source.read()]


def test_the_demo_is_a_source(tmp_path):
    source = open_source({"corpus": "debian", "cache": "nowhere", "sources": ["wesnoth"]}, tmp_path)

    assert source.name == "debian"
    with pytest.raises(OSError, match="audio-reasoner fetch"):
        list(source.read())
    with pytest.raises(ValueError, match="no source 'wesnot'"):
        open_source({"corpus": "debian", "sources": ["wesnot"]}, tmp_path)
