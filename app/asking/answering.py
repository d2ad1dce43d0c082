"""Answers of a loaded model as they come: the events of one while it is written, or several and their votes.

The model generates in a thread of its own; who stops reading stops it. Knows nothing of how answers are shown.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from threading import Event, Thread
from typing import Any

import torch
from transformers import StoppingCriteria


WAIT = 0.2  # seconds between two looks at whether sampled answers are there


def messages_of(sound: Mapping[str, Any], text: str) -> list[dict[str, Any]]:
    """One question, with `sound` as [`load_audio`] takes it, as a conversation."""
    return [{"role": "user", "content": [{"type": "audio", "audio": sound}, {"type": "text", "text": text}]}]


def encode(processor: Any, messages: list[dict[str, Any]]) -> Any:
    """The inputs of `generate` for a conversation.

    Raises:
        ValueError: a recording cannot be heard whole.
    """
    return processor.apply_chat_template(
        messages, tokenize=True, return_dict=True, add_generation_prompt=True, return_tensors="pt"
    )


def generation_options(processor: Any, budgets: Mapping[str, int], max_new_tokens: int | None) -> dict[str, Any]:
    """Arguments of `generate` for budgets of tokens by section, and for the longest answer; the model's own if None.

    Raises:
        ValueError: a budget is not a whole number of at least 1.
    """
    options: dict[str, Any] = {} if max_new_tokens is None else {"max_new_tokens": max_new_tokens}
    if budgets:
        options["logits_processor"] = [processor.reasoning_grammar(dict(budgets))]
    return options


class _Watched(StoppingCriteria):
    """Counts the tokens of an answer, and ends generation once nobody reads on."""

    def __init__(self) -> None:
        self.left = Event()
        self.tokens = 0

    def __call__(self, input_ids: torch.LongTensor, scores: torch.Tensor, **kwargs: Any) -> torch.Tensor:
        self.tokens += 1
        return torch.full((len(input_ids),), self.left.is_set(), dtype=torch.bool, device=input_ids.device)


class _InBackground:
    """Work in a thread of its own, whose error is raised where its result is asked for."""

    def __init__(self, work: Callable[[], Any], at_end: Callable[[], None]) -> None:
        self._work = work
        self._at_end = at_end
        self._result: Any = None
        self._error: Exception | None = None
        self._thread = Thread(target=self._run)
        self._thread.start()

    def _run(self) -> None:
        try:
            self._result = self._work()
        except Exception as error:  # carried over to the reading thread, which raises it
            self._error = error
        finally:
            self._at_end()

    def result(self) -> Any:
        self._thread.join()
        if self._error is not None:
            raise self._error
        return self._result


class StreamedAnswer:
    """One answer, decoded greedily; iterate over it for its events while it is written.

    Args:
        network: the model.
        processor: its processor.
        inputs: what `encode` gives, on any device.
        options: further arguments of `generate`.

    Attributes:
        text: the whole answer, once the iteration has ended by itself.
        tokens: how many it has.
    """

    def __init__(self, network: Any, processor: Any, inputs: Any, options: Mapping[str, Any]) -> None:
        self._network, self._processor, self._inputs, self._options = network, processor, inputs, options
        self.text = ""
        self.tokens = 0

    def __iter__(self) -> Iterator[Any]:
        """Events of a ReasoningStreamer. To leave early ends generation at its next token.

        Raises:
            whatever `generate` raises.
        """
        inputs = self._inputs.to(self._network.device)
        streamer, watched = self._processor.reasoning_streamer(), _Watched()

        def generate() -> Any:
            return self._network.generate(
                **inputs, streamer=streamer, stopping_criteria=[watched], do_sample=False, **self._options
            )

        work = _InBackground(generate, streamer.end)
        try:
            yield from streamer
        finally:
            watched.left.set()
        written = work.result()[0, inputs["input_ids"].shape[1] :]
        self.tokens = len(written)
        self.text = self._processor.tokenizer.decode(written, skip_special_tokens=True)


class SampledAnswers:
    """Several sampled answers that share one encoding of the recording; iterate over it while they are written.

    Args:
        network, processor: the model and its processor.
        messages: the question, as `messages_of` gives it.
        options: further arguments of the model's `vote`.
        seed: for the same answers again.

    Attributes:
        voted: the model's `VotedAnswer`, once the iteration has ended by itself.
    """

    def __init__(
        self, network: Any, processor: Any, messages: list[dict[str, Any]], options: Mapping[str, Any], seed: int
    ) -> None:
        self._network, self._processor, self._messages, self._options = network, processor, messages, options
        self._seed = seed
        self.voted: Any = None

    def __iter__(self) -> Iterator[int]:
        """Tokens that the longest answer has so far, again and again. To leave early ends sampling.

        Raises:
            whatever `vote` raises.
        """
        watched, done = _Watched(), Event()

        def sample() -> Any:
            torch.manual_seed(self._seed)
            return self._network.vote(self._processor, self._messages, stopping_criteria=[watched], **self._options)

        work = _InBackground(sample, done.set)
        try:
            while not done.wait(WAIT):
                yield watched.tokens
        finally:
            watched.left.set()
        self.voted = work.result()


def as_written(answers: Sequence[Any], normalise: Callable[[str], str]) -> dict[str, str]:
    """By normalised response how the first of the answers writes it."""
    responses = [answer.response or "" for answer in reversed(answers)]
    return {normalise(response): " ".join(response.split()) for response in responses}
