"""MMAR's rubric (arXiv 2505.13032): raters score the reasoning behind each right answer by the item's own criteria.

There are five of them, and a wrong answer scores 0 unread.

The prompt, what is read of a reply, and the mean are the official ones (`evaluation.official.mmar_rubric`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from evaluation.judging.answers import Answer, answers_hash, read_answers
from evaluation.judging.asking import JUDGING, LOG, Judge, Replies, Request, ask
from evaluation.manifest import write_json
from evaluation.official import mmar_match, mmar_rubric_mean, mmar_rubric_prompt, mmar_rubric_score
from evaluation.official.mmar_rubric import ATTEMPTS, JUDGE, RATERS, SEED, SYSTEM_PROMPT, TEMPERATURE
from evaluation.outputs.choice_benchmarks import MMAR
from evaluation.outputs.items import listed_choices


RATED = "rated.json"
"""The items with their scores and the raters' replies, with the fields that the official script adds."""
GROUPS = ("modality", "category", "sub-category")
THINKING = "thinking_prediction"
"""The field of the reasoning in the official script's input; that of the answer is MMAR's own."""


def rate_reasoning(
    outputs: Path,
    output: Path,
    judge: str,
    *,
    base_url: str | None = None,
    attempts: int = ATTEMPTS,
    max_connections: int | None = None,
    max_retries: int = 5,
    display: str = "none",
) -> dict[str, Any]:
    """Rate the reasoning of MMAR's answers; writes rated.json and judging.json.

    Five raters at temperature 0 and seed 42 are asked one after the other; the lowest and the highest score are
    dropped, and the mean of the others is the item's. Rated is what stands between <THINK> and </THINK>; where an
    answer has no such tags, all of it. A reply that is kept is not asked for again, and a request that failed is asked
    by the next call.

    Args:
        outputs: `items.jsonl` of a run, or JSON or JSONL with "thinking_prediction" and "answer_prediction", as the
            official script takes it.
        output: the folder to write to.
        judge, base_url, max_connections, max_retries, display: as `Judge` takes them.
        attempts: requests for a rater's reply until one can be read.

    Returns:
        What judging.json holds: {"benchmark", "answers_sha256", "judge", "official_judge", "base_url", "temperature",
        "seed", "raters", "n", "not_answered", "wrong", "requests", "kept", "failed", "failures", "unparsed", "unread",
        "rubric"}.
        "failures" are {"id", "error"}; `unparsed` counts the items of which some rater gave no reply that can be read,
        and "unread" lists {"id", "rater", "reply"}, the last one. "rubric" is {"n", "evaluated", "official", "strict",
        "accuracy", "by_group"}: `official` is the mean score of the items that were evaluated, `strict` that of all,
        where the others count 0, and `accuracy` the official share of right answers among the evaluated; by modality,
        category and sub-category likewise.

    Raises:
        FileNotFoundError, ValueError: as `read_answers`; an entry lacks what a rater is shown; the judge cannot be
            asked; or nothing that it was asked was answered: names the first failure.
        JudgingFailed: as `ask`.
    """
    asked = Judge(judge, base_url, max_connections, max_retries, display)
    answers = read_answers(MMAR.layout, outputs)
    right = [answer for answer in answers if _is_right(answer)]
    requests = [_request(answer, attempts) for answer in right]
    replies = ask(asked, requests, output / LOG, "mmar_rubric_judge") if requests else {}
    if requests and all(reply.error is not None for reply in replies.values()):
        name, reply = next(iter(replies.items()))
        raise ValueError(f"{output}: the judge {judge} answered nothing; of {name}: {reply.error}")
    readers = {request.id: request.read for request in requests}
    scores = {answer.id: _score(answer, replies.get(answer.id), readers.get(answer.id)) for answer in answers}
    write_json(output / RATED, [_rated(answer, replies.get(answer.id), scores[answer.id]) for answer in answers])
    unread = [
        {"id": name, "rater": len(reply.raters), "reply": reply.raters[-1][-1]["text"]}
        for name, reply in replies.items()
        if reply.error is None and scores[name] is None
    ]
    failures = [{"id": name, "error": reply.error} for name, reply in replies.items() if reply.error is not None]
    judging = {
        "benchmark": MMAR.name,
        "answers_sha256": answers_hash(answers),
        "judge": judge,
        "official_judge": JUDGE,
        "base_url": base_url,
        "temperature": TEMPERATURE,
        "seed": SEED,
        "raters": RATERS,
        "n": len(answers),
        "not_answered": [answer.id for answer in answers if answer.response is None],
        "wrong": sum(answer.response is not None for answer in answers) - len(right),
        "requests": sum(reply.count for reply in replies.values()),
        "kept": sum(reply.kept for reply in replies.values()),
        "failed": len(failures),
        "failures": failures,
        "unparsed": len(unread),
        "unread": unread,
        "rubric": _figures(answers, scores, {answer.id for answer in right}),
    }
    write_json(output / JUDGING, judging)
    return judging


