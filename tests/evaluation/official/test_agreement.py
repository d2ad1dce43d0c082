"""Each official scorer against a second, plain transcription of its algorithm, on generated cases.

The transcriptions are written without looking at the first: characters instead of patterns, chains of conditions
instead of searches, and scikit-learn where the official code calls it.
"""

from __future__ import annotations

import math
import random
import re
from collections import Counter

import pytest

from evaluation.official import (
    air_chat_scores,
    air_foundation,
    covost2_bleu,
    meld,
    meld_match,
    mmar_match,
    mmau_match,
)
from evaluation.official.meld import EMOTIONS


CASES = 3000
PIECES = [
    "dog",
    "Dog",
    "DOG",
    "a",
    "A",
    "B",
    "C.",
    "(D)",
    "cat",
    "cats",
    "two",
    "2",
    "2.5",
    "C#",
    "it's",
    "don't",
    "_",
]
PIECES += [
    "été",
    "ÉTÉ",
    "straße",
    "ẞ",
    "İ",
    "٣",
    "½",
    "犬",
    "e\u0301",
    "a-b",
    "a_b",
    "-",
    "...",
    "\u2028",
    "\x00",
    "\u200b",
    "",
]
GLUE = [" ", " ", " ", "", ", ", "\n", "\t", ".", "\u00a0"]


def text(generator: random.Random, longest: int = 5) -> str:
    count = generator.randint(0, longest)
    return "".join(generator.choice(PIECES) + generator.choice(GLUE) for _ in range(count))


# ---- MMAU and MMAR


def plain_words(string: str) -> list[str]:
    words, word = [], ""
    for character in string.lower() + " ":
        if character.isalnum() or character == "_":
            word += character
        elif word:
            words.append(word)
            word = ""
    return words


def plain_mmau(answer: str, prediction: str, choices: list[str]) -> bool:
    given = plain_words(prediction)
    if len(given) == 0:
        return False
    for word in plain_words(answer):
        if word not in given:
            return False
    for choice in choices:
        if set(plain_words(choice)) == set(plain_words(answer)):
            continue
        for word in plain_words(choice):
            if word not in plain_words(answer) and word in given:
                return False
    return True


def test_mmau_and_mmar() -> None:
    generator = random.Random(1)
    seen: Counter[bool] = Counter()
    for _ in range(CASES):
        choices = [text(generator, 3) for _ in range(generator.randint(1, 8))]
        if generator.random() < 0.3:
            choices.append(generator.choice(choices))
        answer = generator.choice(choices) if generator.random() < 0.9 else text(generator)
        near = [answer, answer.upper(), f"The answer is {answer}.", f"(a) {answer}", f"{answer} {text(generator, 1)}"]
        prediction = generator.choice([*near, text(generator), generator.choice(choices), ""])
        expected = plain_mmau(answer, prediction, choices)
        assert mmau_match(answer, prediction, choices) is expected, (answer, prediction, choices)
        assert mmar_match(answer, prediction, choices) is expected
        seen[expected] += 1
    assert min(seen[True], seen[False]) > CASES // 5


# ---- AIR-Bench foundation


def plain_foundation(response: str, choices: list[str | None], answer: str) -> bool | None:
    kept = ""
    for character in response.strip():
        if character != "\n":
            kept += character
    if kept == "":
        return None
    if kept[0] == "A" or kept[0] == "B" or kept[0] == "C" or kept[0] == "D":
        letter = kept[0]
    elif len(kept) >= 2 and (kept[-2] == "A" or kept[-2] == "B" or kept[-2] == "C" or kept[-2] == "D"):
        letter = kept[-2]
    else:
        return None
    place = choices.index(answer)
    return letter == "ABCD"[place]


def test_air_foundation() -> None:
    generator = random.Random(2)
    pieces = [
        *"ABCDEFabcd",
        " ",
        "\n",
        "\r",
        ".",
        "(",
        ")",
        ":",
        "Both",
        "None",
        "Answer: ",
        "The answer is ",
        "\u00a0",
    ]
    pieces += ["é", "Ａ", "\u2028", "\t", "\n.", "B.", "犬"]
    seen: Counter[bool | None] = Counter()
    for _ in range(CASES):
        choices: list[str | None] = [generator.choice(["dog", "cat", "Both", ""]) for _ in range(4)]
        answer = str(generator.choice(choices[:2]))
        if generator.random() < 0.3:
            choices[2:] = [None, None]
        response = "".join(generator.choice(pieces) for _ in range(generator.randint(0, 5)))
        expected = plain_foundation(response, choices, answer)
        assert air_foundation(response, choices, answer) is expected, (response, choices, answer)
        seen[expected] += 1
    assert min(seen[True], seen[False], seen[None]) > CASES // 20


