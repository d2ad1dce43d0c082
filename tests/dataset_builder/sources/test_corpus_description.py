"""What holds of the description of every corpus."""

from __future__ import annotations

import json

import pytest

from dataset_builder.sources.annotation_keys import canonical
from dataset_builder.sources.corpus_description import describe_corpus, described_corpora
from dataset_builder.sources.source import open_source


@pytest.mark.parametrize("corpus", described_corpora())
def test_every_description_is_whole(corpus, tmp_path):
    description = describe_corpus(corpus)

    assert description.name == corpus
    assert description.home.startswith("https://")
    for table in description.tables.values():
        assert all(value.columns or value.constant is not None for value in table.annotations.values())
    with pytest.raises(FileNotFoundError, match=f"{corpus}.*{description.home}"):
        open_source({"corpus": corpus, "folder": "."}, tmp_path)


def test_annotations_are_held_to_the_keys(tree):
    tree.text("nsynth-test/examples.json", json.dumps({"n": {"instrument_str": "a", "pitch": "high"}}))
    tree.audio("nsynth-test/audio/n.wav")

    recordings, (broken,) = tree.read("nsynth", splits=["test"])

    assert recordings == []
    assert broken.id == "nsynth/n"
    assert "'pitch' is 'high', which is not a whole number" in broken.reason
    assert canonical({"pitch": "60"}) == {"pitch": 60}
