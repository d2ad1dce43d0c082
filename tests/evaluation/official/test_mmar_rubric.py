"""MMAR's rubric mode: the prompt, what is read of a reply, and the mean of the raters."""

from __future__ import annotations

import json

import pytest

from evaluation.official import mmar_rubric_mean, mmar_rubric_prompt, mmar_rubric_score


RUBRIC = [
    {"name": "Cue", "scoring_point": "One point for the cue.", "choices": [0, 1]},
    {"name": "Link", "scoring_point": "Two for the link.", "choices": [0, 1, 2]},
]
PROMPT = """\
## Ground Truth & Problem Context

- Question: What barks?
- Correct Answer: a dog
- Ideal Reasoning (for reference): It {barks}.

## Evaluation Rubric & Scoring

For each point in the rubric, provide a score and a brief justification based on the model's output.

### Criterion: Cue
- Scoring Rule: One point for the cue.
- Score Options: [0, 1]
- Evaluate: Carefully read the model's reasoning and determine if it meets this criterion.
### Criterion: Link
- Scoring Rule: Two for the link.
- Score Options: [0, 1, 2]
- Evaluate: Carefully read the model's reasoning and determine if it meets this criterion.

## Required Output Format

Provide your complete evaluation in a single, valid JSON object. Do not add any text before or after the JSON. \
The JSON structure must be as follows:

[
{
"name": "Cue",
"score": [Assign a score from [0, 1]],
"justification": "Your justification for this score, citing evidence from the model's reasoning. (less than 50 words)"
},
{
"name": "Link",
"score": [Assign a score from [0, 1, 2]],
"justification": "Your justification for this score, citing evidence from the model's reasoning. (less than 50 words)"
}
]

## Model's Submission to Evaluate

- Model's Reasoning:
I hear
a bark. The answer is dog."""


def test_the_prompt_is_the_official_one() -> None:
    assert mmar_rubric_prompt("What barks?", "a dog", "It {barks}.", RUBRIC, "I hear\n   a bark.", "dog") == PROMPT


@pytest.mark.parametrize(
    ("scores", "expected"),
    [((1, 2), 1.0), ((0, 1), 1 / 3), ((0, 0), 0.0), ((1.0, 2), 1.0), ((True, False), 1 / 3)]
    + [((2, 0), None), ((0.5, 0), None), (("1", 0), None), ((None, 0), None), ((1,), None), ((1, 1, 1), None)],
)
def test_points_are_a_share_of_the_most(scores: tuple, expected: float | None) -> None:
    reply = json.dumps([{"name": "x", "score": score, "justification": ""} for score in scores])
    assert mmar_rubric_score(reply, RUBRIC) == (None if expected is None else pytest.approx(expected))


GOOD = '[{"name": "Cue", "score": 1}, {"name": "Link", "score": 1}]'


@pytest.mark.parametrize(
    ("reply", "expected"),
    [
        (f"```json\n{GOOD}\n```", 2 / 3),
        (f"Sure. {GOOD} Done.", 2 / 3),
        # From the first to the last bracket: two lists are no list.
        (f"{GOOD} {GOOD}", None),
        (GOOD[:-1], None),
        ('[{"name": "Cue", "score": 1}, {"name": "Link"}]', None),
        ('[{"name": "Cue", "score": 1}, {"score": 1}]', None),
        ('{"name": "Cue", "score": 1}', None),
        ("[1, 2]", None),
        ("", None),
    ],
)
def test_a_reply_is_read_from_the_first_bracket_to_the_last(reply: str, expected: float | None) -> None:
    assert mmar_rubric_score(reply, RUBRIC) == (None if expected is None else pytest.approx(expected))


def test_a_rubric_without_points_scores_nothing() -> None:
    assert mmar_rubric_score('[{"name": "Cue", "score": 0}]', [{"name": "Cue", "choices": [0]}]) == 0.0


def test_the_lowest_and_the_highest_are_dropped() -> None:
    assert mmar_rubric_mean([1.0, 0.2, 0.6, 0.4, 0.8]) == pytest.approx(0.6)
    assert mmar_rubric_mean([0.0, 1.0, 1.0, 1.0, 1.0]) == 1.0
    assert mmar_rubric_mean([0.0, 1.0]) == 0.5
    with pytest.raises(ValueError, match="no rater"):
        mmar_rubric_mean([])
