"""The scores of emotion recognition on MELD (Poria and others, arXiv 1810.02508).

Accuracy is Qwen2-Audio's (`eval_audio/evaluate_emotion.py` of github.com/QwenLM/Qwen2-Audio), weighted F1 that of the
dataset's own baseline (`baseline/baseline.py` of github.com/declare-lab/MELD), which calls scikit-learn.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence


EMOTIONS = ("neutral", "surprise", "fear", "sadness", "joy", "disgust", "anger")


def meld_match(answer: str, response: str) -> bool:
    """Whether Qwen2-Audio's evaluation counts `response` as `answer`.

    White space before the response does not count; everything else does: case, a stop, white space after it.
    """
    return response.lstrip() == answer


def meld(answers: Sequence[str], responses: Sequence[str]) -> dict[str, float]:
    """{"accuracy", "weighted_f1"} of responses to all questions, as shares.

    A class's F1 is 2·TP / (2·TP + FP + FN), and weighs as much as the class has answers. A response that is no class
    is a class of its own without answers: it is missed where it should have been another, and weighs nothing.

    Raises:
        ValueError: the lengths differ, or there are none.
    """
    if len(answers) != len(responses) or not answers:
        raise ValueError(
            f"answers and responses need one text an item each, found {len(answers)} and {len(responses)}."
        )
    predicted = [response.lstrip() for response in responses]
    support, given = Counter(answers), Counter(predicted)
    hits = Counter(answer for answer, guess in zip(answers, predicted, strict=True) if answer == guess)
    weighted = sum(count * 2 * hits[name] / (count + given[name]) for name, count in support.items())
    return {"accuracy": hits.total() / len(answers), "weighted_f1": weighted / len(answers)}
