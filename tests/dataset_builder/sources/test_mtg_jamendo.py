"""MTG-Jamendo in its own layout."""

from __future__ import annotations

import pytest


HEADER = "TRACK_ID\tARTIST_ID\tALBUM_ID\tPATH\tDURATION\tTAGS"


@pytest.fixture
def jamendo(tree):
    table = "data/splits/split-0/autotagging"
    tree.text(
        f"{table}-train.tsv",
        HEADER,
        "track_0000214\tartist_000014\talbum_000031\t14/214.mp3\t124.6\tgenre---punkrock\tgenre---rock\tinstrument---bass",
        "track_0000215\tartist_000014\talbum_000031\t15/215.mp3\t151.4\tmood/theme---dark\tinstrument---bass\tinstrument---drums",
    )
    tree.text(f"{table}-validation.tsv", HEADER, "track_0000948\tartist_000087\talbum_000149\t48/948.mp3\t212.7")
    tree.text(f"{table}-test.tsv", HEADER)
    tree.text(
        "audio_licenses.txt",
        "14/214.mp3",
        "A song by somebody from Jamendo: http://www.jamendo.com/track/214",
        "Available under a Creative Commons Attribution-NonCommercial-ShareAlike license: "
        "http://creativecommons.org/licenses/by-nc-sa/3.0/",
        "",
        "15/215.mp3",
        "Another by somebody from Jamendo: http://www.jamendo.com/track/215",
        "Available under a Creative Commons Attribution license: http://creativecommons.org/licenses/by/2.5/es/",
    )
    tree.audio("audio/14/214.mp3", "audio/15/215.low.mp3")
    return tree


def test_tracks(jamendo):
    (first, second), (broken,) = jamendo.read("mtg_jamendo")

    assert (first.id, first.split, first.group) == ("mtg_jamendo/track_0000214", "train", "jamendo/artist_000014")
    assert first.license == "CC-BY-NC-SA-3.0 AND CC-BY-NC-SA-4.0"
    assert first.annotations == {
        "genre": "punkrock, rock",
        "instruments": ["bass"],
        "instrument": "bass",
        "labels": ["punkrock", "rock", "bass"],
    }
    assert second.license == "LicenseRef-CC-BY-2.5-ES AND CC-BY-NC-SA-4.0"
    assert second.annotations == {
        "mood": "dark",
        "instruments": ["bass", "drums"],
        "labels": ["dark", "bass", "drums"],
    }
    assert [jamendo.sound(item) for item in (first, second)] == ["audio/14/214.mp3", "audio/15/215.low.mp3"]
    assert broken.id == "mtg_jamendo/data/splits/split-0/autotagging-validation.tsv:2"
    assert "it has 5 fields" in broken.reason


def test_settings(jamendo):
    jamendo.audio("elsewhere/14/214.mp3")

    (found,), (missing,) = jamendo.read("mtg_jamendo", splits=["train"], audio="elsewhere")

    assert jamendo.sound(found) == "elsewhere/14/214.mp3"
    assert "elsewhere/15/215.mp3 is not there nor under 1 other" in missing.reason
    with pytest.raises(FileNotFoundError, match="split-3/autotagging-train.tsv"):
        jamendo.read("mtg_jamendo", split_set=3)
    with pytest.raises(ValueError, match="no subset 'genre'; it has autotagging, autotagging_genre"):
        jamendo.read("mtg_jamendo", subset="genre")
    with pytest.raises(ValueError, match="no split 'valid'"):
        jamendo.read("mtg_jamendo", splits=["valid"])
