"""Questions become samples: what is asked, what is heard, and in which order the choices are."""

from __future__ import annotations

from dataclasses import replace

import pytest
from inspect_ai.model import ChatMessageSystem, ChatMessageUser

from evaluation.tasks.samples import samples


def test_a_sample_is_asked_by_the_prompt_and_knows_its_recording(questions) -> None:
    dataset = samples(questions, "tones", "listed", "real", 0)
    assert (dataset.name, len(dataset)) == ("tones", 6)
    first = dataset[0]
    assert (first.id, first.target, first.choices) == ("q0", "dog", ["dog", "cat", "a bird", "horse"])
    (message,) = first.input
    assert isinstance(message, ChatMessageUser)
    assert message.text == "Who is it, 0?\nChoose one: dog; cat; a bird; horse."
    assert first.metadata == {
        "entry": questions[0].entry,
        "kind": "sound",
        "recordings": [{"path": questions[0].recordings[0].path}],
    }


def test_the_system_prompt_comes_first(questions) -> None:
    (sample,) = samples([replace(questions[0], system="Listen.")], "tones", "listed", "real", 0)
    assert [type(message) for message in sample.input] == [ChatMessageSystem, ChatMessageUser]
    assert sample.input[0].text == "Listen."


def test_an_open_question_has_no_choices(questions) -> None:
    (sample,) = samples([replace(questions[0], choices=())], "tones", "lettered", "real", 0)
    assert (sample.choices, sample.input[0].text) == (None, "Who is it, 0?")


def test_another_order_is_shown_and_noted(questions) -> None:
    plain, other = (samples(questions, "tones", "lettered", "real", number) for number in (0, 1))
    changed = [one for one, two in zip(other, plain, strict=True) if one.choices != two.choices]
    assert len(changed) > 3
    for sample in changed:
        assert sample.metadata["entry"]["choices"] == sample.choices
        assert sample.metadata["entry"]["answer"] == sample.target
        assert f"(A) {sample.choices[0]}\n(B) {sample.choices[1]}" in sample.input[0].text


def test_in_shuffle_each_hears_another_of_its_kind_and_source(questions) -> None:
    dataset = samples(questions, "tones", "listed", "shuffle", 0)
    by_id = {question.id: question for question in questions}
    heard = {sample.id: by_id[sample.metadata["hears"]] for sample in dataset}
    assert sorted(other.id for other in heard.values()) == sorted(by_id)
    for sample in dataset:
        other = heard[sample.id]
        assert other.id != sample.id
        assert other.kind == by_id[sample.id].kind
        assert sample.metadata["others"] == [{"path": other.recordings[0].path}]
        assert sample.metadata["recordings"] == [{"path": by_id[sample.id].recordings[0].path}]
    again = samples(questions[::-1], "tones", "listed", "shuffle", 0)
    assert {sample.id: sample.metadata["hears"] for sample in again} == {name: q.id for name, q in heard.items()}


def test_what_makes_no_sense_is_refused(questions) -> None:
    with pytest.raises(ValueError, match="heard is 'rain'; choose among real, silence, noise, shuffle, none"):
        samples(questions, "tones", "listed", "rain", 0)
    silent = [replace(question, recordings=()) for question in questions]
    assert len(samples(silent, "text", "listed", "real", 0)) == 6
    for heard in ("silence", "noise", "shuffle", "none"):
        with pytest.raises(ValueError, match="text has no recordings, so there is no control without them"):
            samples(silent, "text", "listed", heard, 0)
    with pytest.raises(ValueError, match="prompt 'no' is none of listed, lettered"):
        samples(questions, "tones", "no", "real", 0)
