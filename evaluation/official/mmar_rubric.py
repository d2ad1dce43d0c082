"""The rubric mode of MMAR (arXiv 2505.13032), as in `code/evaluation_rubrics.py` of github.com/ddlBoJack/MMAR.

Raters, which are one model asked again and again, read the reasoning behind a right answer and give points for each
criterion of the item's own rubric; a wrong answer scores 0 unread. Knows no way to ask a model.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any


JUDGE = "gpt-4o-2024-11-20"
RATERS = 5
SEED = 42
TEMPERATURE = 0.0
ATTEMPTS = 20
"""Requests for one rater's reply until one can be read; the item is not evaluated where none can."""
SYSTEM_PROMPT = (
    "You are a impartial and meticulous AI evaluator. Your task is to assess a model's response to a question by "
    "evaluating its reasoning and its final answer. You must strictly follow the provided ground truth information "
    "and the detailed scoring rubric."
)
PROMPT = """\
## Ground Truth & Problem Context

- Question: {question}
- Correct Answer: {answer}
- Ideal Reasoning (for reference): {thinking}

## Evaluation Rubric & Scoring

For each point in the rubric, provide a score and a brief justification based on the model's output.

{criteria}

## Required Output Format

Provide your complete evaluation in a single, valid JSON object. Do not add any text before or after the JSON. \
The JSON structure must be as follows:

[
{form}
]

## Model's Submission to Evaluate

- Model's Reasoning:
{reasoning} The answer is {prediction}."""
CRITERION = """\
### Criterion: {name}
- Scoring Rule: {scoring_point}
- Score Options: {choices}
- Evaluate: Carefully read the model's reasoning and determine if it meets this criterion."""
FORM = """\
{{
"name": "{name}",
"score": [Assign a score from {choices}],
"justification": "Your justification for this score, citing evidence from the model's reasoning. (less than 50 words)"
}}"""
"""What a rater is asked, word for word: the benchmark's protocol."""
_LIST = re.compile(r"\[\s*\{.*\}\s*\]", re.DOTALL)


def mmar_rubric_prompt(
    question: str, answer: str, thinking: str, rubric: Sequence[Mapping[str, Any]], reasoning: str, prediction: str
) -> str:
    """What a rater is asked, beside `SYSTEM_PROMPT`. White space at the beginning of lines is removed, as there.

    Args:
        question, answer: of the item.
        thinking: the reasoning that the item gives as ideal.
        rubric: its criteria: "name", "scoring_point", and "choices", the points that can be given.
        reasoning, prediction: the model's.
    """
    criteria, forms = (
        [_dedented(template.format(**criterion)) for criterion in rubric] for template in (CRITERION, FORM)
    )
    return _dedented(
        PROMPT.format(
            question=question,
            answer=answer,
            thinking=thinking,
            criteria="\n".join(criteria),
            form=",\n".join(forms),
            reasoning=reasoning,
            prediction=prediction,
        )
    )


def _dedented(text: str) -> str:
    return "\n".join(line.lstrip() for line in text.strip().splitlines())


def mmar_rubric_score(reply: str, rubric: Sequence[Mapping[str, Any]]) -> float | None:
    """The points of a rater's reply as a share of the most that its criteria give; None where it cannot be read.

    Read is what lies from the first "[{" to the last "}]": a JSON list with an object for each criterion, in their
    order whatever their names, each with a "name" and with a "score" that is one of the criterion's choices. `true`
    counts as 1 and `false` as 0. A rubric that gives no points scores 0.
    """
    found = _LIST.search(reply)
    try:
        given = json.loads(found.group() if found else reply)
    except (ValueError, RecursionError):
        return None
    if not isinstance(given, list) or len(given) != len(rubric):
        return None
    points = 0.0
    for rated, criterion in zip(given, rubric, strict=True):
        if not isinstance(rated, dict) or not {"name", "score"} <= rated.keys():
            return None
        if not isinstance(rated["score"], (int, float)) or rated["score"] not in criterion["choices"]:
            return None
        points += rated["score"]
    most = sum(max(criterion["choices"]) for criterion in rubric)
    return points / most if most else 0.0


def mmar_rubric_mean(scores: Sequence[float]) -> float:
    """The mean of the raters' scores without the lowest and the highest; of all where there are fewer than three.

    Raises:
        ValueError: there is none.
    """
    if not scores:
        raise ValueError("no rater gave a score: there is nothing to take the mean of.")
    kept = sorted(scores)[1:-1] if len(scores) >= 3 else list(scores)
    return sum(kept) / len(kept)
