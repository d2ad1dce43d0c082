"""Keeps an answer inside its grammar while the model generates, and sections within budgets of tokens.

A logits processor of transformers: of each next token it asks whether the text could still become a well-formed one.
Knows what was generated, not the model.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, cast

import torch
from transformers import LogitsProcessor

from .reasoning_audio_reasoner import SECTIONS
from .token_masks_audio_reasoner import GrammarState, Length, masks_of


@dataclass
class _Read:
    """What was read of an answer up to one of its tokens, and by token what was read behind it.

    Args:
        state: where the answer stands.
        written: tokens that its open section holds.
    """

    state: GrammarState = GrammarState()
    written: int = 0
    then: dict[int, _Read] = field(default_factory=dict)


@dataclass
class _Generation:
    """The answers of one call of `generate`.

    Args:
        begun: the tokens of its first call (sequences, tokens).
        start: tokens in front of the answers.
        answers: everything that was read of them.
        resumed: whether it went on once another had begun.
    """

    begun: torch.Tensor
    start: int
    answers: _Read = field(default_factory=_Read)
    resumed: bool = False

    def before_last(self, input_ids: torch.Tensor) -> list[_Read] | None:
        """What was read of each sequence up to its last token; None where these are not the sequences of a next call.

        A next call's sequences are one token longer than some that were read, not than the last ones: beams change
        places, and assisted generation takes tokens back.
        """
        length = self.begun.shape[1]
        if input_ids.shape[0] != self.begun.shape[0] or input_ids.shape[1] <= length:
            return None
        if not torch.equal(input_ids[:, :length], self.begun.to(input_ids.device)):
            return None
        found = []
        for row in input_ids[:, self.start : -1].tolist():
            read = self.answers
            for token in row:
                if token not in read.then:
                    return None
                read = read.then[token]
            found.append(read)
        return found


class ReasoningGrammar(LogitsProcessor):
    """Lets `generate` write well-formed answers only: `generate(..., logits_processor=[ReasoningGrammar(tokenizer)])`.

    Sections come in order, none is empty, each is closed, and nothing follows the response but the end. A token is
    taken away only where no well-formed answer goes on with it, so greedy output does not change where the model is
    well-formed by itself (and writes at most eight white spaces between tags, and none after the end). An answer that
    `max_new_tokens` cuts off is still cut off: give room for the budgets.

    One object serves any number of `generate` calls, one after the other and of any prompts: a call whose sequences do
    not go on from those that were read begins anew, also where its prompt repeats an earlier one and its answer. It
    holds for batches, beams, `num_return_sequences`, and assisted generation where both models have one tokenizer.
    Two calls at once take an object each. Continuous batching takes no logits processor of one's own.

    Args:
        tokenizer: the model's.
        budgets: tokens that a section may hold, by name; once they are written the section is closed and the next one
            opened. Sections that are not named are not limited.
        at_least: tokens that a section must hold before it may be closed, by name.
        eos_token_id: tokens that end the answer; the tokenizer's, when left out.
        prompt_length: tokens of the prompt with its padding, behind which an answer begins, though part of it may be
            given; every prompt must have so many. Where it is left out, answers begin where generation does, whatever
            the prompt's length. With `inputs_embeds`, of which `generate` shows no tokens, that is all there is.

    Raises:
        ValueError: a budget is not a whole number of at least 1, is for something that is no section, or is below what
            the section must hold; or the tokenizer has no token that ends the answer, or none to spell tags with.
            While generating: a prompt is shorter than `prompt_length`, or no well-formed answer begins with what
            follows it; or two generations take turns.
    """

    def __init__(
        self,
        tokenizer: Any,
        budgets: Mapping[str, int] | None = None,
        eos_token_id: int | list[int] | None = None,
        prompt_length: int | None = None,
        at_least: Mapping[str, int] | None = None,
    ) -> None:
        self.budgets = _checked("budgets", budgets)
        self.at_least = _checked("at_least", at_least)
        for name, least in self.at_least.items():
            if least > self.budgets.get(name, least):
                raise ValueError(
                    f"The budget of '{name}' is {self.budgets[name]}, less than the {least} tokens that it must hold."
                )
        ends = tokenizer.eos_token_id if eos_token_id is None else eos_token_id
        if ends is None:
            raise ValueError("The tokenizer has no eos_token: give eos_token_id.")
        self._masks = masks_of(tokenizer, (ends,) if isinstance(ends, int) else tuple(ends))
        whole = isinstance(prompt_length, int) and not isinstance(prompt_length, bool)
        if prompt_length is not None and (not whole or prompt_length < 0):
            raise ValueError(f"prompt_length is {prompt_length!r}: give the number of tokens of the prompt.")
        self._given_length = prompt_length
        self._generation: _Generation | None = None
        self._former: _Generation | None = None

    def __call__(self, input_ids: torch.LongTensor, scores: torch.FloatTensor) -> torch.FloatTensor:
        """Scores (sequences, vocabulary), minus infinity where a token would leave the grammar.

        Where other processors have left no token of those that may follow, theirs give way.
        """
        reads = self._go_on(input_ids) or self._begin(input_ids)
        masks = [self._masks.mask(read.state, self._length(read.state.section, read.written)) for read in reads]
        allowed = torch.zeros_like(scores, dtype=torch.bool)
        stacked = torch.stack(masks).to(scores.device)
        allowed[:, : stacked.shape[1]] = stacked[:, : scores.shape[1]]
        held = scores.masked_fill(~allowed, float("-inf"))
        stuck = held.isneginf().all(dim=-1, keepdim=True)
        return cast(torch.FloatTensor, held.masked_fill(stuck & allowed, 0.0))

    def _go_on(self, input_ids: torch.Tensor) -> list[_Read] | None:
        """What is read of the answers of the generation that is under way; None where this is another one."""
        for generation in (self._generation, self._former):
            before = generation.before_last(input_ids) if generation else None
            if before is not None:
                if generation is not self._generation:
                    self._resume()
                return [self._next(read, token) for read, token in zip(before, input_ids[:, -1].tolist(), strict=True)]
        return None

    def _resume(self) -> None:
        """Go back to the generation before, which is resumed; once, since two that run at once come back for ever."""
        if self._generation and self._generation.resumed:
            raise ValueError(
                "Two generations take turns with one ReasoningGrammar, which reads one at a time: make one for each."
            )
        self._generation, self._former = self._former, self._generation
        if self._generation:
            self._generation.resumed = True

    def _begin(self, input_ids: torch.Tensor) -> list[_Read]:
        """What is read of what is given of the answers of a new generation."""
        length = input_ids.shape[1]
        start = length if self._given_length is None else self._given_length
        if start > length:
            raise ValueError(
                f"prompt_length is {start}, and generation begins behind {length} tokens: give the number of tokens "
                "of this prompt, or leave it out with inputs_embeds, of which generate shows no tokens."
            )
        begun = _Generation(input_ids.clone(), start)
        reads = []
        for row in input_ids[:, start:].tolist():
            self._check_beginning(row)
            read = begun.answers
            for token in row:
                read = self._next(read, token)
            reads.append(read)
        self._generation, self._former = begun, self._generation
        return reads

    def _check_beginning(self, answer: list[int]) -> None:
        text = "".join(self._masks.text(token) for token in answer)
        if GrammarState().after(text) is None:
            raise ValueError(
                f"No well-formed answer begins with {text!r}, which follows the prompt's {self._given_length} tokens: "
                "give the beginning of one, or the prompt's own length."
            )

    def _next(self, read: _Read, token: int) -> _Read:
        """What is read with one more token."""
        if token not in read.then:
            # Behind the end there is padding, which says nothing.
            state = read.state.after(self._masks.text(token)) or read.state
            read.then[token] = _Read(state, read.written + 1 if state.section == read.state.section else 0)
        return read.then[token]

    def _length(self, section: str | None, written: int) -> Length:
        if section is None:
            return "free"
        if written >= self.budgets.get(section, written + 1):
            return "spent"
        return "short" if written < self.at_least.get(section, 0) else "free"


def _checked(argument: str, given: Mapping[str, int] | None) -> dict[str, int]:
    if given is not None and not isinstance(given, Mapping):
        raise ValueError(f"{argument} is a {type(given).__name__}: give tokens by section, as in {{'planning': 20}}.")
    found = dict(given or {})
    for name, tokens in found.items():
        if name not in SECTIONS:
            raise ValueError(f"{argument} names '{name}', which is no section: give {', '.join(SECTIONS)}.")
        if not isinstance(tokens, int) or isinstance(tokens, bool) or tokens < 1:
            called = "The budget of" if argument == "budgets" else "at_least of"
            raise ValueError(f"{called} '{name}' is {tokens!r}: give a whole number of at least 1.")
    return found


__all__ = ["GrammarState", "ReasoningGrammar"]
