"""Stages `unique_audio` and `unique_text`: of rows that are nearly the same, the first one goes on.

Both see all rows, in one task. What they compare is kept on disk.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ..checks.near_text import check_threshold, near_duplicate_texts
from ..engine.first_seen import FirstSeen
from ..engine.stage import Left, Outcome, Row, Stage, TaskPlace
from ..measuring import MEASURING
from ..measuring.fingerprint import SAME
from .review import CHECKING, PASS


class UniqueAudio(Stage):
    """Leaves behind recordings whose samples, or whose acoustic fingerprint, were seen before.

    It comes before any teacher is paid, and before a recording could be in two splits under two names.

    Args:
        threshold: similarity of fingerprints from which two recordings count as one; None for `measuring`'s own.

    Raises:
        ValueError: the threshold is no similarity.
    """

    name = "unique_audio"
    once = True
    ordered = True

    def __init__(self, threshold: float | None = None) -> None:
        if threshold is not None and not 0 < threshold <= 1:
            raise ValueError(f"threshold is {threshold:g}: give a similarity above 0, up to 1.")
        self.threshold = SAME if threshold is None else threshold

    def version(self) -> dict[str, Any]:
        return {"threshold": self.threshold, "measuring": MEASURING}

    async def open(self, place: TaskPlace) -> None:
        from ..measuring.fingerprint_index import FingerprintIndex

        path = place.folder.file("index", 0, "sqlite")
        path.unlink(missing_ok=True)
        self._index = FingerprintIndex(path)
        self._seen = FirstSeen(place.folder.file("contents", 0, "sqlite"))

    async def process(self, row: Row) -> Outcome:
        from ..measuring.fingerprint import from_text

        if before := self._seen.before(row["content"], row["id"]):
            return Left(row, "rejected", "near_audio", f"The samples are those of {before}.")
        fingerprint = from_text(row["fingerprint"])
        if found := self._index.matches(fingerprint, self.threshold):
            name, score = found[0]
            return Left(row, "rejected", "near_audio", f"The recording sounds like {name} (similarity {score:.2f}).")
        self._index.add(row["id"], fingerprint)
        return row | {"passed": {"near_audio": PASS}}

    async def close(self) -> None:
        self._index.close()
        self._seen.close()


class UniqueText(Stage):
    """Leaves behind rows whose question, answer and reasoning nearly repeat those of a row before.

    Args:
        threshold: Jaccard similarity of word n-grams from which two texts count as one, from 0.8 to 1.
        workers: processes for the comparison.

    Raises:
        ValueError: the threshold is not between 0.8 and 1, or there are no workers.
    """

    name = "unique_text"
    once = True

    def __init__(self, threshold: float = 0.85, workers: int = 1) -> None:
        if workers < 1:
            raise ValueError(f"workers is {workers}: give a whole number from 1 on.")
        check_threshold(threshold)
        self.threshold, self.workers = threshold, workers

    def version(self) -> dict[str, Any]:
        return {"threshold": self.threshold, "version": CHECKING}

    def inputs(self, place: TaskPlace) -> Iterator[Row]:
        texts = ((row["id"], compared_text(row)) for row in super().inputs(place))
        folder = place.folder.path / "texts"
        self._first = dict(near_duplicate_texts(texts, folder, self.workers))
        return super().inputs(place)

    async def process(self, row: Row) -> Outcome:
        if first := self._first.get(row["id"]):
            return Left(row, "rejected", "near_text", f"The text nearly repeats that of {first}.")
        review = row["review"]
        return row | {"review": review | {"checks": review["checks"] | {"near_text": PASS}}}


def compared_text(row: Row) -> str:
    """What of a row is compared: two rows that only share a common question differ in it."""
    return " ".join(row[name] for name in ("question", "answer", "caption", "reasoning"))
