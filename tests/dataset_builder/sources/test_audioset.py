"""AudioSet in its own layout."""

from __future__ import annotations

import json

import pytest


ONTOLOGY = [
    {"id": "/m/09x0r", "name": "Speech", "child_ids": ["/m/05zppz"]},
    {"id": "/m/05zppz", "name": "Male speech, man speaking", "child_ids": []},
    {"id": "/m/04rlf", "name": "Music", "child_ids": ["/m/04szw"]},
    {"id": "/m/04szw", "name": "Musical instrument", "child_ids": ["/m/0342h"]},
    {"id": "/m/0342h", "name": "Guitar", "child_ids": []},
    {"id": "/m/0bt9lr", "name": "Dog", "child_ids": []},
]
COMMENTS = (
    "# Segments csv created Sun Mar  5 10:54:25 2017",
    "# num_ytids=20371, num_segs=20371, num_unique_labels=527, num_positive_labels=51804",
    "# YTID, start_seconds, end_seconds, positive_labels",
)


@pytest.fixture
def audioset(tree):
    tree.text("ontology.json", json.dumps(ONTOLOGY))
    tree.text(
        "balanced_train_segments.csv",
        *COMMENTS,
        '--PJHxphWEs, 30.000, 40.000, "/m/05zppz,/m/0bt9lr"',
        '--ZhevVpy1s, 50.000, 60.000, "/m/0342h,/m/04rlf"',
    )
    tree.text("eval_segments.csv", *COMMENTS, '--4gqARaEJE, 0.000, 10.000, "/m/05zppz"')
    tree.audio("balanced_train_segments/--PJHxphWEs.wav", "audio/balanced_train_segments/Y--ZhevVpy1s.flac")
    tree.audio("eval_segments/--4gqARaEJE_0.m4a")
    return tree


def test_weak_labels(audioset):
    (dog, guitar, speech), broken = audioset.read("audioset")

    assert broken == []
    assert [item.id for item in (dog, guitar, speech)] == [
        "audioset/--PJHxphWEs_30000",
        "audioset/--ZhevVpy1s_50000",
        "audioset/--4gqARaEJE_0",
    ]
    assert dog.annotations == {"labels": ["Male speech, man speaking", "Dog"]}
    assert [item.domain for item in (dog, guitar, speech)] == ["sound", "music", "speech"]
    assert [item.split for item in (dog, guitar, speech)] == ["train", "train", "test"]
    assert (dog.group, dog.license) == ("youtube/--PJHxphWEs", "LicenseRef-YouTube AND CC-BY-4.0")
    assert audioset.sound(guitar) == "audio/balanced_train_segments/Y--ZhevVpy1s.flac"
    assert audioset.sound(speech) == "eval_segments/--4gqARaEJE_0.m4a"


def test_splits_and_templates_of_paths(audioset, only):
    audioset.audio("wav/--4gqARaEJE_0_10.wav")

    found = only(audioset.read("audioset", splits=["eval"], audio="wav/{ytid}_{start|int}_{end|int}.wav"))

    assert audioset.sound(found) == "wav/--4gqARaEJE_0_10.wav"
    with pytest.raises(ValueError, match="no split 'test' of weak labels; it has balanced_train"):
        audioset.read("audioset", splits=["test"])
    with pytest.raises(FileNotFoundError, match="has no unbalanced_train_segments.csv"):
        audioset.read("audioset", splits=["unbalanced_train"])


def test_strong_labels(audioset, only):
    audioset.text(
        "audioset_train_strong.tsv",
        "segment_id\tstart_time_seconds\tend_time_seconds\tlabel",
        "--PJHxphWEs_30000\t4.753\t5.720\t/m/05zppz",
        "--PJHxphWEs_30000\t0.000\t10.000\t/m/0bt9lr",
        "--PJHxphWEs_30000\t6.000\t6.500\t/t/dd00128",
    )
    audioset.text("mid_to_display_name.tsv", "/t/dd00128\tMale singing")
    audioset.audio("train/--PJHxphWEs.wav")

    found = only(audioset.read("audioset", strong=True))

    assert (found.id, found.split) == ("audioset/--PJHxphWEs_30000", "train")
    assert found.annotations == {
        "labels": ["Male speech, man speaking", "Dog", "Male singing"],
        "events": [
            {"label": "Dog", "start": 0.0, "end": 10.0},
            {"label": "Male speech, man speaking", "start": 4.753, "end": 5.72},
            {"label": "Male singing", "start": 6.0, "end": 6.5},
        ],
    }


def test_what_is_broken_is_named_and_the_rest_goes_on(audioset):
    with (audioset.folder / "eval_segments.csv").open("a") as file:
        file.write('abc, zero, 10.000, "/m/0bt9lr"\n')
        file.write('abc, 0.000, 1e999, "/m/0bt9lr"\n')
        file.write('def, 0.000, 10.000, "/m/unknown"\n')
        file.write('ghi, 0.000, 10.000, "/m/0bt9lr"\n')

    recordings, broken = audioset.read("audioset", splits=["eval"])

    assert [item.id for item in recordings] == ["audioset/--4gqARaEJE_0"]
    assert [item.id for item in broken] == [
        "audioset/eval_segments.csv:5",
        "audioset/eval_segments.csv:6",
        "audioset/eval_segments.csv:7",
        "audioset/ghi_0",
    ]
    assert "line 5: start and end are not seconds" in broken[0].reason
    assert "line 6: start and end are not seconds" in broken[1].reason
    assert "the class '/m/unknown' has no name in ontology.json" in broken[2].reason
    assert f"{audioset.folder}/eval_segments/ghi.wav is not there" in broken[3].reason


def test_the_names_of_the_classes_are_needed(tree):
    tree.text("eval_segments.csv", *COMMENTS)

    with pytest.raises(FileNotFoundError, match="none of ontology.json, class_labels_indices.csv"):
        tree.read("audioset")

    tree.text("class_labels_indices.csv", "index,mid,display_name", '0,/m/05zppz,"Male speech, man speaking"')
    assert tree.read("audioset") == ([], [])