def reasoning_of(answer: Answer) -> str:
    """What the raters read: the official field, or else the THINK part of the whole answer, all of one without tags.

    Raises:
        ValueError: the file holds neither; names the place.
    """
    given = answer.entry.get(THINKING)
    if isinstance(given, str):
        return given
    if answer.output is None:
        raise ValueError(
            f"{answer.place}, has no text under {THINKING!r}, the reasoning to rate: add it, or pass a run's "
            "items.jsonl."
        )
    if "<THINK>" not in answer.output and "<RESPONSE>" not in answer.output:
        return answer.output
    before = answer.output.partition("<RESPONSE>")[0]
    return before.partition("</THINK>")[0].replace("<THINK>", "", 1).strip()


def _is_right(answer: Answer) -> bool:
    if answer.response is None:
        return False
    try:
        choices = listed_choices(answer.entry)
    except ValueError as error:
        raise ValueError(f"{answer.place}, {error}: it is not in the benchmark's layout.") from None
    return mmar_match(answer.text("answer"), answer.response, choices)


def _request(answer: Answer, attempts: int) -> Request:
    assert answer.response is not None
    rubric = _rubric(answer)
    prompt = mmar_rubric_prompt(
        question=answer.text("question"),
        answer=answer.text("answer"),
        thinking=answer.text("thinking"),
        rubric=rubric,
        reasoning=reasoning_of(answer),
        prediction=answer.response,
    )
    return Request(
        id=answer.id,
        prompt=prompt,
        read=partial(mmar_rubric_score, rubric=rubric),
        system=SYSTEM_PROMPT,
        temperature=TEMPERATURE,
        seed=SEED,
        raters=RATERS,
        attempts=attempts,
    )


def _rubric(answer: Answer) -> Sequence[Mapping[str, Any]]:
    rubric = answer.entry.get("rubric")
    if not isinstance(rubric, list) or not rubric or not all(_is_criterion(criterion) for criterion in rubric):
        raise ValueError(
            f"{answer.place}, has no 'rubric' of criteria, each with name, scoring_point and choices: take it from a "
            "MMAR-meta.jsonl since February 2026."
        )
    return rubric


def _is_criterion(criterion: object) -> bool:
    if not isinstance(criterion, Mapping):
        return False
    choices = criterion.get("choices")
    texts = all(isinstance(criterion.get(name), str) for name in ("name", "scoring_point"))
    return (
        texts and isinstance(choices, list) and bool(choices) and all(isinstance(one, (int, float)) for one in choices)
    )


def _score(answer: Answer, replies: Replies | None, read: Callable[[str], float | None] | None) -> float | None:
    """The item's score: 0 where it is wrong, None where it was not answered or not evaluated."""
    if answer.response is None:
        return None
    if replies is None or read is None:
        return 0.0
    if replies.error is not None:
        return None
    scores = [score for given in replies.raters if (score := read(given[-1]["text"])) is not None]
    return mmar_rubric_mean(scores) if len(scores) == RATERS else None


def _rated(answer: Answer, replies: Replies | None, score: float | None) -> dict[str, Any]:
    rated = {**answer.entry, MMAR.layout.key: answer.response}
    if replies is None:
        return rated | {"correct": False, "score": score, "raw_responses": []}
    texts = [given[-1]["text"] for given in replies.raters if given]
    return rated | {THINKING: reasoning_of(answer), "correct": True, "score": score, "raw_responses": texts}


def _figures(answers: Sequence[Answer], scores: Mapping[str, float | None], right: set[str]) -> dict[str, Any]:
    groups: dict[str, dict[str, list[Answer]]] = {}
    for answer in answers:
        for grouping in GROUPS:
            if group := answer.entry.get(grouping):
                groups.setdefault(grouping, {}).setdefault(str(group), []).append(answer)
    return {
        **_means(answers, scores, right),
        "by_group": {
            grouping: {group: _means(members, scores, right) for group, members in sorted(found.items())}
            for grouping, found in groups.items()
        },
    }


def _means(answers: Sequence[Answer], scores: Mapping[str, float | None], right: set[str]) -> dict[str, Any]:
    evaluated = [(answer.id, score) for answer in answers if (score := scores[answer.id]) is not None]
    total = sum(score for _, score in evaluated)
    return {
        "n": len(answers),
        "evaluated": len(evaluated),
        "official": total / len(evaluated) if evaluated else None,
        "strict": total / len(answers),
        "accuracy": sum(name in right for name, _ in evaluated) / len(evaluated) if evaluated else None,
    }
