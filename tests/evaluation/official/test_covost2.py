"""CoVoST 2's BLEU: the tokenizer by target language, and sacrebleu's figure."""

from __future__ import annotations

import importlib.util

import pytest

from evaluation.official import covost2_bleu, covost2_target, covost2_tokenizer


@pytest.mark.parametrize(
    ("source", "target"),
    [("covost2_en_zh_test", "zh"), ("covost2_en_ja_test", "ja"), ("covost2_de_en_test", "en"), ("en_zh", "en")],
)
def test_the_target_is_the_second_to_last_part(source: str, target: str) -> None:
    assert covost2_target(source) == target


def test_a_source_without_parts_is_an_error() -> None:
    with pytest.raises(ValueError, match="source 'covost' names no target language"):
        covost2_target("covost")


def test_tokenizers() -> None:
    assert [covost2_tokenizer(name) for name in ("zh", "ja", "de", "zh-CN")] == ["zh", "ja-mecab", "13a", "13a"]


@pytest.mark.parametrize(("hypotheses", "references"), [([], []), (["a"], [])])
def test_lengths(hypotheses: list[str], references: list[str]) -> None:
    with pytest.raises(ValueError, match="one text a row"):
        covost2_bleu(hypotheses, references, "en")


def test_known_values() -> None:
    pytest.importorskip("sacrebleu", reason="sacrebleu is not installed")
    # Of 6 words 5 match, of 5 pairs 3, of 4 triples 2, of 3 quadruples 1; both have six words.
    expected = 100 * (5 / 6 * 3 / 5 * 2 / 4 * 1 / 3) ** 0.25
    assert covost2_bleu(["the cat sat on a mat"], ["the cat sat on the mat"], "de") == pytest.approx(expected)
    assert covost2_bleu(["今天天气很好"], ["今天天气很好"], "zh") == pytest.approx(100)
    # 13a sees one word, zh six.
    assert covost2_bleu(["今天天气很好"], ["今天天气很差"], "de") == 0
    assert covost2_bleu(["今天天气很好"], ["今天天气很差"], "zh") > 50


def test_japanese_says_what_to_install() -> None:
    pytest.importorskip("sacrebleu", reason="sacrebleu is not installed")
    if importlib.util.find_spec("MeCab"):
        pytest.skip("MeCab is installed")
    with pytest.raises(ValueError, match=r"pip install 'sacrebleu\[ja\]'"):
        covost2_bleu(["犬"], ["犬"], "ja")
