"""The corpora of sound that have a description, each on a tiny tree in its own layout."""

from __future__ import annotations

import json


def test_audiocaps(tree):
    tree.text("dataset/train.csv", "audiocap_id,youtube_id,start_time,caption", "91139,r1nicOVtvkQ,130,A woman talks")
    tree.text(
        "dataset/val.csv",
        "audiocap_id,youtube_id,start_time,caption",
        '97151,vfY_TJq7n_U,130,"Rustling, ducks quack"',
        "97152,tdWhHV3X25Q,60,An audience applauds",
        "97153,vfY_TJq7n_U,130,Ducks quack",
    )
    tree.text("dataset/test.csv", "audiocap_id,youtube_id,start_time,caption", "103549,7fmOlUlwoNg,0,Rattling")
    tree.audio("train/r1nicOVtvkQ_130.wav", "val/97151.wav", "val/tdWhHV3X25Q_60.wav", "test/Y7fmOlUlwoNg.wav")

    recordings, broken = tree.read("audiocaps")

    assert broken == []
    assert [recording.id for recording in recordings] == [
        "audiocaps/r1nicOVtvkQ_130",
        "audiocaps/vfY_TJq7n_U_130",
        "audiocaps/tdWhHV3X25Q_60",
        "audiocaps/7fmOlUlwoNg_0",
    ]
    assert [recording.split for recording in recordings] == ["train", "validation", "validation", "test"]
    assert [tree.sound(recording) for recording in recordings] == [
        "train/r1nicOVtvkQ_130.wav",
        "val/97151.wav",
        "val/tdWhHV3X25Q_60.wav",
        "test/Y7fmOlUlwoNg.wav",
    ]
    twice = recordings[1]
    assert twice.annotations == {"captions": ["Rustling, ducks quack", "Ducks quack"]}
    assert (twice.group, twice.license, twice.domain, twice.language) == (
        "youtube/vfY_TJq7n_U",
        "LicenseRef-YouTube AND MIT",
        "sound",
        None,
    )


def test_clotho(tree):
    header = "file_name,caption_1,caption_2,caption_3,caption_4,caption_5"
    facts = "file_name,keywords,sound_id,sound_link,start_end_samples,manufacturer,license"
    tree.text("clotho_captions_development.csv", header, "Radio Garble.wav,A radio.,Static.,Talk.,Words.,Noise.")
    tree.text(
        "clotho_metadata_development.csv",
        facts,
        "Radio Garble.wav,radio;police caf\xe9,80399,https://freesound.org/people/Benboncan/sounds/80399,"
        '"[1024, 845524]",Benboncan,http://creativecommons.org/licenses/by/3.0/',
        encoding="latin-1",
    )
    tree.text("clotho_captions_validation.csv", header, "Gone.wav,One.,,,,")
    tree.text("clotho_metadata_validation.csv", facts, "Gone.wav,wind,Not found,Not found,,,")
    tree.text("clotho_captions_evaluation.csv", header)
    tree.text("clotho_metadata_evaluation.csv", facts)
    tree.audio("development/Radio Garble.wav", "validation/Gone.wav")

    (garble, gone), broken = tree.read("clotho")

    assert broken == []
    assert (garble.id, garble.split, garble.group) == ("clotho/Radio Garble", "train", "freesound/80399")
    assert garble.license == "CC-BY-3.0 AND LicenseRef-Clotho"
    assert garble.annotations == {
        "captions": ["A radio.", "Static.", "Talk.", "Words.", "Noise."],
        "labels": ["radio", "police caf\xe9"],
    }
    assert tree.sound(garble) == "development/Radio Garble.wav"
    assert (gone.split, gone.group) == ("validation", "clotho/Gone")
    assert gone.license == "NOASSERTION AND LicenseRef-Clotho"
    assert gone.annotations == {"captions": ["One."], "labels": ["wind"]}
    assert [recording.id for recording in tree.read("clotho", splits=["validation"])[0]] == ["clotho/Gone"]


def test_clotho_aqa(tree):
    header = "file_name,QuestionText,answer,confidence"
    tree.text(
        "clotho_aqa_train.csv",
        header,
        "Rain.wav,Is it raining?,yes,yes",
        "Dog.wav,How many barks?,two,yes",
        "Rain.wav,Is it raining?,no,maybe",
        "Rain.wav,Is it raining?,yes,yes",
    )
    tree.text("clotho_aqa_val.csv", header)
    tree.text("clotho_aqa_test.csv", header)
    tree.text(
        "clotho_aqa_metadata.csv",
        ",file_name,keywords,sound_link,start_end_samples,manufacturer,license",
        '0,Rain.wav,rain;roof,https://freesound.org/people/a/sounds/17/,"[0, 1]",a,'
        "http://creativecommons.org/publicdomain/zero/1.0/",
    )
    tree.audio("audio_files/Rain.wav", "audio_files/Dog.wav")

    (rain, dog), broken = tree.read("clotho_aqa")

    assert broken == []
    assert (rain.id, rain.group, rain.license) == ("clotho_aqa/Rain", "freesound/17", "CC0-1.0 AND MIT")
    assert rain.annotations == {
        "qa": [{"question": "Is it raining?", "answer": "yes", "agreement": 0.667}],
        "labels": ["rain", "roof"],
    }
    assert (dog.group, dog.license) == ("clotho/Dog", "NOASSERTION AND MIT")
    assert dog.annotations == {"qa": [{"question": "How many barks?", "answer": "two", "agreement": 1.0}]}