# ---- AIR-Bench chat


def plain_chat(judgement: str) -> tuple[int, int] | None:
    reply = "".join(character for character in judgement.strip() if character != "\n")
    if reply.count(" ") != 1:
        return None
    numbers = []
    for part in (reply[: reply.index(" ")], reply[reply.index(" ") + 1 :]):
        digits = part.strip()
        negative = digits[:1] == "-"
        if digits[:1] in ("-", "+"):
            digits = digits[1:]
        if not re.fullmatch(r"\d+(?:_\d+)*", digits):
            return None
        value = 0
        for digit in digits.replace("_", ""):
            value = 10 * value + "0123456789".index(chr(ord("0") + int(digit)))
        numbers.append(-value if negative else value)
    if numbers[0] > 10 or numbers[1] > 10:
        return None
    return numbers[0], numbers[1]


def test_air_chat() -> None:
    generator = random.Random(3)
    numbers = ["1", "7", "8", "9", "10", "11", "0", "-3", "+5", "007", "1_0", "_1", "8.5", "８", "٣", "ten", "", "²"]
    glue = [" ", " ", " ", "  ", "\n", " \n", "\n ", "\t", " \t", ", ", "/", "\u00a0", ""]
    ends = ["", "", "", " ", "\n", ".", " because", "\n\n"]
    seen: Counter[bool] = Counter()
    for _ in range(CASES):
        pair = generator.choice(numbers) + generator.choice(glue) + generator.choice(numbers)
        judgement = generator.choice(ends[3:5] + [""]) + pair + generator.choice(ends)
        expected = plain_chat(judgement)
        assert air_chat_scores(judgement) == expected, judgement
        seen[expected is None] += 1
    assert min(seen.values()) > CASES // 10


# ---- MELD


def plain_weighted_f1(answers: list[str], guesses: list[str]) -> float:
    total = 0.0
    for name in set(answers):
        hits = sum(a == name and g == name for a, g in zip(answers, guesses, strict=True))
        misses = sum(a == name and g != name for a, g in zip(answers, guesses, strict=True))
        alarms = sum(a != name and g == name for a, g in zip(answers, guesses, strict=True))
        precision = hits / (hits + alarms) if hits + alarms else 0.0
        recall = hits / (hits + misses)
        harmonic = 2 * precision * recall / (precision + recall) if precision + recall else 0.0
        total += harmonic * (hits + misses) / len(answers)
    return total


def test_meld() -> None:
    generator = random.Random(4)
    spoil = ["{}", "{}", "{}", " {}", "\n{}", "\u00a0{}", "{} ", "{}.", "The emotion is {}", "", "'{}'"]
    sizes = [1 + case % 40 for case in range(1000)]
    for size in sizes:
        answers = [generator.choice(EMOTIONS) for _ in range(size)]
        responses = []
        for answer in answers:
            word = answer if generator.random() < 0.5 else generator.choice([*EMOTIONS, "Joy", "happy"])
            responses.append(generator.choice(spoil).format(word))
        guesses = [re.sub(r"\A\s+", "", response) for response in responses]
        figures = meld(answers, responses)
        right = [answer == guess for answer, guess in zip(answers, guesses, strict=True)]
        assert [meld_match(*pair) for pair in zip(answers, responses, strict=True)] == right
        assert figures["accuracy"] == pytest.approx(sum(right) / size)
        assert figures["weighted_f1"] == pytest.approx(plain_weighted_f1(answers, guesses))


def test_meld_is_scikit_learns() -> None:
    metrics = pytest.importorskip("sklearn.metrics")
    generator = random.Random(5)
    for _ in range(50):
        answers = [generator.choice(EMOTIONS) for _ in range(30)]
        guesses = [generator.choice([answer, *EMOTIONS, "?"]) for answer in answers]
        expected = metrics.f1_score(answers, guesses, average="weighted", zero_division=0)
        assert meld(answers, guesses)["weighted_f1"] == pytest.approx(expected)


# ---- CoVoST 2


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
    words = [
        "the",
        "The",
        "dog",
        "dogs",
        "barks",
        "at",
        "1,000",
        "3.5",
        "U.S.",
        "don't",
        "(twice)",
        "and/or",
        "-",
        "7-8",
    ]
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
        ",",
    ]
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
