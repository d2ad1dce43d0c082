"""The table of results, from rows written by hand."""

from __future__ import annotations

import pytest

from evaluation.score import judge, score_table, text_only
from evaluation.table import summary_sentences


def answered(domain: str, task: str, response: str | None, complete: bool = True) -> dict:
    return judge(
        {
            "id": f"{domain}/{task}/{response}",
            "domain": domain,
            "task": task,
            "choices": ["dog", "cat"] if task == "pair" else ["dog", "cat", "bird", "horse"],
            "answer": "dog",
            "response": response,
            "complete": complete,
            "truncated": not complete,
        }
    )


@pytest.fixture
def conditions() -> dict[str, list[dict]]:
    real = [answered("sound", "event", "dog")] * 3 + [answered("sound", "event", "cat")]
    real += [answered("speech", "pair", "a dog")] * 2 + [answered("speech", "pair", None, complete=False)] * 2
    deaf = [answered("sound", "event", "dog")] + [answered("sound", "event", "cat")] * 3
    deaf += [answered("speech", "pair", "dog")] * 3 + [answered("speech", "pair", "cat")]
    return {"real": real, "silence": deaf}


def test_judged_rows() -> None:
    row = answered("sound", "event", "It is a dog, not a cat")
    assert (row["choice"], row["correct"], row["mmau"]) == ("dog", True, False)
    row = answered("sound", "event", None, complete=False)
    assert (row["choice"], row["correct"], row["mmau"]) == (None, False, False)


def test_table(conditions: dict[str, list[dict]]) -> None:
    lines = score_table(conditions, {"majority": {"overall": 0.3, "by_domain": {"sound": 0.4}, "by_task": {}}})
    assert [(line["scope"], line["domain"], line["task"]) for line in lines] == [
        ("all", None, None),
        ("domain", "sound", None),
        ("task", "sound", "event"),
        ("domain", "speech", None),
        ("task", "speech", "pair"),
    ]
    whole, sound, _, speech, _ = lines
    assert (whole["real"]["right"], whole["real"]["total"]) == (5, 8)
    assert whole["real"]["complete"] == 0.75
    assert (whole["real"]["abstained"], whole["real"]["truncated"]) == (2, 2)
    assert whole["chance"] == pytest.approx((4 * 0.25 + 4 * 0.5) / 8)
    assert sound["text_only"] == 0.4
    assert sound["baseline"] == {"name": "text-only", "accuracy": 0.4}
    assert sound["margin"] == pytest.approx(0.35)
    assert not sound["above_baseline"]
    assert speech["baseline"] == {"name": "silence", "accuracy": 0.75}
    assert speech["margin"] == pytest.approx(-0.25)


def test_tasks_that_are_not_heard_are_named() -> None:
    """Four of four right are above all that does not hear; one of four is not, whatever its domain's others give."""
    real = [answered("sound", "event", "dog")] * 20 + [answered("sound", "order", name) for name in ("dog", "cat")] * 2
    deaf = [answered("sound", task, "cat") for task in ("event", "order")] * 2
    timing = {"rows_per_second": 1.0, "new_tokens_per_second": 1.0}
    results = {
        "table": score_table({"real": real, "silence": deaf}),
        "conditions": {"real": timing, "silence": timing},
        "process": {},
    }
    assert (
        "Of 2 tasks, 1 is above all four in the same way; not shown to be heard: order (sound)."
        in summary_sentences(results)
    )


def test_text_only_is_the_larger_baseline() -> None:
    baselines = {"majority": {"overall": 0.2, "by_task": {"event": 0.5}}, "bag_of_words": {"overall": 0.3}}
    assert text_only(baselines, None, None) == 0.3
    assert text_only(baselines, "sound", "event") == 0.5
    assert text_only(baselines, "sound", None) is None
