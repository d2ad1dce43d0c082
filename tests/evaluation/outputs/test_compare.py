"""Two runs on the same items."""

from __future__ import annotations

import pytest

from evaluation.outputs.compare import compare, mcnemar


@pytest.mark.parametrize(
    ("gained", "lost", "p"),
    # By hand: 2·(1 + 10)/2^10, 2·1/2^5, and at most one.
    [(1, 9, 22 / 1024), (9, 1, 22 / 1024), (5, 0, 2 / 32), (0, 0, 1.0), (3, 3, 1.0), (1, 0, 1.0)],
)
def test_mcnemar(gained: int, lost: int, p: float) -> None:
    assert mcnemar(gained, lost) == pytest.approx(p)


def test_mcnemar_is_the_binomial_test() -> None:
    stats = pytest.importorskip("scipy.stats")
    for gained, lost in ((12, 30), (250, 201), (900, 1200)):
        assert mcnemar(gained, lost) == pytest.approx(stats.binomtest(gained, gained + lost).pvalue)


def test_mcnemar_of_negative_counts() -> None:
    with pytest.raises(ValueError, match="counts of items"):
        mcnemar(-1, 2)


def test_the_items_that_changed(score, mmau) -> None:
    run = score("mmau", [mmau(0, "cat"), mmau(1, "B"), mmau(2, "dog"), mmau(3, "cat"), mmau(5, "cat")])
    other = score("mmau", [mmau(0, "cat"), mmau(1, "dog"), mmau(2, "cat"), mmau(3), mmau(4, "cat")], "other.json")
    found = compare(run, other)
    assert (found["n"], found["only_here"], found["only_there"]) == (4, 1, 1)
    strict, official = found["strict"], found["official"]
    assert (strict["gained"], strict["lost"], strict["difference"]) == (2, 1, 1 / 4)
    assert [(item["id"], item["now"]) for item in strict["changed"]] == [
        ("item-1", "right"),
        ("item-2", "wrong"),
        ("item-3", "right"),
    ]
    # Officially the other run left out item-3, and "B" is as wrong as "dog".
    assert (official["n"], official["gained"], official["lost"], official["p"]) == (3, 0, 1, 1.0)


def test_runs_on_other_items_are_not_compared(score, mmau) -> None:
    run = score("mmau", [mmau(0, "cat")])
    with pytest.raises(ValueError, match="has no item of"):
        compare(run, score("mmau", [mmau(1, "cat")], "other.json"))
    with pytest.raises(ValueError, match="item 'item-0' has another answer"):
        compare(run, score("mmau", [mmau(0, "cat", answer="dog")], "other.json"))


def test_points_are_compared_by_their_difference(score) -> None:
    def rows(judgement: str) -> list[dict]:
        names = {"task_name": "sound_QA", "dataset_name": "x", "question": "?"}
        return [names | {"path": f"{number}.wav", "gpt-score": judgement} for number in range(5)]

    found = compare(score("air_bench_chat", rows("9 7")), score("air_bench_chat", rows("9 5"), "other.json"))
    assert found["official"] == {"difference": 2, "n": 5, "interval": [2, 2]}
