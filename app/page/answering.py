"""What the page was asked -> the answer as it comes.

Knows a loaded model, a recording that was heard, and what stands in the page's fields; knows neither Gradio nor HTML.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from app.asking.answering import (
    SampledAnswers,
    StreamedAnswer,
    as_written,
    encode,
    generation_options,
    messages_of,
)
from app.asking.loading import code_of, load_model, load_processor, refuse_older_code
from app.page.answer_state import TITLES, Answer, Part, Votes, moments
from app.page.listening import Heard
from dataset_builder.question_text import question_text


MOST_VOTES = 16
LONGEST_ANSWER = 4096  # tokens
USUAL_LONGEST_ANSWER = 1024  # tokens, where a model has no limit of its own


@dataclass(frozen=True)
class Model:
    """A model that answers, its processor, and what the page calls it."""

    name: str
    processor: Any
    network: Any

    @property
    def longest_answer(self) -> int:
        """The model's own limit, in tokens."""
        return getattr(self.network.generation_config, "max_new_tokens", None) or USUAL_LONGEST_ANSWER


def load(model: str, revision: str | None = None) -> Model:
    """A model folder, or a repository of the Hub, ready to answer.

    Raises:
        ValueError: it is no model folder, or not an Audio-Reasoner, or an earlier version of this package wrote it.
        OSError: it is not there.
    """
    processor = load_processor(model, revision)
    refuse_older_code(processor, ("reasoning_streamer", "reasoning_grammar"), model)
    network = load_model(model, revision)
    refuse_older_code(network, ("vote",), model)
    folder = Path(model)
    # Of a folder on this machine the page says no more than is needed to tell models apart.
    name = "/".join(folder.resolve().parts[-2:]) if folder.is_dir() else model
    return Model(name, processor, network)


@dataclass(frozen=True)
class Asked:
    """A question as the model reads it, and how it is to be answered.

    Args:
        text: the question with its choices.
        choices: of a multiple-choice question; empty for an open one.
        budgets: tokens by section that may be spent on it.
        longest: tokens of the whole answer.
        votes: answers to sample; 1 for one that is decoded greedily.
        seed: for those that are sampled.
    """

    text: str
    choices: tuple[str, ...]
    budgets: dict[str, int]
    longest: int
    votes: int
    seed: int


def read_fields(
    question: str | None,
    choices: str | None,
    budgets: Sequence[float | None],
    longest: float | None,
    votes: float | None,
    seed: float | None,
) -> Asked:
    """What stands in the page's fields as a question.

    Args:
        question: one or several lines.
        choices: one a line; empty lines are passed over.
        budgets: one for each section in order, 0 or None for no limit.
        longest, votes, seed: numbers.

    Raises:
        ValueError: the question is empty, choices are repeated or cannot be told apart, or a number is not whole or
            out of its range.
    """
    listed = tuple(line.strip() for line in (choices or "").splitlines() if line.strip())
    if len(listed) == 1:
        raise ValueError("There is one choice only: write two or more, one a line, or none for an open question.")
    text = question_text((question or "").strip(), listed)
    limits = {
        section: _whole(f"The budget of “{TITLES[section]}”", budget, 1, LONGEST_ANSWER, " (0 for no limit)")
        for section, budget in zip(TITLES, budgets, strict=True)
        if budget
    }
    return Asked(
        text=text,
        choices=listed,
        budgets=limits,
        longest=_whole("The length of the whole answer", longest, 1, LONGEST_ANSWER),
        votes=_whole("The number of votes", votes, 1, MOST_VOTES),
        seed=_whole("The seed", seed, 0, 2**31 - 1),
    )


def _whole(what: str, number: float | None, least: int, most: int, also: str = "") -> int:
    if number is None or not least <= number <= most or number != int(number):
        found = "empty" if number is None else f"{number:g}"
        raise ValueError(f"{what} is {found}: give a whole number from {least} to {most}{also}.")
    return int(number)


def answers(model: Model, heard: Heard, asked: Asked) -> Iterator[Answer]:
    """The answer to a question about a recording as it comes; the last one has ended.

    Raises:
        ValueError: the recording or the question cannot be taken by the model.
    """
    yield Answer("waiting", note="The model listens to the recording.")
    messages = messages_of(heard.sound, asked.text)
    options = generation_options(model.processor, asked.budgets, asked.longest)
    yield from (_streamed if asked.votes == 1 else _voted)(model, messages, options, asked)


def _streamed(model: Model, messages: list[dict], options: dict[str, Any], asked: Asked) -> Iterator[Answer]:
    streamed = StreamedAnswer(model.network, model.processor, encode(model.processor, messages), options)
    answer = Answer("waiting")
    for answer in moments(streamed):
        yield answer
    cut = streamed.tokens >= asked.longest
    note = f"It was cut off after {asked.longest} tokens, its limit; raise “Whole answer”." if cut else ""
    yield answer.ended(model.processor.parse_reasoning(streamed.text), note)


def _voted(model: Model, messages: list[dict], options: dict[str, Any], asked: Asked) -> Iterator[Answer]:
    options = {**options, "num_answers": asked.votes, "choices": list(asked.choices) or None}
    sampled = SampledAnswers(model.network, model.processor, messages, options, asked.seed)
    for tokens in sampled:
        yield Answer("waiting", note=f"{asked.votes} answers are sampled, {tokens} tokens each so far.")
    voted = sampled.voted
    spelt = (
        {}
        if asked.choices
        else as_written(voted.answers, code_of(model.processor, "choices_audio_reasoner").normalise)
    )
    votes = Votes(
        {spelt.get(response, response): count for response, count in voted.votes.items()},
        silent=len(voted.answers) - sum(voted.votes.values()),
        unfinished=voted.unfinished,
    )
    written = ((section, getattr(voted.reasoning, section)) for section in TITLES)
    parts = tuple(
        Part(section, text, closed=voted.reasoning.complete) for section, text in written if text is not None
    )
    yield Answer("writing", parts, votes=votes).ended(voted.reasoning)
