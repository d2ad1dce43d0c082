"""Whether a row is a test item of a benchmark: by the recording's name, by its sound, by the question.

Reads no benchmark (`benchmark_items` does) and removes no row.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, Protocol

from .benchmark_items import BenchmarkItem
from .question_index import QuestionIndex
from .source_keys import source_keys


class SoundIndex(Protocol):
    """Which fingerprints are alike, by the number of their item; `dataset_builder.measuring` has one on disk."""

    def matches(self, items: Any, threshold: float, /) -> Sequence[tuple[str, float]]: ...


@dataclass(frozen=True)
class Match:
    """The test item that a row is, and how it was found.

    Args:
        by: `"source_id"`, `"audio"` or `"question"`.
        detail: the name, the similarity or the words that agree.
    """

    benchmark: str
    id: str
    by: Literal["source_id", "audio", "question"]
    detail: str

    def __str__(self) -> str:
        return f"{self.benchmark} {self.id}, by {self.by.replace('_', ' ')}: {self.detail}"


# Keys under which corpora keep the address or the id of the original recording among their annotations.
_ADDRESSES = ("url", "href", "sound_link", "youtube_id", "ytid", "video_url", "source_url", "download_link")


@dataclass(frozen=True)
class Compared:
    """How many of a benchmark's test items rows are compared with, and by what."""

    benchmark: str
    items: int
    source_id: int
    audio: int
    question: int

    def __str__(self) -> str:
        return (
            f"Compared with {self.items:,} test items of {self.benchmark}: {self.source_id:,} by source id, "
            f"{self.audio:,} by audio, {self.question:,} by question."
        )


class ContaminationIndex:
    """Test items, to be found by name, sound and question.

    Args:
        items: the test items.
        sounds: the fingerprints of those whose audio is there, under their number; None where sound is not compared.
        threshold: similarity from which `sounds` takes two recordings for the same.

    Raises:
        ValueError: there are no items.
    """

    def __init__(
        self, items: Sequence[BenchmarkItem], sounds: SoundIndex | None = None, threshold: float = 0.8
    ) -> None:
        if not items:
            raise ValueError("There are no test items to keep out: name the folders of the benchmarks.")
        self.items = items
        self._sounds = sounds
        self._threshold = threshold
        self._by_key: dict[str, int] = {}
        for number, item in enumerate(items):
            for key in _item_keys(item):
                self._by_key.setdefault(key, number)
        self._questions = QuestionIndex((item.question, item.choices) for item in items)

    def compared(self, unheard: Collection[int] = ()) -> list[Compared]:
        """What rows are compared with, a benchmark each.

        A question that rows are never taken for, as "What is heard?" of a hundred items, does not count.

        Args:
            unheard: numbers of the items whose fingerprint is not in `sounds`.
        """
        counts: dict[str, Counter[str]] = {}
        for number, item in enumerate(self.items):
            found = counts.setdefault(item.benchmark, Counter())
            found["items"] += 1
            found["source_id"] += bool(_item_keys(item))
            found["audio"] += self._sounds is not None and number not in unheard
            found["question"] += self._questions.find(item.question, item.choices) is not None
        return [
            Compared(name, found["items"], found["source_id"], found["audio"], found["question"])
            for name, found in counts.items()
        ]

    def find(self, row: Mapping[str, Any], fingerprints: Sequence[Any] = ()) -> Match | None:
        """The test item that `row` is, or None.

        Args:
            row: with `question` and `choices`, and where known `source`, `source_id`, `group`, `split` (of the corpus)
                and `annotations`.
            fingerprints: of the row's recordings, as the index was filled with.
        """
        for name, keys in _row_keys(row):
            hits = sorted((self._by_key[key], key) for key in keys if key in self._by_key)
            if hits:
                return self._match(hits[0][0], "source_id", f"{name} is {hits[0][1]}")
        for fingerprint in fingerprints:
            matches = [] if self._sounds is None else self._sounds.matches(fingerprint, self._threshold)
            for number, similarity in matches:
                return self._match(int(number), "audio", f"similarity {similarity:.2f}")
        found = self._questions.find(str(row.get("question") or ""), list(row.get("choices") or ()))
        return self._match(found[0], "question", found[1]) if found else None

    def _match(self, number: int, by: Literal["source_id", "audio", "question"], detail: str) -> Match:
        return Match(self.items[number].benchmark, self.items[number].id, by, detail)


def _item_keys(item: BenchmarkItem) -> set[str]:
    return {key for name in item.source_ids for key in source_keys(name)}


def _row_keys(row: Mapping[str, Any]) -> Iterator[tuple[str, frozenset[str]]]:
    """Every name that a row gives its recordings, with the keys of the name."""
    split = row.get("split")
    sources: list[str | None] = [part for part in str(row.get("source") or "").split("+") if part]
    for part in str(row.get("source_id") or "").split("+"):
        for source in (sources or [None]) if part else ():
            yield part, source_keys(part, corpus=source, split=split)
    annotations: Mapping[str, Any] = row.get("annotations") or {}
    names = [row.get("group"), *(annotations.get(key) for key in _ADDRESSES)]
    for heard in annotations.get("recordings") or ():
        names += [heard.get("id"), heard.get("group")]
    for name in names:
        if isinstance(name, str):
            yield name, source_keys(name, split=split)
