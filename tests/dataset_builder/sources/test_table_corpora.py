"""The corpora that have a description, each on a tiny tree in its own layout."""

from __future__ import annotations

import json

import pytest

from dataset_builder.sources.annotation_keys import canonical
from dataset_builder.sources.corpus_description import describe_corpus, described_corpora
from dataset_builder.sources.source import open_source


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
