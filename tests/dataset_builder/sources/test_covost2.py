"""CoVoST 2 in both of its layouts."""

from __future__ import annotations

import pytest


SPLIT_HEADER = "path\tsentence\ttranslation\tclient_id"


def test_the_tables_of_the_splits(tree):
    tree.text(
        "covost_v2.en_zh-CN.train.tsv",
        SPLIT_HEADER,
        'common_voice_en_1.mp3\t\\"Yes,\\" he said.\t\\"是的\\"，他说。\tab12',
    )
    tree.text("covost_v2.en_zh-CN.dev.tsv", SPLIT_HEADER, "common_voice_en_2.mp3\tNo.\t不。\tcd34")
    tree.text("covost_v2.en_zh-CN.test.tsv", SPLIT_HEADER, "common_voice_en_3.mp3\tHow?\t\tef56")
    tree.audio("clips/common_voice_en_1.mp3", "clips/common_voice_en_2.wav", "clips/common_voice_en_3.mp3")

    (first, second), (broken,) = tree.read("covost2")

    assert (first.id, first.split, first.language) == ("covost2/en_zh-CN/common_voice_en_1", "train", "en")
    assert first.annotations == {
        "transcript": '"Yes," he said.',
        "translation_zh": '"是的"，他说。',
        "speaker": "common_voice/ab12",
    }
    assert (first.group, first.license) == ("common_voice/ab12", "CC0-1.0 AND CC-BY-NC-4.0")
    assert (second.split, tree.sound(second)) == ("validation", "clips/common_voice_en_2.wav")
    assert broken.reason == "covost_v2.en_zh-CN.test.tsv, line 2: it has no translation."


def test_the_table_without_splits_is_joined_with_common_voice(tree):
    tree.text(
        "covost_v2.fr_en.tsv",
        "path\ttranslation\tsplit",
        "1.mp3\tYes.\ttrain",
        "2.mp3\tNo.\ttrain_covost",
        "3.mp3\tHow?\ttest",
        "4.mp3\tLeft out.\ttest_covost",
        "5.mp3\tGone.\tdev",
    )
    tree.text(
        "validated.tsv",
        "client_id\tpath\tsentence\tup_votes",
        "ab\t3.mp3\tComment ?\t2",
        "ab\t1.mp3\tOui.\t2",
        "cd\t2.mp3\tNon.\t2",
        "cd\t4.mp3\tRien.\t2",
    )
    tree.audio("clips/1.mp3", "clips/2.mp3", "clips/3.mp3", "clips/4.mp3")

    recordings, (broken,) = tree.read("covost2")

    assert {item.source_id: item.split for item in recordings} == {
        "fr_en/3": "test",
        "fr_en/1": "train",
        "fr_en/2": "train",
    }
    assert recordings[1].annotations["translation_en"] == "Yes."
    assert broken.reason == "covost_v2.fr_en.tsv, line 6: 5.mp3 has no line in validated.tsv."
    assert [item.source_id for item in tree.read("covost2", splits=["test"])[0]] == ["fr_en/3"]


def test_the_pair_is_asked_for_where_there_are_several(tree):
    for pair in ("en_de", "en_zh-CN"):
        for part in ("train", "dev", "test"):
            tree.text(f"covost_v2.{pair}.{part}.tsv", SPLIT_HEADER)

    with pytest.raises(ValueError, match="holds the pairs en_de, en_zh-CN: say which one by `pair: en_de`"):
        tree.read("covost2")
    assert tree.read("covost2", pair="en_de") == ([], [])
    with pytest.raises(FileNotFoundError, match="neither covost_v2.en_ja.train.tsv .* nor covost_v2.en_ja.tsv"):
        tree.read("covost2", pair="en_ja")
    with pytest.raises(ValueError, match="no split 'eval'"):
        tree.read("covost2", pair="en_de", splits=["eval"])


def test_clips_elsewhere(tree, only):
    tree.text("covost/covost_v2.en_de.test.tsv", SPLIT_HEADER, "1.mp3\tYes.\tJa.\tab")
    tree.audio("cv/clips/1.mp3")

    found = only(tree.read("covost2", folder="covost", splits=["test"], clips="cv/clips"))

    assert tree.sound(found) == "cv/clips/1.mp3"
