"""Claims about tempo and key."""

from __future__ import annotations

import pytest

from dataset_builder.checks.claims_music import check_key, check_tempo, key_relation, parse_key


@pytest.mark.parametrize(
    "measured, text",
    [
        ({"tempo": 120.0}, "The beat goes at around 90 BPM."),
        ({"tempo": 120.0}, "It is played at eighty beats per minute."),
        ({"tempo": 120.0}, "The tempo is 150-160 bpm."),
        ({"tempo": 120.0}, "A 100 BPM groove."),
        ({"tempo": 120.0}, "The tempo is about 90."),
        ({"tempo": 120.0}, "With a tempo of 150-160, it is quick."),
        ({"tempo": 75.0}, "The tempo is about one hundred and ten beats per minute."),
    ],
)
def test_wrong_tempi_fail(make_row, measured, text):
    assert check_tempo(make_row(caption=text, measured=measured)) is not None


@pytest.mark.parametrize(
    "measured, text",
    [
        ({"tempo": 120.0}, "The beat goes at around 125 BPM."),
        ({"tempo": 120.0}, "The beat goes at 60 BPM."),
        ({"tempo": 62.0}, "It is played at a hundred and twenty beats per minute."),
        ({"tempo": 120.0}, "The tempo is 110-130 bpm."),
        ({"tempo": 120.0}, "The tempo is not 90 BPM."),
        ({"tempo": 120.0}, "It is slower than 150 BPM."),
        ({"tempo": 120.0}, "It has 90 beats in all."),
        ({"tempo": 120.0}, "The tempo is 125, and it stays."),
        ({"tempo": 120.0}, "The tempo is 90% of what it was; at a tempo of 2.5 steps it ends."),
        ({}, "It is played at eighty beats per minute."),
        ({"tempo": None}, "It is played at eighty beats per minute."),
        ({"tempo": 120.0, "tempo_strength": 0.12}, "It is played at eighty beats per minute."),
    ],
)
def test_right_tempi_hold(make_row, measured, text):
    assert check_tempo(make_row(caption=text, measured=measured)) is None


def test_the_tempo_of_the_corpus_counts_too(make_row):
    row = make_row(caption="It is played at 90 BPM.", annotations={"tempo": 90}, measured={"tempo": 120.0})
    assert check_tempo(row) is None
    assert check_tempo({**row, "caption": "It is played at 70 BPM."}) is not None


@pytest.mark.parametrize(
    "measured, text",
    [
        ({"key": "A minor"}, "The piece is in G major."),
        ({"key": "A minor"}, "It is in the key of B-flat minor."),
        ({"key": "C major"}, "The key is F# minor."),
        ({"key": "C major", "key_strength": 0.9}, "It is played in E flat major."),
        ({"key": "C# major"}, "It is in C major."),
    ],
)
def test_wrong_keys_fail(make_row, measured, text):
    assert check_key(make_row(caption=text, measured=measured)) is not None


@pytest.mark.parametrize(
    "measured, text",
    [
        ({"key": "A minor"}, "The piece is in A minor."),
        ({"key": "A minor"}, "The piece is in C major."),
        ({"key": "A# minor"}, "It is in the key of B-flat minor."),
        ({"key": "C major", "key_strength": 0.5}, "It is played in E flat major."),
        ({"key": "C major", "key_strength": 0.9, "key_rival": "E minor"}, "It is played in E minor."),
        ({"key": "A minor"}, "It differs in a minor way, and plays in a major hall."),
        ({"key": "A minor"}, "A G major chord is struck."),
        ({"key": "A minor"}, "It is not in G major."),
        ({"key": "unknown"}, "It is in G major."),
        ({}, "It is in G major."),
    ],
)
def test_right_keys_hold(make_row, measured, text):
    assert check_key(make_row(caption=text, measured=measured)) is None


def test_the_key_of_the_corpus_counts_too(make_row):
    row = make_row(caption="It is in D major.", annotations={"key": "D major"}, measured={"key": "A major"})
    assert check_key(row) is None
    assert check_key({**row, "caption": "It is in E major."}) == (
        "The section 'caption' says 'in E major', and the key is D major."
    )


@pytest.mark.parametrize(
    "name, parsed",
    [
        ("C major", (0, "major")),
        ("A minor", (9, "minor")),
        ("Bbm", (10, "minor")),
        ("F# maj", (6, "major")),
        ("E-flat minor", (3, "minor")),
        ("Cb", (11, "major")),
        ("B# minor", (0, "minor")),
        ("H minor", None),
        ("", None),
    ],
)
def test_names_of_keys(name, parsed):
    assert parse_key(name) == parsed


def test_relations_of_keys():
    assert key_relation("C# minor", "Db minor") == "same"
    assert key_relation("A minor", "C major") == key_relation("C major", "A minor") == "relative"
    assert key_relation("A minor", "A major") == "parallel"
    assert key_relation("C major", "G major") == key_relation("C major", "F major") == "fifth"
    assert key_relation("C major", "E minor") == key_relation("C major", "D major") == "other"
    with pytest.raises(ValueError, match="is no key"):
        key_relation("C major", "loud")
