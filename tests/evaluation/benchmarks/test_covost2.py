"""CoVoST 2 from the tables of the authors' script, beside Common Voice's clips."""

from __future__ import annotations

import pytest

from evaluation.benchmarks.covost2 import SPLITS, read
from evaluation.benchmarks.prompts import asked
from evaluation.benchmarks.question import Question
from evaluation.benchmarks.registry import read_questions
from evaluation.official import covost2_target, covost2_tokenizer


HEADER = "path\tsentence\ttranslation\tclient_id"
ROWS = (
    'common_voice_en_1.mp3\t\\"Yes,\\" he said.\t\\"是的\\"，他说。\tab12',
    "common_voice_en_2.mp3\tNo.\t不。\tcd34",
)


@pytest.fixture
def official(tree):
    tree.text("covost_v2.en_zh-CN.test.tsv", HEADER, *ROWS)
    for number in (1, 2):
        tree.sound(f"clips/common_voice_en_{number}.mp3")
    return tree


def test_questions(official, scored) -> None:
    pytest.importorskip("sacrebleu", reason="sacrebleu is not installed")
    first, second = questions = read(official.folder, "en_zh-CN")
    assert first == Question(
        id="covost2_en_zh_test/clips/common_voice_en_1.mp3",
        entry={
            "path": "common_voice_en_1.mp3",
            "sentence": '"Yes," he said.',
            "translation": '"是的"，他说。',
            "client_id": "ab12",
            "source": "covost2_en_zh_test",
            "audio_path": "clips/common_voice_en_1.mp3",
        },
        text="Translate the speech into Chinese. Answer with the translation alone.",
        answer='"是的"，他说。',
        recordings=first.recordings,
        kind="en_zh-CN",
        origin="common_voice/common_voice_en_1.mp3",
    )
    assert first.recordings[0].path == str(official.path("clips/common_voice_en_1.mp3"))
    assert asked(first) == first.text
    found = scored("covost2", questions, [question.answer for question in questions])
    assert list(found.figures["by_group"]["source"]) == ["covost2_en_zh_test"]
    assert found.figures["official"] == pytest.approx(100)
    assert [verdict.item.id for verdict in found.verdicts] == [question.id for question in questions]
    assert not any("not read" in statement for statement in found.figures["statements"])


def test_the_folder_of_all_languages(official) -> None:
    official.path("covost_v2.en_zh-CN.test.tsv").rename(official.path("en/covost_v2.en_zh-CN.test.tsv"))
    assert len(read(official.folder, "en_zh-CN")) == 2
    official.path("clips").rename(official.path("en/clips"))
    first, _ = read(official.folder, "en_zh-CN")
    assert first.recordings[0].path == str(official.path("en/clips/common_voice_en_1.mp3"))


def test_every_pair_has_the_language_that_its_score_is_counted_by(tree) -> None:
    assert len(SPLITS) == len(set(SPLITS)) == 15 + 21
    for pair in SPLITS:
        tree.text(f"covost_v2.{pair}.test.tsv", HEADER, "a.mp3\tx\ty\tz")
    tree.sound("clips/a.mp3")
    targets = {pair: covost2_target(str(read(tree.folder, pair)[0].entry["source"])) for pair in SPLITS}
    assert targets["en_zh-CN"] == "zh" and targets["en_sv-SE"] == "sv" and targets["zh-CN_en"] == "en"
    tokenizers = {pair: covost2_tokenizer(target) for pair, target in targets.items()}
    assert {pair: name for pair, name in tokenizers.items() if name != "13a"} == {
        "en_zh-CN": "zh",
        "en_ja": "ja-mecab",
    }


def test_what_is_missing_is_named_with_where_to_get_it(official) -> None:
    site = "https://github.com/facebookresearch/covost"
    with pytest.raises(FileNotFoundError, match=f"none of covost_v2.fr_en.test.tsv, .*{site}"):
        read(official.folder, "fr_en")
    official.path("clips/common_voice_en_2.mp3").unlink()
    with pytest.raises(FileNotFoundError, match=f"lacks the recording clips/common_voice_en_2.mp3: .*{site}"):
        read_questions("covost2", str(official.folder), "en_zh-CN")


@pytest.mark.parametrize(
    ("lines", "error"),
    [
        (["path\tsentence\tclient_id", "a.mp3\tx\ty"], "has the columns path, sentence, client_id and not path, "),
        ([], "has the columns nothing and not path"),
        ([HEADER], "holds no rows"),
        ([HEADER, ROWS[0], "common_voice_en_2.mp3\tNo.\t\tcd34"], "entry 2, has no 'translation'"),
        ([HEADER, ROWS[0], "common_voice_en_2.mp3\tNo.\t不。"], "entry 2, has more or fewer cells"),
    ],
)
def test_a_table_outside_the_layout(official, lines, error) -> None:
    official.text("covost_v2.en_zh-CN.test.tsv", *lines)
    with pytest.raises(ValueError, match=error):
        read(official.folder, "en_zh-CN")


def test_an_id_that_is_there_twice(official) -> None:
    official.text("covost_v2.en_zh-CN.test.tsv", HEADER, ROWS[0], ROWS[0])
    with pytest.raises(ValueError, match="the id 'covost2_en_zh_test/clips/common_voice_en_1.mp3' is there twice"):
        read_questions("covost2", str(official.folder))
