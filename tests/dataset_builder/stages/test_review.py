"""The review as a build file sets it: other limits, and settings that cannot be meant."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace

import pytest

from dataset_builder.build_settings import BuildSettings
from dataset_builder.build_stages import plan_build
from dataset_builder.engine.stage import Left
from dataset_builder.stages.review import Answer, Review


ROW = {
    "id": "1",
    "question": "Which sound is heard?",
    "choices": ["a bell", "a drum"],
    "answer": "a bell",
    "planning": "I will listen for the sound and compare it with both choices.",
    "caption": "A bright metallic stroke rings and fades away slowly.",
    "reasoning": "The stroke rings on for long, as metal does; a drum would stop sooner.",
    "summary": "The ringing stroke is that of a bell.",
    "response": "a bell",
}


def outcome(**settings):
    return asyncio.run(Review(checks=["length"], **settings).process(dict(ROW)))


def test_limits_take_the_place_of_the_checks_own():
    assert outcome()["review"]["verdict"] == "pass"
    left = outcome(limits={"length": {"by_section": {"caption": [3, 5]}}})
    assert isinstance(left, Left) and left.check == "length" and "caption" in left.reason
    assert isinstance(outcome(limits={"length": {"total": 20}}), Left)


@pytest.mark.parametrize(
    "limits, sentence",
    [
        ({"length": {"words": 5}}, "`limits: length:` has words"),
        ({"length": {"by_section": {"preface": [1, 2]}}}, "no section 'preface'"),
        ({"tempo": {"wanted": 1}}, "none of the checks that are run"),
    ],
)
def test_limits_that_cannot_be_meant(limits, sentence):
    with pytest.raises(ValueError, match=sentence):
        outcome(limits=limits)


class Reader:
    """Stands for the asking of a teacher that hears nothing; says what it was told to, and counts."""

    purpose = "text_only"
    settings = SimpleNamespace(in_flight=1)

    def __init__(self, answer: str) -> None:
        self.answer, self.asked = answer, 0

    def identity(self):
        return {"model": "reader"}

    async def ask(self, request):
        self.asked += 1
        return Answer(answer=self.answer)


@pytest.mark.parametrize(
    "choices, answers, verdict, asked",
    [
        (["a bell", "a drum"], 3, None, 0),
        (["a bell", "a drum"], 5, False, 5),
        (["a bell", "a drum", "a dog"], 3, False, 3),
    ],
)
def test_rows_that_so_few_answers_cannot_judge_have_a_verdict_of_their_own(choices, answers, verdict, asked):
    reader = Reader("a bell")
    review = Review(checks=["length"], text_only=reader, answers={"text_only": answers})  # type: ignore[arg-type]
    row = asyncio.run(review.process(ROW | {"choices": choices}))
    assert row["review"] == {"verdict": "pass", "checks": {"length": "pass"}, "needs_audio": verdict}
    assert reader.asked == asked and ("text_only" in row["teachers"]) is bool(asked)
    review.drop_without_audio = True
    dropped = asyncio.run(review.process(ROW | {"choices": choices}))
    assert isinstance(dropped, Left) if verdict is False else "needs_audio" not in dropped["review"]["checks"]


@pytest.mark.parametrize(
    "question, answers, sentence",
    [
        ({"teacher": "writer"}, 2, "is 2: all right could still be chance at a question with 4 choices"),
        (
            {"teacher": "writer", "distractors": 1},
            3,
            "with 2 choices, so that no such row could be judged; give 5 or more",
        ),
        (
            {"teacher": "writer", "kinds": ["open"]},
            1,
            "at an open question, so that no such row could be judged; give 2",
        ),
        ({"teacher": "annotations", "rows": 10}, 2, "with 3 choices, so that no such row could be judged; give 3"),
        ({"teacher": "writer"}, 3, None),
        ({"teacher": "writer", "distractors": 1}, 5, None),
    ],
)
def test_a_build_whose_answers_could_judge_nothing_is_refused_before_it_begins(tmp_path, question, answers, sentence):
    teachers = {"writer": {"model": "writer", "base_url": "http://localhost:9/v1"}}
    stages = {"question": question, "reason": {"teacher": "writer"}}
    stages["review"] = {"text_only": {"teacher": "writer", "answers": answers}}
    settings = BuildSettings(
        [{"corpus": "folder", "folder": "."}],
        tmp_path,
        tmp_path / "cota",
        tmp_path / "work",
        teachers=teachers,
        stages=stages,
    )
    if sentence is None:
        assert plan_build(settings)
    else:
        with pytest.raises(ValueError, match=f"`review:` `text_only: answers:` .*{sentence}"):
            plan_build(settings)


def test_answers_are_whole_numbers():
    with pytest.raises(ValueError, match="`blind: answers:` is 'many'"):
        Review(answers={"blind": "many"})  # type: ignore[dict-item]
