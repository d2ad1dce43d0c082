"""Tasks about the words of speech: which one is said, which one is in the English translation."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from functools import cache
from typing import ClassVar

import numpy as np

from ..pool import Deck, Measured, NotEnoughRecordings, Pool, sample
from ..row_plan import Draft, Segment
from .speech import language
from .task import Task, uniform


_COMMON = """about after again another because before being could every have here just might never only other others
shall should since some something still than that their them then there these they thing things think this those
through under until very want well were what when where which while will with without word words would your yours"""
NOT_ASKED_FOR = frozenset(_COMMON.split())
"""Words that a free translation adds or leaves out at will, and those that the questions and answers are made of."""
TRIES = 400
"""Draws of four words, before a split counts as having none."""


def words_of(text: str) -> frozenset[str]:
    """The words of four letters and more, in small letters; an apostrophe or a hyphen parts two words."""
    return frozenset(re.findall(r"[^\W\d_]{4,}", unicodedata.normalize("NFC", text).casefold()))


@cache
def _plain(word: str) -> str:
    return "".join(letter for letter in unicodedata.normalize("NFKD", word) if not unicodedata.combining(letter))


@cache
def lacks(words: frozenset[str], word: str) -> bool:
    """Whether neither the word nor a longer or shorter form of it is among `words`; accents are no difference."""
    plain = _plain(word)
    return not any(_plain(other).startswith(plain) or plain.startswith(_plain(other)) for other in words)


class _Word(Task):
    """Four words of one vocabulary, one of which is in a text that belongs to what is heard, the other three not.

    A vocabulary is the words of a language that the most groups of training recordings hold. The four words are drawn
    before the answer, and only if each of them can be the answer, so that no word tells of another.

    Class attributes:
        fact: the name in `annotations` of the text.
        foreign: English is left out.
        vocabulary: words of a language at most.
        groups: of recordings that hold a word in training and in test, at least.
    """

    domains = ("speech",)
    bandwidth = 8_000
    longest = 4.2
    seconds = (4.8, 5.6)
    vocabulary: ClassVar[int] = 16
    groups: ClassVar[tuple[int, int]] = (6, 2)
    fact: ClassVar[str]
    foreign: ClassVar[bool]

    def drafts(self, pool: Pool, domain: str, rng: np.random.Generator) -> Iterator[Draft]:
        texts = {split: self._texts(pool.of(split)) for split in {"train", "test", pool.split}}
        usable: dict[str, list[str]] = {}
        for name in sorted(texts[pool.split]):
            words = self._vocabulary(texts["train"].get(name, []), texts["test"].get(name, []))
            if len(words) >= 4 and self._four(words, texts[pool.split][name], rng) is not None:
                usable[name] = words
        if not usable:
            raise NotEnoughRecordings(f"the split {pool.split!r} has no language with four frequent words")
        languages = Deck(usable, rng)
        while True:
            name = languages.draw()
            found = self._four(usable[name], texts[pool.split][name], rng)
            if found is None:
                continue
            answer = sample(list(found), 1, rng)[0]
            measured = sample(found[answer], 1, rng)[0]
            yield Draft(
                domain=domain,
                choices=tuple(found),
                answer=answer,
                label=answer,
                segments=(Segment(measured.recording.id, self.longest, "start"),),
                seconds=uniform(rng, *self.seconds),
                fields={"language": name},
                facts={self.fact: measured.recording.annotations[self.fact]},
            )

    def _texts(self, pool: Pool) -> dict[str, list[tuple[Measured, frozenset[str]]]]:
        """By language, the recordings of usable length with their words."""
        found: dict[str, list[tuple[Measured, frozenset[str]]]] = {}
        for measured in pool.measured:
            name = language(measured)
            words = words_of(str(measured.recording.annotations.get(self.fact, "")))
            usable = words and 0.8 <= measured.seconds <= self.longest
            if name is not None and usable and not (self.foreign and name == "English"):
                found.setdefault(name, []).append((measured, words))
        return found

    def _vocabulary(
        self, train: list[tuple[Measured, frozenset[str]]], test: list[tuple[Measured, frozenset[str]]]
    ) -> list[str]:
        held: list[dict[str, set[str]]] = []
        for texts in (train, test):
            groups: dict[str, set[str]] = {}
            for measured, words in texts:
                for word in words - NOT_ASKED_FOR:
                    groups.setdefault(word, set()).add(measured.recording.group)
            held.append(groups)
        in_train, in_test = held
        usable = [word for word, groups in in_train.items() if len(groups) >= self.groups[0]]
        usable = [word for word in usable if len(in_test.get(word, ())) >= self.groups[1]]
        return sorted(usable, key=lambda word: (-len(in_train[word]), word))[: self.vocabulary]

    def _four(
        self, vocabulary: list[str], texts: list[tuple[Measured, frozenset[str]]], rng: np.random.Generator
    ) -> dict[str, list[Measured]] | None:
        """Four words, each with the recordings that hold it and lack the other three; None if `TRIES` draws fail."""
        for _ in range(TRIES):
            four = sample(vocabulary, 4, rng)
            found = {
                word: [
                    measured
                    for measured, words in texts
                    if word in words and all(other == word or lacks(words, other) for other in four)
                ]
                for word in four
            }
            if all(found.values()):
                return found
        return None


class SpokenWord(_Word):
    name = "spoken_word"
    share = 4.3
    fact = "transcript"
    foreign = False
    questions = (
        "Which of these words is spoken?",
        "Which word does the speaker say?",
        "One of these words is heard. Which one?",
        "Which word is part of what is said?",
        "Listen to the speech. Which of the words do you hear?",
    )


class SpeechTranslation(_Word):
    name = "speech_translation"
    share = 4.3
    fact = "translation_en"
    foreign = True
    questions = (
        "The speech is in {language}. Which word is in its English translation?",
        "Which English word translates a part of the {language} speech?",
        "Which word does one need to say the {language} speech in English?",
        "Translate the {language} clip. Which of these English words is in the translation?",
        "Which of these words belongs to the English translation of the {language} speech?",
    )
