"""AIR-Bench chat (arXiv 2402.07729): a judge gives points to the reference and to the model's answer, in both orders.

The prompt, and what is read of a reply, are the official ones (`evaluation.official.air_bench`). By default the judge
decodes greedily, where the official script draws every reply: `official_randomness` does as it does.

    audio-reasoner score air_bench_chat OUTPUT/judgements.json --swapped OUTPUT/judgements_swapped.json
"""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from evaluation.judging.answers import Answer, answers_hash, read_answers
from evaluation.judging.asking import JUDGING, LOG, Judge, Replies, Request, ask
from evaluation.manifest import write_json
from evaluation.official import air_chat_prompt, air_chat_scores
from evaluation.official.air_bench import CHAT_HIGH_TEMPERATURE, CHAT_JUDGE, CHAT_MAX_TOKENS, CHAT_TEMPERATURE
from evaluation.outputs.open_benchmarks import AIR_BENCH_CHAT


JUDGEMENTS, SWAPPED = "judgements.json", "judgements_swapped.json"
ORDERS = {"reference first": JUDGEMENTS, "answer first": SWAPPED}
"""The two orders, and the file of each."""
SEED = 2503


def judge_chat(
    outputs: Path,
    output: Path,
    judge: str,
    *,
    base_url: str | None = None,
    official_randomness: bool = False,
    seed: int = SEED,
    max_connections: int | None = None,
    max_retries: int = 5,
    display: str = "none",
) -> dict[str, Any]:
    """Judge the answers of AIR-Bench chat; writes judgements.json, judgements_swapped.json and judging.json.

    The first two are in the official layout, the reply under "gpt-score"; an item that was not answered, or whose
    request failed, is there without it. A reply that is kept is not asked for again, and a request that failed is
    asked by the next call.

    Args:
        outputs: `items.jsonl` of a run, or the official JSONL with the answers under "response".
        output: the folder to write to.
        judge, base_url, max_connections, max_retries, display: as `Judge` takes them.
        official_randomness: whether each request has temperature 2.0 or 1.0, by a draw, as officially; else it is 0.
        seed: of that draw; with another one all is drawn anew.

    Returns:
        What judging.json holds: {"benchmark", "answers_sha256", "judge", "official_judge", "base_url", "temperature",
        "official_randomness", "seed", "n", "not_answered", "requests", "kept", "failed", "failures", "unparsed",
        "unread", "drawn"}. "failures" are {"id", "order", "error"}, "unread" the `unparsed` replies that are not two
        points, {"id", "order", "reply"}, and "drawn" the requests at temperature 2.0, {"id", "order"}; "kept" counts
        replies that were there from earlier.

    Raises:
        FileNotFoundError, ValueError: as `read_answers`; an entry lacks what the judge is shown; the judge cannot be
            asked; or no request of an order was answered: names the first failure.
        JudgingFailed: as `ask`.
    """
    asked = Judge(judge, base_url, max_connections, max_retries, display)
    answers = read_answers(AIR_BENCH_CHAT.layout, outputs)
    answered = [answer for answer in answers if answer.response is not None]
    draw = seed if official_randomness else None
    requests = {(answer.id, order): _request(answer, order, draw) for order in ORDERS for answer in answered}
    replies = ask(asked, list(requests.values()), output / LOG, "air_bench_chat_judge")
    found = {place: replies[request.id] for place, request in requests.items()}
    for order in ORDERS:
        failures = [(name, reply.error) for (name, other), reply in found.items() if other == order]
        if all(error is not None for _, error in failures):
            name, error = failures[0]
            raise ValueError(f"{output}: the judge {judge} answered nothing with the {order}; of {name}: {error}")
    # Gone until all is written: it says whose the judgements are.
    (output / JUDGING).unlink(missing_ok=True)
    for order, name in ORDERS.items():
        places = [(answer, (answer.id, order)) for answer in answers]
        write_json(output / name, [_entry(one, requests.get(place), found.get(place)) for one, place in places])
    judging = {
        "benchmark": AIR_BENCH_CHAT.name,
        "answers_sha256": answers_hash(answers),
        "judge": judge,
        "official_judge": CHAT_JUDGE,
        "base_url": base_url,
        "temperature": [CHAT_TEMPERATURE, CHAT_HIGH_TEMPERATURE] if official_randomness else 0.0,
        "official_randomness": official_randomness,
        "seed": draw,
        "n": len(answers),
        "not_answered": [answer.id for answer in answers if answer.response is None],
        "requests": len(requests),
        "kept": sum(reply.kept for reply in replies.values()),
        **_counted(found),
        "drawn": [
            {"id": name, "order": order}
            for (name, order), request in requests.items()
            if request.temperature == CHAT_HIGH_TEMPERATURE
        ],
    }
    write_json(output / JUDGING, judging)
    return judging


def _request(answer: Answer, order: str, draw: int | None) -> Request:
    assert answer.response is not None
    shown = (answer.text("answer_gt"), answer.response)
    first, second = shown if order == "reference first" else shown[::-1]
    temperature = 0.0
    if draw is not None:
        high = random.Random(f"{draw}:{order}:{answer.id}").random() < 0.5
        temperature = CHAT_HIGH_TEMPERATURE if high else CHAT_TEMPERATURE
    return Request(
        id=f"{answer.id}, {order}",
        prompt=air_chat_prompt(answer.text("meta_info"), answer.text("question"), first, second),
        read=air_chat_scores,
        temperature=temperature,
        max_tokens=CHAT_MAX_TOKENS,
        draw="" if draw is None else str(draw),
    )


def _entry(answer: Answer, request: Request | None, replies: Replies | None) -> dict[str, Any]:
    """An item as the official script writes it, and its "uniq_id", which that leaves out."""
    names = ("uniq_id", "meta_info", "path", "question", "answer_gt", "task_name", "dataset_name")
    entry = {name: answer.entry[name] for name in names if name in answer.entry}
    entry["Audio-LLM-response"] = answer.response
    if request is not None:
        messages = [{"role": "user", "content": request.prompt}]
        asked = {"messages": messages, "temperature": request.temperature, "max_tokens": request.max_tokens}
        entry["openai_args"] = asked
    if replies is None or replies.error is not None:
        return entry
    ((reply,),) = replies.raters
    counted = {name: reply[name] for name in ("prompt_tokens", "completion_tokens") if name in reply}
    return entry | {"gpt-score": reply["text"], "finish_reason": reply["stop"]} | counted


def _counted(found: Mapping[tuple[str, str], Replies]) -> dict[str, Any]:
    failures: list[dict[str, str]] = []
    unread: list[dict[str, str]] = []
    for (name, order), replies in found.items():
        if replies.error is not None:
            failures.append({"id": name, "order": order, "error": replies.error})
            continue
        text = _text(replies.raters)
        if air_chat_scores(text) is None:
            unread.append({"id": name, "order": order, "reply": text})
    return {"failed": len(failures), "failures": failures, "unparsed": len(unread), "unread": unread}


def _text(raters: Sequence[Sequence[Mapping[str, Any]]]) -> str:
    ((reply,),) = raters
    return str(reply["text"])
