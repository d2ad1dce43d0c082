"""Whether a row is a test item of a benchmark: by the recording's name, by its sound, by the question.

Reads no benchmark (`benchmark_items` does) and removes no row.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, Protocol

from ..audio_reference import AudioReference
from .benchmark_items import BenchmarkItem
from .question_index import QuestionIndex
from .source_keys import source_keys


class SoundIndex(Protocol):
    """Fingerprints by id, and which of them are alike; `dataset_builder.measuring` has one on disk."""

    def add(self, id: str, items: Any, /) -> None: ...

    def matches(self, items: Any, threshold: float, /) -> Sequence[tuple[str, float]]: ...


Fingerprint = Callable[[AudioReference], Any]


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


class ContaminationIndex:
    """Test items, to be found by name, sound and question. Make it with `build`.

    Args:
        items: the test items.
        sounds: the fingerprints of those whose audio is there, under their number; None where sound is not compared.
        threshold: similarity from which two recordings are the same.
        unheard: ids of items whose sound is not in `sounds`, with the reason.
    """

    def __init__(
        self, items: Sequence[BenchmarkItem], sounds: SoundIndex | None, threshold: float, unheard: Mapping[str, str]
    ) -> None:
        self.items = items
        self.unheard = unheard
        self._sounds = sounds
        self._threshold = threshold
        self._by_key: dict[str, int] = {}
        for number, item in enumerate(items):
            for name in item.source_ids:
                for key in source_keys(name):
                    self._by_key.setdefault(key, number)
        self._questions = QuestionIndex((item.question, item.choices) for item in items)

    @classmethod
    def build(
        cls,
        items: Iterable[BenchmarkItem],
        fingerprint: Fingerprint | None = None,
        sounds: SoundIndex | None = None,
        threshold: float = 0.8,
    ) -> ContaminationIndex:
        """The index of `items`.

        Args:
            fingerprint: gives what `sounds` compares, for a recording; without it, sound is not compared.
            sounds: an empty index of fingerprints, or the one that an earlier call filled from the same items.
            threshold: similarity from which `sounds` takes two recordings for the same.

        Raises:
            ValueError: only one of `fingerprint` and `sounds` is given, or there are no items.
        """
        items = list(items)
        if not items:
            raise ValueError("There are no test items to keep out: name the folders of the benchmarks.")
        if (fingerprint is None) != (sounds is None):
            raise ValueError("To compare sound, pass both `fingerprint` and `sounds`; else neither.")
        unheard: dict[str, str] = {}
        for number, item in enumerate(items):
            if fingerprint is None or sounds is None:
                break
            try:
                if item.audio is None:
                    raise FileNotFoundError("its audio is not beside the benchmark's file")
                sounds.add(str(number), fingerprint(item.audio))
            except (OSError, ValueError) as error:  # one broken clip of a benchmark must not stop a build
                unheard[f"{item.benchmark}/{item.id}"] = str(error)
        return cls(items, sounds, threshold, unheard)

    def find(self, row: Mapping[str, Any], fingerprint: Any = None) -> Match | None:
        """The test item that `row` is, or None.

        Args:
            row: with `question` and `choices`, and where known `source`, `source_id`, `group`, `split` (of the corpus)
                and `annotations`.
            fingerprint: of the row's recording, as the index was filled with; None leaves sound out.
        """
        for name, keys in _row_keys(row):
            hits = sorted((self._by_key[key], key) for key in keys if key in self._by_key)
            if hits:
                return self._match(hits[0][0], "source_id", f"{name} is {hits[0][1]}")
        if fingerprint is not None and self._sounds is not None:
            for number, similarity in self._sounds.matches(fingerprint, self._threshold):
                return self._match(int(number), "audio", f"similarity {similarity:.2f}")
        found = self._questions.find(str(row.get("question") or ""), list(row.get("choices") or ()))
        return self._match(found[0], "question", found[1]) if found else None

    def _match(self, number: int, by: Literal["source_id", "audio", "question"], detail: str) -> Match:
        return Match(self.items[number].benchmark, self.items[number].id, by, detail)


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
