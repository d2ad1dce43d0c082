"""Answers as they come: their events and votes, what ends them early, and errors of the generating thread."""

from __future__ import annotations

import threading

import numpy as np
import pytest

from app.asking.answering import SampledAnswers, StreamedAnswer, as_written, encode, generation_options, messages_of
from app.asking.loading import code_of, load_model, load_processor
from modeling_audio_reasoner import Reasoning
from modeling_audio_reasoner.choices_audio_reasoner import normalise


SECTIONS = ("planning", "caption", "reasoning", "summary", "response")


@pytest.fixture(scope="module")
def model(model_folder):
    return load_model(str(model_folder)), load_processor(str(model_folder))


@pytest.fixture
def messages():
    sound = {"array": np.sin(np.arange(16_000) / 5).astype(np.float32), "sampling_rate": 16_000, "path": "a.wav"}
    return messages_of(sound, "What?")


def test_the_events_of_an_answer_make_its_text(model, messages):
    network, processor = model
    options = generation_options(processor, dict.fromkeys(SECTIONS, 4), 200)
    answer = StreamedAnswer(network, processor, encode(processor, messages), options)
    events = list(answer)
    assert [event.section for event in events if event.kind == "opened"] == list(SECTIONS)
    found = processor.parse_reasoning(answer.text)
    assert found.complete
    written = "".join(event.text for event in events if event.section == "caption")
    assert written.strip() == found.caption


def test_an_answer_that_nobody_reads_on_ends(model, messages):
    """Its 100,000 tokens would take minutes."""
    network, processor = model
    options = {"max_new_tokens": 100_000, "eos_token_id": -1}
    before = set(threading.enumerate())
    events = iter(StreamedAnswer(network, processor, encode(processor, messages), options))
    next(events)
    (thread,) = set(threading.enumerate()) - before
    events.close()
    thread.join(timeout=20)
    assert not thread.is_alive()


def test_votes_that_nobody_waits_for_end(model, messages):
    network, processor = model
    before = set(threading.enumerate())
    options = {"num_answers": 2, "max_new_tokens": 100_000, "eos_token_id": 0, "suppress_tokens": [0]}
    waiting = iter(SampledAnswers(network, processor, messages, options, seed=0))
    assert next(waiting) >= 0
    (thread,) = set(threading.enumerate()) - before
    waiting.close()
    thread.join(timeout=20)
    assert not thread.is_alive()


def test_a_seed_gives_the_same_answers(model, messages):
    network, processor = model

    def responses(seed: int) -> list[str | None]:
        options = {"num_answers": 3, **generation_options(processor, dict.fromkeys(SECTIONS, 4), 200)}
        sampled = SampledAnswers(network, processor, messages, options, seed)
        assert all(tokens >= 0 for tokens in sampled)
        return [answer.response for answer in sampled.voted.answers]

    assert responses(1) == responses(1) != responses(2)


@pytest.mark.parametrize("kind", ["streamed", "sampled"])
def test_an_error_while_generating_is_raised_where_the_answer_is_read(model, messages, kind):
    network, processor = model
    if kind == "streamed":
        answer = StreamedAnswer(network, processor, encode(processor, messages), {"nonsense": 1})
    else:
        answer = SampledAnswers(network, processor, messages, {"num_answers": 0}, seed=0)
    with pytest.raises(ValueError, match="nonsense" if kind == "streamed" else "num_answers is 0"):
        list(answer)


def test_a_response_is_spelt_as_it_was_first_written():
    answers = [Reasoning(response=text) for text in ("English", "english.", "Old  Czech", "ENGLISH")]
    assert as_written(answers, normalise) == {"english": "English", "old czech": "Old Czech"}


def test_the_code_of_a_folder_is_its_own(model, model_folder):
    loaded = code_of(model[1], "audio_loading")
    assert loaded.__name__.startswith("transformers_modules.") and loaded.SILENCE_PEAK == 1e-4