def test_fsd50k(tree):
    tree.text(
        "FSD50K.ground_truth/dev.csv",
        "fname,labels,mids,split",
        '64760,"Electric_guitar,Guitar,Music","/m/02sgy,/m/0342h,/m/04rlf",train',
        '21914,"Male_speech_and_man_speaking,Speech,Human_voice","/m/05zppz,/m/09x0r,/m/09l8g",val',
    )
    tree.text("FSD50K.ground_truth/eval.csv", "fname,labels,mids", '37199,"Bark,Dog","/m/05tny_,/m/0bt9lr"')
    clips = {
        "64760": {"title": "guitarras_63.wav", "license": "http://creativecommons.org/licenses/sampling+/1.0/"},
        "21914": {"title": "man", "license": "http://creativecommons.org/licenses/by-nc/3.0/"},
    }
    tree.text("FSD50K.metadata/dev_clips_info_FSD50K.json", json.dumps(clips, indent=4))
    evaluated = {"37199": {"title": "Dog", "license": "http://creativecommons.org/publicdomain/zero/1.0/"}}
    tree.text("FSD50K.metadata/eval_clips_info_FSD50K.json", json.dumps(evaluated))
    tree.audio(*(f"FSD50K.{name}.wav" for name in ("dev_audio/64760", "dev_audio/21914", "eval_audio/37199")))

    (guitar, man, dog), broken = tree.read("fsd50k")

    assert broken == []
    assert [item.split for item in (guitar, man, dog)] == ["train", "validation", "test"]
    assert [item.domain for item in (guitar, man, dog)] == ["music", "speech", "sound"]
    assert [item.license for item in (guitar, man, dog)] == [
        "LicenseRef-CC-SAMPLING-Plus-1.0 AND CC-BY-4.0",
        "CC-BY-NC-3.0 AND CC-BY-4.0",
        "CC0-1.0 AND CC-BY-4.0",
    ]
    assert guitar.annotations == {"labels": ["electric guitar", "guitar", "music"], "title": "guitarras_63.wav"}
    assert (dog.id, dog.group, tree.sound(dog)) == ("fsd50k/37199", "freesound/37199", "FSD50K.eval_audio/37199.wav")
    assert [item.id for item in tree.read("fsd50k", splits=["validation"])[0]] == ["fsd50k/21914"]
    assert [item.id for item in tree.read("fsd50k", splits=["dev"])[0]] == ["fsd50k/64760", "fsd50k/21914"]


def test_wavcaps(tree):
    freesound = {
        "id": "180913",
        "file_name": "UK Mello.wav",
        "tags": ["ringtone", "basic"],
        "caption": "A traditional ringtone is playing.",
        "duration": 3.2,
    }
    audioset = {"id": "Yb0RFKhbpFJA.wav", "caption": "Wind.", "audio": "wav_path", "duration": 10.0}
    bbc = {"id": "07066104", "caption": "A saw.", "category": "['Machines']"}
    soundbible = {"id": "2219", "title": "Airplane Landing", "caption": "An airplane is landing."}
    for name, row in (
        ("FreeSound/fsd_final", freesound),
        ("BBC_Sound_Effects/bbc_final", bbc),
        ("SoundBible/sb_final", soundbible),
        ("AudioSet_SL/as_final", audioset),
    ):
        tree.text(f"json_files/{name}.json", json.dumps({"num_captions_per_audio": 1, "data": [row]}, indent=1))
    unpacked = "mnt/fast/nobackup/scratch4weeks/xm00178/WavCaps/data/waveforms/BBC_Sound_Effects_flac"
    tree.audio(
        "Audio/FreeSound/180913.flac",
        f"{unpacked}/07066104.flac",
        "SoundBible_flac/2219.flac",
        "Audio/AudioSet_SL/Yb0RFKhbpFJA.flac",
    )

    recordings, broken = tree.read("wavcaps")

    assert broken == []
    assert [item.id for item in recordings] == [
        "wavcaps/FreeSound/180913",
        "wavcaps/BBC_Sound_Effects/07066104",
        "wavcaps/SoundBible/2219",
        "wavcaps/AudioSet_SL/Yb0RFKhbpFJA",
    ]
    assert [item.group for item in recordings] == [
        "freesound/180913",
        "wavcaps/bbc/07066104",
        "wavcaps/soundbible/2219",
        "youtube/b0RFKhbpFJA",
    ]
    assert recordings[0].annotations == {
        "captions": ["A traditional ringtone is playing."],
        "labels": ["ringtone", "basic"],
        "title": "UK Mello.wav",
    }
    assert {item.split for item in recordings} == {None}
    assert tree.sound(recordings[1]) == f"{unpacked}/07066104.flac"
    assert [item.id for item in tree.read("wavcaps", splits="SoundBible")[0]] == ["wavcaps/SoundBible/2219"]
