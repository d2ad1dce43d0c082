"""The corpora of music that have a description, each on a tiny tree in its own layout."""

from __future__ import annotations

import json


def test_musiccaps(tree):
    tree.text(
        "musiccaps-public.csv",
        "ytid,start_s,end_s,audioset_positive_labels,aspect_list,caption,author_id,is_balanced_subset,is_audioset_eval",
        "-0Gj8-vB1q4,30,40,\"/m/0140xf\",\"['low quality', 'male''s voice']\",\"A ballad, slow.\",4,False,True",
        "0-ab,0,10,/m/04rlf,[],Drums.,6,False,False",
    )
    tree.audio("audio/-0Gj8-vB1q4.wav", "wav/[0-ab]-[0-10].wav")

    (ballad, drums), broken = tree.read("musiccaps")

    assert broken == []
    assert (ballad.id, ballad.split, ballad.group) == ("musiccaps/-0Gj8-vB1q4_30", "test", "youtube/-0Gj8-vB1q4")
    assert ballad.annotations == {"captions": ["A ballad, slow."], "labels": ["low quality", "males voice"]}
    assert (ballad.domain, ballad.license) == ("music", "LicenseRef-YouTube AND CC-BY-SA-4.0")
    assert (drums.split, tree.sound(drums)) == ("train", "wav/[0-ab]-[0-10].wav")
    assert drums.annotations == {"captions": ["Drums."]}


def test_musicbench(tree):
    row = {
        "dataset": "MusicBench",
        "location": "data_aug2/-0SdAVK79lg_1.wav",
        "main_caption": "A guitar plays.",
        "alt_caption": "Guitar. The key is F# major.",
        "beats": [[0.3, 0.8], [1.0, 2.0]],
        "bpm": 120.0,
        "chords": ["F#", "B"],
        "key": ["F#", "major"],
    }
    test = {**row, "location": "data/zz345678901.wav", "alt_caption": "", "bpm": None, "chords": []}
    tree.text("MusicBench_train.json", json.dumps(row))
    tree.text("MusicBench_test_A.json", json.dumps(test))
    tree.text("MusicBench_test_B.json", json.dumps(test))
    tree.audio("datashare/data_aug2/-0SdAVK79lg_1.wav", "data/zz345678901.wav")

    (train, held_out), broken = tree.read("musicbench")

    assert broken == []
    assert (train.id, train.group, train.split) == ("musicbench/-0SdAVK79lg_1", "youtube/-0SdAVK79lg", "train")
    assert train.annotations == {
        "captions": ["A guitar plays.", "Guitar. The key is F# major."],
        "tempo": 120.0,
        "key": "F# major",
        "chords": ["F#", "B"],
    }
    assert (held_out.split, held_out.annotations["captions"]) == ("test", ["A guitar plays."])
    assert "tempo" not in held_out.annotations
    assert [item.id for item in tree.read("musicbench", splits=["test_B"])[0]] == ["musicbench/zz345678901"]


def test_nsynth(tree):
    note = {
        "note": 201034,
        "note_str": "bass_synthetic_033-022-050",
        "instrument_str": "bass_synthetic_033",
        "pitch": 22,
        "instrument_source_str": "synthetic",
        "instrument_family_str": "synth_lead",
        "qualities_str": ["dark", "long_release"],
    }
    tree.text("nsynth-train/examples.json", json.dumps({"bass_synthetic_033-022-050": note}, indent=2))
    tree.text("nsynth-valid/examples.json", "{}")
    tree.text("nsynth-test/examples.json", json.dumps({"bass_synthetic_033-022-075": note}))
    tree.audio("nsynth-train/audio/bass_synthetic_033-022-050.wav", "nsynth-test/audio/bass_synthetic_033-022-075.wav")

    (train, test), broken = tree.read("nsynth")

    assert broken == []
    assert (train.id, train.split) == ("nsynth/bass_synthetic_033-022-050", "train")
    assert train.annotations == {
        "instrument": "synth lead",
        "pitch": 22,
        "style": "synthetic",
        "labels": ["dark", "long release"],
    }
    assert (train.group, test.group) == ("nsynth/train/bass_synthetic_033", "nsynth/test/bass_synthetic_033")
    assert (train.license, test.split) == ("CC-BY-4.0", "test")
