"""AIR-Bench's two scorers, oddities included."""

from __future__ import annotations

import random
import re
from collections import Counter

import pytest

from evaluation.official import air_chat_prompt, air_chat_scores, air_foundation


FOUR = ["dog", "cat", "bird", "horse"]


@pytest.mark.parametrize(
    ("response", "answer", "right"),
    [
        ("B", "cat", True),
        ("B.", "cat", True),
        ("B. cat", "cat", True),
        ("  \n B) cat", "cat", True),
        ("A", "cat", False),
        # The first character counts, whatever word it begins.
        ("Answer: B", "cat", False),
        ("Answer: B", "dog", True),
        ("Both", "cat", True),
        ("Cat", "bird", True),
        ("Dog", "dog", False),
        # Else the second to last, so that it takes one character after the letter.
        ("The answer is A.", "dog", True),
        ("The answer is A", "dog", None),
        ("I think (B)", "cat", True),
        ("It is a Cat", "cat", None),
        ("(A) x", "dog", None),
        ("xA\nx", "dog", True),
        ("x\nA", "dog", None),
        ("b", "cat", None),
        ("x", "cat", None),
        ("", "cat", None),
        (" \n ", "cat", None),
        ("None", "cat", None),
    ],
)
def test_foundation(response: str, answer: str, right: bool | None) -> None:
    assert air_foundation(response, FOUR, answer) is right


def test_foundation_takes_the_first_of_equal_choices_and_letters_beyond_the_choices() -> None:
    assert air_foundation("A", ["yes", "yes"], "yes") is True
    assert air_foundation("B", ["yes", "yes"], "yes") is False
    assert air_foundation("D", ["yes", "no", None, None], "no") is False


def test_foundation_needs_an_answer_among_the_choices_where_it_reads_a_letter() -> None:
    with pytest.raises(ValueError, match="answer 'cow' is none of the choices"):
        air_foundation("A", FOUR, "cow")
    assert air_foundation("a cow", FOUR, "cow") is None


@pytest.mark.parametrize(
    ("judgement", "scores"),
    [
        ("8 7", (8, 7)),
        (" 10 1\n", (10, 1)),
        ("8\n 7", (8, 7)),
        ("+8 07", (8, 7)),
        ("0 -3", (0, -3)),
        ("8\t 7", (8, 7)),
        ("8\n7", None),
        ("8  7", None),
        ("8, 7", None),
        ("8.5 7", None),
        ("8 7 because", None),
        ("8", None),
        ("", None),
        ("11 7", None),
        ("7 11", None),
        ("Assistant 8", None),
    ],
)
def test_chat(judgement: str, scores: tuple[int, int] | None) -> None:
    assert air_chat_scores(judgement) == scores


# ---- Against a second, plain transcription of the algorithm, on generated cases.

CASES = 3000


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
    pieces = [*"ABCDEFabcd", " ", "\n", "\r", ".", "(", ")", ":", "Both", "None", "Answer: ", "The answer is "]
    pieces += ["\u00a0"]
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


def test_what_the_judge_is_asked() -> None:
    assert air_chat_prompt("a {dog} barks", "What barks?", "A dog.", "A\ncat.") == (
        "You are a helpful and precise assistant for checking the quality of the answer.\n"
        "[Detailed Audio Description]\na {dog} barks\n[Question]\nWhat barks?\n"
        "[The Start of Assistant 1s Answer]\nA dog.\n[The End of Assistant 1s Answer]\n"
        "[The Start of Assistant 2s Answer]\nA\ncat.\n[The End of Assistant 2s Answer]\n[System]\n"
        "We would like to request your feedback on the performance of two AI assistants in response to the user "
        "question and audio description displayed above. AI assistants are provided with detailed audio descriptions "
        "and questions.\nPlease rate the helpfulness, relevance, accuracy, and comprehensiveness of their responses. "
        "Each assistant receives an overall score on a scale of 1 to 10, where a higher score indicates better "
        "overall performance. Please output a single line containing only two values indicating the scores for "
        "Assistant 1 and 2, respectively. The two scores are separated by a space."
    )
