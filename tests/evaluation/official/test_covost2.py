"""CoVoST 2's BLEU: the tokenizer by target language, and sacrebleu's figure."""

from __future__ import annotations

import importlib.util
import math
import random
import re
from collections import Counter

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


# ---- Against a second, plain transcription of the algorithm, on generated cases.


def plain_tokens(line: str, chinese: bool) -> list[str]:
    """mteval-v13a's tokens; for Chinese, every ideograph and full-width sign is one."""
    if chinese:
        ranges = (("\u4e00", "\u9fff"), ("\u3000", "\u303f"), ("\uff00", "\uffef"))
        wide = {c for c in line if any(first <= c <= last for first, last in ranges)}
        line = "".join(f" {c} " if c in wide else c for c in line.strip())
    else:
        for entity, character in (("&quot;", '"'), ("&amp;", "&"), ("&lt;", "<"), ("&gt;", ">")):
            line = line.replace("<skipped>", "").replace(entity, character)
        line = f" {line} "
    line = re.sub(r"([{-~\[-` -&(-+:-@/])", r" \1 ", line)
    line = re.sub(r"([^0-9])([.,])", r"\1 \2 ", line)
    line = re.sub(r"([.,])([^0-9])", r" \1 \2", line)
    return re.sub(r"([0-9])(-)", r"\1 \2 ", line).split()


def plain_bleu(hypotheses: list[str], references: list[str], chinese: bool) -> float:
    pairs = [(plain_tokens(h, chinese), plain_tokens(r, chinese)) for h, r in zip(hypotheses, references, strict=True)]
    written, wanted = (sum(len(pair[side]) for pair in pairs) for side in (0, 1))
    logarithms, halvings = 0.0, 0
    for order in (1, 2, 3, 4):
        matched = possible = 0
        for ours, theirs in pairs:
            grams = Counter(tuple(ours[i : i + order]) for i in range(len(ours) - order + 1))
            there = Counter(tuple(theirs[i : i + order]) for i in range(len(theirs) - order + 1))
            matched += sum(min(count, there[gram]) for gram, count in grams.items())
            possible += sum(grams.values())
        if order == 1 and matched == 0 or possible == 0:
            return 0.0
        if matched == 0:
            halvings += 1
            matched = 1 / 2**halvings
        logarithms += math.log(matched / possible) / 4
    brevity = 1.0 if written >= wanted else math.exp(1 - wanted / written)
    return 100 * brevity * math.exp(logarithms)


@pytest.mark.parametrize("target", ["de", "zh"])
def test_covost2(target: str) -> None:
    pytest.importorskip("sacrebleu", reason="sacrebleu is not installed")
    generator = random.Random(6)
    words = ["the", "The", "dog", "dogs", "barks", "at", "1,000", "3.5", "U.S.", "don't", "(twice)", "and/or", "-"]
    words += ["7-8"]
    words += [
        "&amp;",
        "&quot;x&quot;",
        "straße",
        "«été»",
        "今天",
        "天气很好",
        "，",
        "。",
        "Hello!",
        "a_b",
        "50%",
        "",
        ".",
    ]
    words += [","]
    positive = 0
    for case in range(500):
        references = [" ".join(generator.choices(words, k=generator.randint(1, 12))) for _ in range(1 + case % 4)]
        hypotheses = []
        for reference in references:
            kept = [word for word in reference.split(" ") if generator.random() < 0.85]
            kept[generator.randint(0, len(kept)) :] = generator.choices(words, k=generator.randint(0, 3)) or kept[-1:]
            hypotheses.append(generator.choice([" ".join(kept), reference, "", " ".join(kept)]))
        expected = plain_bleu(hypotheses, references, target == "zh")
        assert covost2_bleu(hypotheses, references, target) == pytest.approx(expected), (hypotheses, references)
        positive += expected > 0
    assert positive > 200
