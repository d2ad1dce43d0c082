"""AIR-Bench chat, judged by a server: both orders, nothing asked twice, nothing lost, what cannot be read listed."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from evaluation.judging.air_bench_chat import JUDGEMENTS, ORDERS, SWAPPED, judge_chat
from evaluation.official import air_chat_prompt
from evaluation.outputs.open_benchmarks import AIR_BENCH_CHAT
from evaluation.outputs.score import score_outputs
from tests.evaluation.judging.conftest import JUDGE, JudgeServer


TASKS = ("speech_QA", "sound_QA", "music_QA", "speech_and_sound_QA")


def line(number: int, answered: bool = True) -> dict:
    """An item of a run. Its reference is worth 9 points, its answer 1 to 4."""
    entry = {
        "task_name": TASKS[number % 4],
        "dataset_name": "corpus",
        "uniq_id": number,
        "path": f"{number}.wav",
        "question": f"What is heard in {number}?",
        "answer_gt": f"reference {number}: 9",
        "meta_info": f"Heard is {{number}} {number}.",
    }
    name = f"{entry['task_name']}/corpus/{number}"
    response = f"answer {number}: {1 + number % 4}" if answered else None
    output = f"<THINK>Hm.</THINK><RESPONSE>{response}</RESPONSE>" if answered else None
    return {"id": name, "entry": entry, "prediction": response, "output": output, "error": None}


def points(prompt: str, request: dict) -> str:
    """What the texts of the two answers say they are worth."""
    shown = re.findall(r"\[The Start of Assistant \ds Answer\]\n\w+ \d+: (\d+)\n", prompt)
    return " ".join(shown)


def read(path: Path) -> list[dict]:
    return json.loads(path.read_text(encoding="utf-8"))


def scores(output: Path) -> dict:
    return score_outputs(AIR_BENCH_CHAT, output / JUDGEMENTS, swapped=output / SWAPPED).figures


def test_both_orders_are_asked_and_a_second_run_asks_nothing(serve, write, tmp_path: Path) -> None:
    server: JudgeServer = serve(points)
    outputs = write([line(number) for number in range(4)] + [line(4, answered=False)])
    judging = judge_chat(outputs, tmp_path / "judged", JUDGE, base_url=server.base_url)
    texts = [(line(number)["entry"], line(number)["prediction"]) for number in range(4)]
    expected = {air_chat_prompt(one["meta_info"], one["question"], one["answer_gt"], said) for one, said in texts}
    expected |= {air_chat_prompt(one["meta_info"], one["question"], said, one["answer_gt"]) for one, said in texts}
    assert set(server.prompts) == expected and len(server.prompts) == 8
    assert {(request["temperature"], request["max_tokens"]) for request in server.requests} == {(0.0, 1024)}
    assert (judging["requests"], judging["kept"], judging["failed"], judging["unparsed"]) == (8, 0, 0, 0)
    assert judging["not_answered"] == ["speech_QA/corpus/4"] and judging["drawn"] == []

    first, swapped = read(tmp_path / "judged" / JUDGEMENTS), read(tmp_path / "judged" / SWAPPED)
    assert [entry.get("gpt-score") for entry in first] == ["9 1", "9 2", "9 3", "9 4", None]
    assert [entry.get("gpt-score") for entry in swapped] == ["1 9", "2 9", "3 9", "4 9", None]
    assert first[0]["Audio-LLM-response"] == "answer 0: 1" and first[0]["finish_reason"] == "stop"
    figures = scores(tmp_path / "judged")
    assert (figures["n"], figures["official"], figures["skipped"]) == (5, (1 + 2 + 3 + 4) / 4, 1)
    # Strictly the item that was not answered has no points: the area of speech is at 1 and 0.
    assert figures["strict"] == (0.5 + 2 + 3 + 4) / 4
    assert not [said for said in figures["statements"] if "not read" in said]

    again = judge_chat(outputs, tmp_path / "again", JUDGE, base_url=server.base_url)
    assert (len(server.prompts), again["requests"], again["kept"]) == (8, 8, 8)
    assert read(tmp_path / "again" / SWAPPED) == swapped


def test_a_third_of_the_requests_fails_and_nothing_is_lost(serve, write, tmp_path: Path) -> None:
    """Each call asks once, and for what the one before did not get."""
    faults = dict.fromkeys(("rate_limited", "server_error", "connection"), 0.1)
    # With this seed three requests are still unanswered when OpenAI's client has asked thrice.
    server: JudgeServer = serve(points, faults=faults, seed=20)
    outputs = write([line(number) for number in range(12)])
    judging = judge_chat(outputs, tmp_path, JUDGE, base_url=server.base_url, max_retries=0)
    assert 3 == judging["failed"] == len(judging["failures"])
    assert all(failure["error"] and failure["order"] in ORDERS for failure in judging["failures"])
    lacking = Counter("gpt-score" not in entry for name in ORDERS.values() for entry in read(tmp_path / name))
    assert lacking[True] == judging["failed"]
    for _ in range(10):
        if not judging["failed"]:
            break
        judging = judge_chat(outputs, tmp_path, JUDGE, base_url=server.base_url, max_retries=0)
    assert judging["failed"] == 0 and server.counts.faults.total() > 0
    assert len(server.prompts) == len(set(server.prompts)) == 24
    assert scores(tmp_path)["official"] == (1 + 2 + 3 + 4) / 4


def test_what_cannot_be_read_is_listed(serve, write, tmp_path: Path) -> None:
    def say(prompt: str, request: dict) -> str:
        found = points(prompt, request)
        return "9, 1" if found == "9 1" else found

    server = serve(say)
    judging = judge_chat(write([line(number) for number in range(4)]), tmp_path, JUDGE, base_url=server.base_url)
    assert judging["unread"] == [{"id": "speech_QA/corpus/0", "order": "reference first", "reply": "9, 1"}]
    assert judging["unparsed"] == 1
    figures = scores(tmp_path)
    # Officially the other order alone counts for this item, strictly the mean of 0 and 1.
    assert (figures["official"], figures["strict"]) == ((1 + 2 + 3 + 4) / 4, (0.5 + 2 + 3 + 4) / 4)
    assert figures["problem_counts"] == {"the judgement is not two points": 1}


def test_the_official_randomness_is_drawn_by_a_seed(serve, write, tmp_path: Path) -> None:
    server: JudgeServer = serve(points)
    outputs = write([line(number) for number in range(12)])

    def judged(seed: int) -> dict:
        return judge_chat(outputs, tmp_path, JUDGE, base_url=server.base_url, official_randomness=True, seed=seed)

    first = judged(1)
    seen = {request["messages"][-1]["content"]: request["temperature"] for request in server.requests}
    assert Counter(seen.values()).keys() == {1.0, 2.0}
    hot = {
        (f"{entry['task_name']}/corpus/{entry['uniq_id']}", order)
        for order, name in ORDERS.items()
        for entry in read(tmp_path / name)
        if seen[entry["openai_args"]["messages"][0]["content"]] == 2.0 == entry["openai_args"]["temperature"]
    }
    assert {(drawn["id"], drawn["order"]) for drawn in first["drawn"]} == hot
    assert 6 <= len(hot) <= 18
    assert judged(1)["drawn"] == first["drawn"] and len(server.requests) == 24
    assert judged(2)["drawn"] != first["drawn"] and len(server.requests) == 48


def test_what_was_replied_before_a_kill_is_not_asked_again(serve, write, tmp_path: Path, repository: Path) -> None:
    started: list[subprocess.Popen] = []

    def say(prompt: str, request: dict) -> str:
        if started and len(server.requests) == 5:
            started.pop().send_signal(signal.SIGKILL)
        return points(prompt, request)

    server: JudgeServer = serve(say)
    outputs = write([line(number) for number in range(5)])
    code = (
        "import sys; from pathlib import Path; from evaluation.judging.air_bench_chat import judge_chat\n"
        f"judge_chat(Path(sys.argv[1]), Path(sys.argv[2]), {JUDGE!r}, base_url=sys.argv[3], max_connections=1)"
    )
    command = [sys.executable, "-c", code, str(outputs), str(tmp_path / "judged"), server.base_url]
    started.append(subprocess.Popen(command, env=os.environ | {"PYTHONPATH": str(repository)}))
    assert started[0].wait(timeout=60) == -signal.SIGKILL
    before = len(server.requests)
    judging = judge_chat(outputs, tmp_path / "judged", JUDGE, base_url=server.base_url)
    # The last request before the kill was answered to nobody.
    assert (before, judging["kept"], len(server.requests)) == (6, 5, 6 + 5)
    assert judging["failed"] == 0 and scores(tmp_path / "judged")["official"] is not None


def test_what_is_wrong_is_said_before_anything_is_asked(serve, write, tmp_path: Path, monkeypatch) -> None:
    server = serve(points)

    def judged(lines: list[dict], judge: str = JUDGE) -> None:
        judge_chat(write(lines), tmp_path, judge, base_url=server.base_url)

    lacking = line(1)
    del lacking["entry"]["meta_info"]
    with pytest.raises(ValueError, match="entry 2, has no text under 'meta_info', which the judge is shown"):
        judged([line(0), lacking])
    with pytest.raises(ValueError, match=r"entry 2, is the item 'speech_QA/corpus/0' of .*, entry 1 again"):
        judged([line(0), line(0)])
    with pytest.raises(ValueError, match="no item is answered"):
        judged([line(0, answered=False)])
    with pytest.raises(ValueError, match="'gpt-4o' is no model of inspect's"):
        judged([line(0)], "gpt-4o")
    monkeypatch.delenv("LOCAL_API_KEY")
    with pytest.raises(ValueError, match=f"the judge {JUDGE} cannot be asked: .*LOCAL_API_KEY"):
        judged([line(0)])
    assert server.counts.requests == 0


def test_a_judge_that_answers_nothing_is_an_error(serve, write, tmp_path: Path) -> None:
    def say(prompt: str, request: dict) -> str:
        raise ValueError("this key is for something else")

    server = serve(say)
    with pytest.raises(ValueError, match="answered nothing with the reference first; of speech_QA/corpus/0: .*else"):
        judge_chat(write([line(0)]), tmp_path, JUDGE, base_url=server.base_url)


def test_the_official_file_of_answers_is_judged_too(serve, write, tmp_path: Path) -> None:
    server = serve(points)
    lines = [line(number)["entry"] | {"response": line(number)["prediction"]} for number in range(2)]
    judge_chat(write(lines, "Chat_result_modelx.jsonl"), tmp_path, JUDGE, base_url=server.base_url)
    assert [entry["gpt-score"] for entry in read(tmp_path / JUDGEMENTS)] == ["9 1", "9 2"]
