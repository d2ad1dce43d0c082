"""Which tokens may follow where an answer stands: the states of its grammar, and masks over a vocabulary.

Knows the grammar and the tokens' texts, not the model, nor what was generated.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, replace
from typing import Any, Literal
from weakref import WeakKeyDictionary

import torch

from .reasoning_audio_reasoner import SECTIONS, TAGS


MOST_SPACES = 8
"""White space in a row between tags, or before a section's text: some models would write nothing else for ever."""
Length = Literal["short", "free", "spent"]
"""Of an open section: below what it must hold, neither, or at its budget."""
OPENING_TAGS = {f"<{name.upper()}>": name for name in SECTIONS}


@dataclass(frozen=True)
class GrammarState:
    """Where in an answer a text ends.

    Args:
        due: the place in `TAGS` of the next tag; all of them have been read where it is their number.
        pending: the end of the text, as far as it may be the beginning of a tag.
        filled: whether the section that is open holds anything but white space.
        spaces: white space after the last tag, while nothing else follows it.
    """

    due: int = 0
    pending: str = ""
    filled: bool = False
    spaces: int = 0

    @property
    def section(self) -> str | None:
        """The section that is open, None between sections."""
        return OPENING_TAGS.get(TAGS[self.due - 1]) if 0 < self.due < len(TAGS) else None

    @property
    def finished(self) -> bool:
        """Whether the answer is whole."""
        return self.due == len(TAGS)

    def after(self, text: str) -> GrammarState | None:
        """The state after more text; None where no well-formed answer begins like this."""
        state = self
        for character in text:
            following = state._after(character)
            if following is None:
                return None
            state = following
        return state

    def _after(self, character: str) -> GrammarState | None:
        if self.section is None:
            return self._between_sections(character)
        pending = self.pending + character
        if pending in TAGS:
            closes = pending == TAGS[self.due] and self.filled
            return GrammarState(self.due + 1) if closes else None
        if any(tag.startswith(pending) for tag in TAGS):
            return GrammarState(self.due, pending, self.filled)
        # What looked like a tag was text; the character itself may begin another tag.
        begins = character == "<"
        filled = self.filled or bool(self.pending) or not (begins or character.isspace())
        return GrammarState(self.due, "<" if begins else "", True) if filled else self._with_space()

    def _between_sections(self, character: str) -> GrammarState | None:
        if not self.pending and character.isspace():
            return self._with_space()
        if self.finished:
            return None
        pending = self.pending + character
        if pending == TAGS[self.due]:
            return GrammarState(self.due + 1)
        return GrammarState(self.due, pending) if TAGS[self.due].startswith(pending) else None

    def _with_space(self) -> GrammarState | None:
        return replace(self, spaces=self.spaces + 1) if self.spaces < MOST_SPACES else None

    def closing_text(self) -> str:
        """What is still to be written to close the open section and open the next one, or to end the answer."""
        tags = [TAGS[self.due]]
        while tags[-1] not in OPENING_TAGS and self.due + len(tags) < len(TAGS):
            tags.append(TAGS[self.due + len(tags)])
        # A beginning of another tag stays as text.
        begun = self.pending if tags[0].startswith(self.pending) else ""
        return "".join(tags).removeprefix(begun)


