"""Several sampled answers: one encoding, one prefill, an honest count, and no longer than it takes."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from transformers import GenerationConfig, LogitsProcessor
from transformers.utils.chat_template_utils import Chat

from modeling_audio_reasoner import Reasoning, vote


CHOICES = ["a bell", "a dog", "rain"]


class Dictation(LogitsProcessor):
    """Makes each row write the text dictated to it, then the end; keeps the scores that it got."""

    def __init__(self, processor, texts: list[str]) -> None:
        end = processor.tokenizer.eos_token_id
        self.rows = [[*processor.tokenizer(text)["input_ids"], end] for text in texts]
        self.seen: list[torch.Tensor] = []

    def __call__(self, input_ids, scores):
        step = len(self.seen)
        self.seen.append(scores)
        forced = torch.full_like(scores, float("-inf"))
        for row, tokens in enumerate(self.rows):
            forced[row, tokens[min(step, len(tokens) - 1)]] = 0.0
        return forced


def answer(response: str, words: int = 1) -> str:
    return Reasoning("I listen.", "It rings.", "so " * words + "on.", "Clear.", response).render()


@pytest.fixture
def voted(model, processor, ask_about, clips):
    """The vote over dictated answers, and the dictation."""

    def make(texts: list[str], **options):
        dictation = Dictation(processor, texts)
        options = {"logits_processor": [dictation], "max_new_tokens": 400, **options}
        messages = ask_about(*clips(1.0, 0.5))
        return model.vote(processor, messages, num_answers=len(texts), **options), dictation

    return make


def test_the_choice_that_most_answers_name_wins(voted):
    result, _ = voted(
        [answer("a dog"), answer("It is a bell."), answer('"a bell"'), "no sections", answer("a bell or a dog")],
        choices=CHOICES,
        stop_early=False,
    )
    assert result.response == "a bell"
    assert result.votes == {"a bell": 2, "a dog": 1}
    assert result.agreement == 2 / 5
    assert result.reasoning.response == "It is a bell."
    assert [len(result.answers), result.unfinished] == [5, 0]
    assert result.answers[3].problems


def test_without_choices_the_response_itself_is_the_vote(voted):
    result, _ = voted([answer("Rain."), answer("rain"), answer("A dog")], stop_early=False)
    assert result.votes == {"rain": 2, "a dog": 1}
    assert result.reasoning.response == "Rain."


def test_a_well_formed_answer_is_chosen_before_a_broken_one(voted):
    broken = answer("a bell").replace("</SUMMARY>", "")
    result, _ = voted([broken, answer("a bell")], choices=CHOICES, stop_early=False)
    assert result.votes == {"a bell": 2}
    assert result.reasoning.complete


def test_it_ends_when_the_majority_is_decided(voted, processor):
    """Two of three agree: the third, which is a hundred words longer, is not waited for."""
    short, long = answer("rain"), answer("a dog", words=100)
    result, dictation = voted([short, long, short], choices=CHOICES)
    assert (result.response, result.unfinished, len(result.answers)) == ("rain", 1, 2)
    assert result.agreement == 1.0
    assert len(dictation.seen) == len(dictation.rows[0])
    waited, dictation = voted([short, long, short], choices=CHOICES, stop_early=False)
    assert (waited.votes, waited.unfinished) == ({"rain": 2, "a dog": 1}, 0)
    assert len(dictation.seen) == len(dictation.rows[1])


def test_an_open_vote_is_waited_for(voted):
    short, long = answer("rain"), answer("a dog", words=60)
    result, _ = voted([short, long, long, long], choices=CHOICES)
    assert (result.response, result.votes["a dog"]) == ("a dog", 3)


def test_answers_cut_at_the_limit_have_no_vote(voted):
    result, _ = voted([answer("rain"), answer("rain")], choices=CHOICES, max_new_tokens=5)
    assert (result.votes, result.agreement, result.answers, result.unfinished) == ({}, 0.0, (), 2)
    assert result.response is None
    assert "the section 'planning' is not closed" in result.reasoning.problems


def test_one_encoding_and_one_prefill_serve_all(voted, model, encode, ask_about, clips, count_calls):
    windows = count_calls(model.model.audio_tower.conv1, lambda features: features.shape[0])
    passes = count_calls(model.model.language_model, lambda **inputs: tuple(inputs["inputs_embeds"].shape[:2]))
    inputs = encode(ask_about(*clips(1.0, 0.5)))
    with torch.no_grad():
        expected = model(**inputs).logits[:, -1]
    del windows[:], passes[:]
    _, dictation = voted([answer("rain")] * 5, choices=CHOICES)
    assert sum(windows) == 2
    assert passes[0] == (1, inputs["input_ids"].shape[1] - 1)
    assert set(passes[1:]) == {(5, 1)}
    assert (dictation.seen[0] - expected).abs().max() <= 1e-5


def test_samples_differ_and_a_seed_repeats_them(model, processor, ask_about, clips):
    messages = ask_about(*clips(1.0))

    def sample():
        torch.manual_seed(3)
        return vote(model, processor, messages, num_answers=6, stop_early=False, max_new_tokens=40, temperature=3.0)

    first = sample()
    assert first == sample()
    assert first.unfinished + len(first.answers) == 6


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"num_answers": 0}, "num_answers is 0"),
        ({"num_answers": 1.5}, "num_answers is 1.5"),
        ({"num_answers": True}, "num_answers is True"),
        ({"num_answers": "3"}, "num_answers is '3'"),
        ({"choices": {"rain", "a dog"}}, "choices is a set"),
        ({"choices": {"rain": 1}}, "choices is a dict"),
        ({"choices": (choice for choice in CHOICES)}, "choices is a generator"),
        ({"choices": np.array(CHOICES)}, "choices is a ndarray"),
        ({"choices": 5}, "choices is a int"),
        ({"choices": ["rain", 2]}, "choices holds 2, which is no text"),
        ({"choices": [None]}, "choices holds None, which is no text"),
        ({"choices": []}, "choices is empty"),
        ({"choices": "Czech"}, "choices is the text 'Czech'"),
        ({"choices": ["Rain", "a dog", "rain."]}, "choices holds 'Rain' and 'rain.'"),
        ({"choices": ["rain", " "]}, "which no response can name"),
        ({"num_beams": 2}, "vote does not take num_beams"),
        ({"input_ids": torch.ones(1, 2)}, "vote does not take input_ids: they are made from the messages"),
        ({"stop_strings": ["</RESPONSE>"]}, "vote does not take stop_strings: .* give eos_token_id"),
        ({"generation_config": GenerationConfig(stop_strings=["</RESPONSE>"])}, "vote does not take stop_strings"),
    ],
)
def test_impossible_votes_are_refused(model, processor, ask_about, clips, count_calls, options, message):
    passes = count_calls(model.model, lambda *args, **inputs: 1)
    with pytest.raises(ValueError, match=message):
        vote(model, processor, ask_about(*clips(1.0)), **options)
    assert not passes, "refused after the model was asked"


@pytest.mark.parametrize("form", [list, tuple, Chat])
def test_two_conversations_are_not_one_vote(model, processor, ask_about, clips, form):
    messages = ask_about(*clips(1.0))
    with pytest.raises(ValueError, match="messages holds 2 conversations"):
        vote(model, processor, [form(messages), form(ask_about(*clips(0.5)))])


@pytest.mark.parametrize("form", [Chat, lambda messages: [messages], lambda messages: [Chat(messages)]])
def test_one_conversation_in_every_form(model, processor, ask_about, clips, form):
    messages = ask_about(*clips(1.0))
    options = {"num_answers": 2, "max_new_tokens": 3, "do_sample": False}
    expected = vote(model, processor, messages, **options)
    assert vote(model, processor, form(messages), **options) == expected


@pytest.mark.parametrize(("given", "message"), [(None, "A conversation is a NoneType"), ([], "holds no message")])
def test_no_conversation(model, processor, given, message):
    with pytest.raises(ValueError, match=message):
        vote(model, processor, given)
