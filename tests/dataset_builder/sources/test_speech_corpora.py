"""The corpora of speech that have a description, each on a tiny tree in its own layout."""

from __future__ import annotations

import json


def test_common_voice(tree):
    header = "client_id\tpath\tsentence_id\tsentence\tsentence_domain\tup_votes\tdown_votes\tage\tgender\taccents\t"
    header += "variant\tlocale\tsegment"
    tree.text(
        "train.tsv",
        header,
        'ab12\tcommon_voice_sv-SE_1.mp3\tx\t"Ja," sa hon\t\t2\t0\ttwenties\tfemale_feminine\tSk\xe5ne\t\tsv-SE\t',
    )
    tree.text("dev.tsv", header, "cd34\tcommon_voice_sv-SE_2.mp3\tx\tNej\t\t2\t0\t\t\t\t\tsv-SE\t")
    tree.text("test.tsv", header)
    tree.audio("clips/common_voice_sv-SE_1.mp3", "clips/common_voice_sv-SE_2.mp3")

    (first, second), broken = tree.read("common_voice")

    assert broken == []
    assert (first.id, first.split, first.language) == ("common_voice/common_voice_sv-SE_1", "train", "sv")
    assert (first.group, first.license) == ("common_voice/ab12", "CC0-1.0")
    assert first.annotations == {
        "transcript": '"Ja," sa hon',
        "speaker": "common_voice/ab12",
        "gender": "female",
        "age": "twenties",
        "accent": "Sk\xe5ne",
    }
    assert (second.split, second.annotations) == ("validation", {"transcript": "Nej", "speaker": "common_voice/cd34"})


def test_common_voice_of_an_old_version_calls_accents_accent(tree, only):
    header = "client_id\tpath\tsentence\tup_votes\tdown_votes\tage\tgender\taccent\tlocale\tsegment"
    tree.text("test.tsv", header, "ab\tcommon_voice_en_1.mp3\tHi.\t2\t0\t\tmale\tus\ten\t")
    tree.audio("clips/common_voice_en_1.mp3")

    recording = only(tree.read("common_voice", splits=["test"]))

    assert (recording.annotations["accent"], recording.annotations["gender"]) == ("us", "male")


def test_meld(tree):
    header = "Sr No.,Utterance,Speaker,Emotion,Sentiment,Dialogue_ID,Utterance_ID,Season,Episode,StartTime,EndTime"
    tree.text(
        "train_sent_emo.csv",
        header,
        '1,"It\x92s my company, you know",Chandler,neutral,neutral,0,0,8,21,"00:16:16,059","00:16:21,731"',
    )
    tree.text("dev_sent_emo.csv", header, '1,Oh my God!,Phoebe,surprise,negative,0,0,4,7,"0:20:57,256","0:21:00,049"')
    tree.text("test_sent_emo.csv", header, '1,Why?,Mark,joy,positive,0,0,3,19,"00:14:38,127","00:14:40,378"')
    tree.audio(
        "train_splits/dia0_utt0.mp4",
        "dev_splits_complete/dia0_utt0.mp4",
        "output_repeated_splits_test/dia0_utt0.mp4",
        "output_repeated_splits_test/final_videos_testdia0_utt0.mp4",
    )

    (train, dev, test), broken = tree.read("meld")

    assert broken == []
    assert [item.id for item in (train, dev, test)] == [f"meld/{name}/dia0_utt0" for name in ("train", "dev", "test")]
    assert [item.split for item in (train, dev, test)] == ["train", "validation", "test"]
    assert [tree.sound(item).split("/")[0] for item in (train, dev, test)] == [
        "train_splits",
        "dev_splits_complete",
        "output_repeated_splits_test",
    ]
    assert tree.sound(test).endswith("/dia0_utt0.mp4")
    assert train.annotations == {
        "transcript": "It\u2019s my company, you know",
        "emotion": "neutral",
        "sentiment": "neutral",
        "speaker": "Chandler",
    }
    assert (train.group, train.license, train.language) == ("meld/train/dia0", "GPL-3.0-only", "en")


def test_mustard(tree, only):
    data = {
        "1_60": {
            "utterance": "It's just a privilege to watch your mind at work.",
            "speaker": "SHELDON",
            "context": ["I never would have identified them.", "What's your plan?"],
            "context_speakers": ["LEONARD", "SHELDON"],
            "show": "BBT",
            "sarcasm": True,
        }
    }
    tree.text("data/sarcasm_data.json", json.dumps(data))
    tree.audio("mmsd_raw_data/utterances_final/1_60.mp4")

    recording = only(tree.read("mustard"))

    assert (recording.id, recording.group, recording.split, recording.license) == (
        "mustard/1_60",
        "mustard/BBT",
        None,
        "MIT",
    )
    assert recording.annotations == {
        "transcript": "It's just a privilege to watch your mind at work.",
        "sarcasm": True,
        "speaker": "BBT/SHELDON",
        "context": ["LEONARD: I never would have identified them.", "SHELDON: What's your plan?"],
    }


def test_mustard_without_sarcasm_says_so(tree, only):
    spoken = {"utterance": "Yes.", "speaker": "ROSS", "context": [], "context_speakers": [], "show": "FRIENDS"}
    tree.text("data/sarcasm_data.json", json.dumps({"2_1": {**spoken, "sarcasm": False}}))
    tree.audio("utterances_final/2_1.mp4")

    assert only(tree.read("mustard")).annotations["sarcasm"] is False