class TokenMasks:
    """Which tokens may follow in which state, for one tokenizer: made when asked for, and kept.

    Args:
        tokenizer: a tokenizer.
        ends: the tokens that end an answer.
    """

    def __init__(self, tokenizer: Any, ends: tuple[int, ...]) -> None:
        self.texts = token_texts(tokenizer, set(special_tokens(tokenizer).values()) | set(ends))
        self._ends = list(ends)
        self._beginning: dict[str, list[int]] = defaultdict(list)
        for token, text in enumerate(self.texts):
            if text:
                self._beginning[text[0]].append(token)
        self._spaces = {first for first in self._beginning if first.isspace()}
        self._is_text = torch.tensor([bool(text) for text in self.texts])
        self._with_bracket = [token for token, text in enumerate(self.texts) if "<" in text]
        # White space alone, and more than one before a word: only these can be too many.
        self._blank = [token for token, text in enumerate(self.texts) if text[:1].isspace() and not text[1:2].strip()]
        self._kept: dict[tuple[GrammarState, Length], torch.Tensor] = {}

    def text(self, token: int) -> str:
        """What a token adds to a text; nothing beyond the tokenizer's vocabulary, which a model's may exceed."""
        return self.texts[token] if token < len(self.texts) else ""

    def mask(self, state: GrammarState, length: Length) -> torch.Tensor:
        """(vocabulary,) true on the tokens that may follow.

        Raises:
            ValueError: no token spells what is due.
        """
        if (state, length) not in self._kept:
            self._kept[state, length] = self._new_mask(state, length)
        return self._kept[state, length]

    def _new_mask(self, state: GrammarState, length: Length) -> torch.Tensor:
        """Asks only of tokens that touch a tag, or white space where it counts: the others are text."""
        allowed = torch.zeros(len(self.texts), dtype=torch.bool)
        if state.finished:
            allowed[self._ends] = True
        elif length == "spent" and state.filled:
            due = state.closing_text()
            allowed[[token for token in self._beginning[due[0]] if due.startswith(self.texts[token])]] = True
        elif state.section is None:
            begins = TAGS[state.due][len(state.pending)]
            firsts = {begins} if state.pending else {begins, *self._spaces}
            asked = [token for first in firsts for token in self._beginning[first]]
            allowed[self._able(state, asked)] = True
        else:
            firsts = {tag[len(state.pending)] for tag in TAGS if state.pending and tag.startswith(state.pending)}
            asked = [*self._with_bracket, *(token for first in firsts for token in self._beginning[first])]
            if not state.filled:
                full = state.spaces >= MOST_SPACES
                asked += [t for first in self._spaces for t in self._beginning[first]] if full else self._blank
            allowed |= self._is_text
            allowed[asked] = False
            allowed[self._able(state, asked, closing=length != "short")] = True
        if not allowed.any():
            raise ValueError(
                f"The tokenizer has no token for what is due after {state.pending or TAGS[state.due - 1]!r}."
            )
        return allowed

    def _able(self, state: GrammarState, tokens: list[int], closing: bool = True) -> list[int]:
        """Those of the tokens with which a well-formed answer can go on, without those that close the section or
        begin its closing tag where `closing` is false."""
        able = []
        for token in tokens:
            following = state.after(self.texts[token])
            if following is not None and (closing or not _leaves(state, following)):
                able.append(token)
        return able


def special_tokens(tokenizer: Any) -> dict[str, int]:
    """The tokens that a decoded answer leaves out, with their numbers.

    `all_special_tokens` lacks those that tokenizer.json marks as special and tokenizer_config.json does not name.
    """
    named = dict(zip(tokenizer.all_special_tokens, tokenizer.all_special_ids, strict=True))
    added = {token.content: number for number, token in tokenizer.added_tokens_decoder.items() if token.special}
    return named | added


def token_texts(tokenizer: Any, silent: set[int]) -> list[str]:
    """What each token adds to a text, "" for the silent ones.

    Each is decoded behind a letter: at the beginning of a text some tokenizers leave out a token's space.
    """
    anchor = tokenizer("a", add_special_tokens=False)["input_ids"][-1]
    options = {"clean_up_tokenization_spaces": False}
    before = tokenizer.decode([anchor], **options)
    texts = tokenizer.batch_decode([[anchor, token] for token in range(len(tokenizer))], **options)
    return ["" if token in silent else text.removeprefix(before) for token, text in enumerate(texts)]


def _leaves(state: GrammarState, following: GrammarState) -> bool:
    """Whether the section of `state` is closed in `following`, or its closing tag begun beyond the bracket."""
    begun = following.pending
    return following.section != state.section or len(begun) > 1 and TAGS[state.due].startswith(begun)


_MASKS: WeakKeyDictionary[Any, dict[tuple[int, ...], TokenMasks]] = WeakKeyDictionary()


def masks_of(tokenizer: Any, ends: tuple[int, ...]) -> TokenMasks:
    """Made once for a tokenizer: with a vocabulary of 150,000 tokens it takes a second."""
    kept = _MASKS.setdefault(tokenizer, {})
    if ends not in kept:
        kept[ends] = TokenMasks(tokenizer, ends)
    return kept[ends]


__all__ = ["GrammarState", "TokenMasks", "masks_of", "special_tokens"]
