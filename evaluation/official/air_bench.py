"""The scorers of AIR-Bench (Yang and others, arXiv 2402.07729), as in github.com/OFA-Sys/AIR-Bench.

Foundation (`score_foundation.py`) reads an option letter out of the response; what it cannot read leaves the
denominator. Chat shows a judge the reference and the model's answer (`score_chat.py`) and reads two points out of its
reply (`cal_score.py`); what it cannot read leaves the mean.
"""

from __future__ import annotations

from collections.abc import Sequence


LETTERS = "ABCD"
TOP_POINTS = 10

AREA_OF_TASK = {
    "speech_QA": "speech",
    "speech_dialogue_QA": "speech",
    "sound_QA": "sound",
    "sound_generation_QA": "sound",
    "music_QA": "music",
    "music_generation_analysis_QA": "music",
    "speech_and_sound_QA": "speech_and_sound",
    "speech_and_music_QA": "speech_and_music",
}
"""Which area a chat task is counted in. The official script counts an unknown task in the area of the row before."""
CHAT_JUDGE = "gpt-4-0125-preview"
CHAT_MAX_TOKENS = 1024
CHAT_TEMPERATURE, CHAT_HIGH_TEMPERATURE = 1.0, 2.0
"""The judge of `score_chat.py`, the length of its reply, and its temperatures, of which each request draws one."""
CHAT_PROMPT = """\
You are a helpful and precise assistant for checking the quality of the answer.
[Detailed Audio Description]
{meta_info}
[Question]
{question}
[The Start of Assistant 1s Answer]
{first}
[The End of Assistant 1s Answer]
[The Start of Assistant 2s Answer]
{second}
[The End of Assistant 2s Answer]
[System]
We would like to request your feedback on the performance of two AI assistants in response to the user question \
and audio description displayed above. AI assistants are provided with detailed audio descriptions and questions.
Please rate the helpfulness, relevance, accuracy, and comprehensiveness of their responses. \
Each assistant receives an overall score on a scale of 1 to 10, where a higher score indicates better overall \
performance. Please output a single line containing only two values indicating the scores for Assistant 1 and 2, \
respectively. The two scores are separated by a space."""
"""What the judge is asked, word for word: the benchmark's protocol, as `score_chat.py` has it."""
AREAS = ("speech", "sound", "music", "speech_and_sound", "speech_and_music")


def air_foundation(response: str, choices: Sequence[str | None], answer: str) -> bool | None:
    """Whether `score_foundation.py` counts `response` as right; None where it leaves the item out.

    White space is stripped and newlines are removed. The first character counts if it is one of ABCD, or else the
    second to last. Hence "Answer: B" is read as A, "Both" as B, "Cat" as C, "The answer is A." as A; "The answer is A"
    without a stop, "(A) x", lower case and an empty response are left out. A letter beyond the choices is wrong.

    Args:
        response: what the model wrote.
        choices: up to four, in order; None for one that the item lacks.
        answer: the text of the right choice; where two choices are equal, the first is right.

    Raises:
        ValueError: a letter was read and `answer` is none of the choices; the official script ends there.
    """
    text = response.strip().replace("\n", "")
    # The slice is empty where there is no second to last character.
    letter = next((found for found in (text[:1], text[-2:-1]) if found and found in LETTERS), None)
    if letter is None:
        return None
    right = next((index for index, choice in enumerate(choices[: len(LETTERS)]) if choice == answer), None)
    if right is None:
        raise ValueError(f"answer {answer!r} is none of the choices {list(choices)!r}: correct the item.")
    return letter == LETTERS[right]


def air_chat_prompt(meta_info: str, question: str, first: str, second: str) -> str:
    """What `score_chat.py` asks the judge.

    Args:
        meta_info: the description of the recording, in place of which the judge hears nothing.
        question: as the model was asked.
        first: the answer of "Assistant 1", officially the reference.
        second: the answer of "Assistant 2", officially the model's; the other way about in the swapped order.
    """
    return CHAT_PROMPT.format(meta_info=meta_info, question=question, first=first, second=second)


def air_chat_scores(judgement: str) -> tuple[int, int] | None:
    """The points of the first and of the second assistant in a judge's reply, or None where `cal_score.py` fails.

    White space around the reply is stripped, newlines are removed, and it is split on single spaces: there must be
    exactly two parts that `int` takes. So "8 7" and "+8 07" are read; "8  7", "8, 7", "8.5 7", "8 7 because…" and two
    numbers on two lines fail. Points above ten fail; points below one do not.
    """
    parts = judgement.strip().replace("\n", "").split(" ")
    if len(parts) != 2:
        return None
    try:
        first, second = int(parts[0]), int(parts[1])
    except ValueError:
        return None
    return (first, second) if max(first, second) <= TOP_POINTS else None
