"""The queue and its thread: who is answered with whom, and what one question can do to another."""

from __future__ import annotations

from dataclasses import replace

import pytest

from app.serving.engine import Engine
from app.serving.jobs import Job, Sampling
from app.serving.limits import Limits
from app.serving.refusals import Refusal
from tests.app.serving.conftest import BUDGETS, until


POISON = "poison"


@pytest.fixture
def job(served_model):
    """Make a question about nothing."""

    def make(text: str = "What is it?", sampling: Sampling = Sampling(), new_tokens: int = 400) -> Job:
        return Job(
            messages=[{"role": "user", "content": text}],
            prompt_tokens=100,
            audio_seconds=0,
            new_tokens=new_tokens,
            budgets=BUDGETS,
            sampling=sampling,
            streamer=served_model.processor.reasoning_streamer(),
        )

    return make


class Faulty:
    """A network that fails at prompts with the poison, and notes how many were asked at once."""

    def __init__(self, network, tokenizer) -> None:
        self._network, self._tokenizer = network, tokenizer
        self.batches: list[int] = []

    def __getattr__(self, name):
        return getattr(self._network, name)

    def generate(self, **inputs):
        self.batches.append(len(inputs["input_ids"]))
        if any(POISON in text for text in self._tokenizer.batch_decode(inputs["input_ids"])):
            raise RuntimeError("the model cannot bear this")
        return self._network.generate(**inputs)


@pytest.fixture
def faulty(served_model):
    return replace(served_model, network=Faulty(served_model.network, served_model.processor.tokenizer))


def test_a_question_that_fails_takes_no_other_with_it(faulty, job, expected):
    engine = Engine(faulty, Limits())
    jobs = [job("One?"), job(POISON), job("Two?")]
    for each in jobs:
        engine._waiting.append(each)
    engine.start()
    for text, each in (("One?", jobs[0]), ("Two?", jobs[2])):
        assert each.answer.result(60).reasoning == expected(text=text)
    with pytest.raises(Refusal, match="The model failed at this request"):
        jobs[1].answer.result(60)
    assert list(jobs[1].streamer) == []
    assert faulty.network.batches == [3, 1, 1, 1] and engine.is_ready
    engine.stop()
    assert not engine.is_ready


def test_those_are_answered_together_who_can_be(served_model, job):
    engine = Engine(served_model, Limits(batch=3, batch_tokens=1600))
    warm, seeded = Sampling(temperature=0.7), Sampling(temperature=0.7, seed=1)
    names = ["a", "warm", "b", "c", "d", "seeded", "warm too", "seeded too", "long"]
    kinds = {"warm": warm, "warm too": warm, "seeded": seeded, "seeded too": seeded}
    for name in names:
        engine._waiting.append(job(name, kinds.get(name, Sampling()), new_tokens=5000 if name == "long" else 400))
    batches = []
    while engine._waiting:
        batches.append([each.messages[0]["content"] for each in engine._next_batch()])
    assert batches == [["a", "b", "c"], ["warm", "warm too"], ["d"], ["seeded"], ["seeded too"], ["long"]]


def test_there_is_an_end_to_those_who_wait(served_model, job):
    engine = Engine(served_model, Limits(waiting=2))
    engine._thread.is_alive = lambda: True  # the model is never done
    first = job()
    engine.submit(first)
    engine.submit(job())
    with pytest.raises(Refusal) as raised:
        engine.submit(job())
    assert raised.value.status == 503 and raised.value.retry_after >= 1
    engine.leave(first)
    engine.submit(job())


def test_those_who_wait_are_told_that_the_server_stops(served_model, job):
    engine = Engine(served_model, Limits(batch=1))
    long, waiting = job(new_tokens=2000), job()
    long.budgets = {}
    engine._waiting += [long, waiting]
    engine.start()
    until(lambda: long.begun)
    engine.stop()
    with pytest.raises(Refusal, match="being stopped"):
        waiting.answer.result(1)
    assert long.answer.result(1).finish_reason == "length"
    with pytest.raises(Refusal, match="being stopped"):
        engine.submit(job())
