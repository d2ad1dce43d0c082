"""Which test item asks the question of a row: by its text with the choices, by long n-grams, by likeness of the words.

An open question of fewer than `NGRAM` words is the same only word for word, and only where `MIN_TELLING` of its words
tell it from others: "What is heard in the recording?" is asked of any recording. A question that many items ask ("What
is the emotion of the speaker?") is no item, and is matched only with choices that few items have. Knows texts alone,
nothing of recordings.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from math import ceil

from ..checks.row_text import words


NGRAM = 13
"""Words on end that two texts share by chance hardly ever; as in the decontamination of language models."""
JACCARD = 0.8
"""Of the sets of words of question and choices, from which two texts are the same question reworded."""
MIN_NEAR_WORDS = 8
"""Shorter texts are only matched whole."""
TEMPLATE = 5
"""A text that more items than this have is a template of the benchmark and marks no item."""
MIN_TELLING = 4
"""Different words of a short open question that are not `_UNTELLING`, from which it is one item's and no other's."""

_UNTELLING = frozenset(
    words(
        "a an the of in on at to and or is are was were be been it its this that these those there with by for from "
        "as which who whom whose what when where why how many much often long does do did has have had can could will "
        "would he she they his her their i you we some any than then first last next before after during while not no "
        "yes kind type sort one two three more most heard hear hears hearing sound sounds sounding noise recording "
        "recordings clip audio track segment file background person people man woman men women speaker speakers voice "
        "voices say says said saying speak speaks speaking spoken talk talking happen happens happening time times "
        "music song play plays played playing describe doing"
    )
)
"""Function words, and those that questions about any recording are made of."""

Text = tuple[str, tuple[str, ...]]


class QuestionIndex:
    """The questions of test items, in memory: about 1 KB an item.

    Args:
        questions: question and choices, in the order of the numbers by which `find` names them.
    """

    def __init__(self, questions: Iterable[Text]) -> None:
        asked = [(words(question), _choice_words(choices)) for question, choices in questions]
        self._templates = _template_questions(asked)
        self._whole: dict[tuple[tuple[str, ...], frozenset[tuple[str, ...]]], list[int]] = defaultdict(list)
        self._grams: dict[tuple[str, ...], list[int]] = defaultdict(list)
        for number, (question, choices) in enumerate(asked):
            if not question:
                continue
            self._whole[tuple(question), choices].append(number)
            for gram in dict.fromkeys(_ngrams(question)):
                self._grams[gram].append(number)
        self._near = _NearSets(
            [_bag(question, choices) for question, choices in asked],
            [tuple(question) not in self._templates for question, _ in asked],
        )

    def find(self, question: str, choices: Sequence[str]) -> tuple[int, str] | None:
        """The number of the first item that asks this, and in what way it is the same; else None."""
        return next(self.matches(question, choices), None)

    def matches(self, question: str, choices: Sequence[str]) -> Iterator[tuple[int, str]]:
        """The numbers of all items that ask this, and in what way each is the same; one may come in several ways."""
        asked, offered = words(question), _choice_words(choices)
        if not asked:
            return
        whole = self._whole.get((tuple(asked), offered), [])
        if len(whole) <= TEMPLATE and (offered or len(asked) >= NGRAM or _tells(asked)):
            for number in whole:
                yield number, "the same question and choices" if offered else "the same question"
        for gram in _ngrams(asked):
            if len(self._grams.get(gram, [])) <= TEMPLATE:
                for number in self._grams.get(gram, []):
                    yield number, f"{NGRAM} words on end: {' '.join(gram)!r}"
        if offered and tuple(asked) not in self._templates:
            for number, likeness in self._near.matches(_bag(asked, offered)):
                yield number, f"like words of question and choices ({likeness:.2f})"


class _NearSets:
    """Sets of words by likeness. Two sets with a Jaccard index of t share one of their rarest (1 - t) of words."""

    def __init__(self, bags: Sequence[frozenset[str]], kept: Sequence[bool]) -> None:
        self._bags = bags
        self._frequency = Counter(word for bag in bags for word in bag)
        same = Counter(bags)
        self._by_word: dict[str, list[int]] = defaultdict(list)
        for number, (bag, keep) in enumerate(zip(bags, kept, strict=True)):
            if keep and len(bag) >= MIN_NEAR_WORDS and same[bag] <= TEMPLATE:
                for word in self._rarest(bag):
                    self._by_word[word].append(number)

    def matches(self, bag: frozenset[str]) -> list[tuple[int, float]]:
        """The numbers of the sets whose Jaccard index is at least `JACCARD`, and the index: the likest first."""
        if len(bag) < MIN_NEAR_WORDS:
            return []
        candidates = {number for word in self._rarest(bag) for number in self._by_word.get(word, ())}
        likeness = ((number, _jaccard(bag, self._bags[number])) for number in candidates)
        return sorted((found for found in likeness if found[1] >= JACCARD), key=lambda found: (-found[1], found[0]))

    def _rarest(self, bag: frozenset[str]) -> list[str]:
        ranked = sorted(bag, key=lambda word: (self._frequency[word], word))
        return ranked[: len(ranked) - ceil(JACCARD * len(ranked)) + 1]


def _tells(question: Sequence[str]) -> bool:
    return len(set(question) - _UNTELLING) >= MIN_TELLING


def _choice_words(choices: Sequence[str]) -> frozenset[tuple[str, ...]]:
    return frozenset(tuple(words(choice)) for choice in choices)


def _bag(question: Sequence[str], choices: frozenset[tuple[str, ...]]) -> frozenset[str]:
    """The words of the question, and those of the choices marked as such: there they weigh for themselves."""
    return frozenset(question) | {f"={word}" for choice in choices for word in choice}


def _ngrams(tokens: Sequence[str]) -> list[tuple[str, ...]]:
    return [tuple(tokens[at : at + NGRAM]) for at in range(len(tokens) - NGRAM + 1)]


def _jaccard(one: frozenset[str], other: frozenset[str]) -> float:
    return len(one & other) / len(one | other)


def _template_questions(asked: Sequence[tuple[Sequence[str], object]]) -> frozenset[tuple[str, ...]]:
    counts = Counter(tuple(question) for question, _ in asked)
    return frozenset(question for question, count in counts.items() if count > TEMPLATE)
