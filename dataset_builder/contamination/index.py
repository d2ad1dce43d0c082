"""Whether a row is a test item of a benchmark: by the recording's name, by its sound, by the question.

Reads no benchmark (`benchmark_items` does) and removes no row.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, Protocol, get_args

from ..audio_reference import AudioReference
from .benchmark_items import BenchmarkItem
from .question_index import QuestionIndex
from .source_keys import full_name, source_keys


Way = Literal["source_id", "audio", "question"]
WAYS: tuple[Way, ...] = get_args(Way)


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
    by: Way
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
            f"Looked for: {self.items:,} test items of {self.benchmark}, {self.source_id:,} of them by source id, "
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
        self._by_key: dict[str, list[int]] = {}
        self._by_audio: dict[AudioReference, list[int]] = {}
        for number, item in enumerate(items):
            for key in _item_keys(item):
                self._by_key.setdefault(key, []).append(number)
            if item.audio is not None:
                self._by_audio.setdefault(item.audio, []).append(number)
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
        return next((match for _, match in self.matches(row, fingerprints)), None)

    def matches(self, row: Mapping[str, Any], fingerprints: Sequence[Any] = ()) -> Iterator[tuple[int, Match]]:
        """The numbers of all test items that `row` is, each once for each way in which it was found.

        Takes what `find` takes.
        """
        seen: set[tuple[int, Way]] = set()
        for number, by, detail in self._found(row, fingerprints):
            if (number, by) not in seen:
                seen.add((number, by))
                yield number, Match(self.items[number].benchmark, self.items[number].id, by, detail)

    def with_recording_of(self, number: int) -> list[int]:
        """The numbers of the items whose recording is that of the item `number`, itself among them."""
        audio = self.items[number].audio
        return [number] if audio is None else self._by_audio[audio]

    def _found(self, row: Mapping[str, Any], fingerprints: Sequence[Any]) -> Iterator[tuple[int, Way, str]]:
        for name, keys in _row_keys(row):
            hits = sorted((number, shared) for shared in keys for number in self._by_key.get(shared, ()))
            for number, key in hits:
                yield number, "source_id", f"{name} is {key}"
        if self._sounds is not None:
            for fingerprint in fingerprints:
                for first, similarity in self._sounds.matches(fingerprint, self._threshold):
                    for number in self.with_recording_of(int(first)):
                        yield number, "audio", f"similarity {similarity:.2f}"
        for number, detail in self._questions.matches(str(row.get("question") or ""), list(row.get("choices") or ())):
            yield number, "question", detail


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


def recording_names(row: Mapping[str, Any]) -> tuple[str, ...]:
    """The names of the recordings of a row that is a test item itself, as `BenchmarkItem.source_ids` takes them.

    Args:
        row: with `source` and `source_id`, and `annotations` where there are some.
    """
    annotations: Mapping[str, Any] = row.get("annotations") or {}
    names = [heard.get("id") for heard in annotations.get("recordings") or ()]
    if not any(names):
        # Of a clip mixed of several corpora nothing says which recording is of which.
        sources, parts = (str(row.get(name) or "").split("+") for name in ("source", "source_id"))
        names = [full_name(source, part) for part in parts for source in sources if part]
    names += [annotations.get(key) for key in _ADDRESSES]
    return tuple(dict.fromkeys(name for name in names if isinstance(name, str) and name))
