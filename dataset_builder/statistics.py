"""What a CoTA folder holds, in numbers: rows, hours, lengths, recordings, and chance beside the text-only baselines.

Rows are counted one by one and not kept, but for a sample of texts for the baselines; a million rows take what ten
thousand take, and a few bytes each.
"""

from __future__ import annotations

import hashlib
import heapq
from array import array
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from modeling_audio_reasoner import SECTIONS

from .baseline import text_baselines
from .checks.answer import answer_echoes_question, answer_is_longest
from .schema import SPLITS
from .score_table import grouped_mean


TEXT_COLUMNS = (
    "id",
    "duration",
    "domain",
    "task",
    "language",
    "source",
    "license",
    "question",
    "choices",
    "answer",
    "planning",
    "caption",
    "reasoning",
    "summary",
    "response",
    "annotations",
    "teacher",
    "review",
)
"""The columns that the statistics need: no audio."""
GIVEAWAYS = {"answer_is_longest": answer_is_longest, "answer_echoes_question": answer_echoes_question}
"""Shares of multiple-choice questions; of four choices a quarter would have the longest answer by chance."""
BASELINE_ROWS = {"train": 8_000, "test": 4_000}
"""At most so many rows train and test the text-only baselines, drawn by the hash of their ids."""
WIDE_HZ = 8_000
"""Up to which a clip of 16 kHz reaches, where no lower bandwidth is noted."""
LENGTH_EDGES = (2, 5, 10, 15, 20, 30, 60, 120, 300, 600)
"""Seconds between the bins of the clips' lengths."""


class Statistics:
    """Counts of rows that have `TEXT_COLUMNS` (Json columns decoded). Hours are of clips, not of recordings."""

    def __init__(self) -> None:
        self.rows: Counter[str] = Counter(dict.fromkeys(SPLITS, 0))
        self._composition: dict[str, dict[str, Counter[str]]] = defaultdict(lambda: defaultdict(Counter))
        self._seconds: Counter[str] = Counter()
        self._hours_by: dict[str, Counter[str]] = {name: Counter() for name in ("domain", "source", "language")}
        self._lengths: Counter[int] = Counter()
        self._words: Counter[str] = Counter()
        self._heard: dict[str, array[int]] = {split: array("Q") for split in SPLITS}
        self._groups: dict[str, array[int]] = {split: array("Q") for split in SPLITS}
        self._sources: dict[tuple[str, str], array[int]] = defaultdict(lambda: array("Q"))
        self._joined: dict[tuple[str, str], array[int]] = defaultdict(lambda: array("Q"))
        self._positions: dict[int, Counter[int]] = defaultdict(Counter)
        self._teachers: Counter[str] = Counter()
        self._needs_audio: Counter[str] = Counter()
        self._narrow: set[str] = set()
        self._giveaways: dict[str, Counter[bool]] = {name: Counter() for name in GIVEAWAYS}
        self._samples: dict[str, list[tuple[int, int, dict[str, Any]]]] = {split: [] for split in BASELINE_ROWS}

    def add(self, row: Mapping[str, Any], split: str) -> None:
        """Count a row of `split`."""
        self.rows[split] += 1
        self._composition[row["domain"]][row["task"]][split] += 1
        self._seconds[split] += row["duration"]
        for name, counts in self._hours_by.items():
            counts[str(row.get(name) or "none")] += row["duration"]
        self._lengths[sum(row["duration"] > edge for edge in LENGTH_EDGES)] += 1
        for name in SECTIONS:
            self._words[name] += len(row[name].split())
        # A row of several recordings joins their licences, and does not say which is whose.
        sources = self._joined if " AND " in row["license"] else self._sources
        for heard in row["annotations"]["recordings"]:
            self._heard[split].append(hashed(heard["id"]))
            self._groups[split].append(hashed(heard["group"]))
            sources[heard["id"].split("/")[0], row["license"]].append(hashed(heard["id"]))
        if row["answer"] in row["choices"]:
            self._positions[len(row["choices"])][list(row["choices"]).index(row["answer"])] += 1
        self._count_teachers(row["teacher"])
        if "needs_audio" in row["review"]:
            needs = row["review"]["needs_audio"]
            self._needs_audio["not judged" if needs is None else "yes" if needs else "no"] += 1
        if row["annotations"].get("bandwidth_hz", WIDE_HZ) < WIDE_HZ:
            self._narrow.add(row["task"])
        for name, giveaway in GIVEAWAYS.items():
            if (found := giveaway(row)) is not None:
                self._giveaways[name][found] += 1
        if row["choices"] and split in self._samples:
            self._sample(row, split)

    def _count_teachers(self, teacher: Mapping[str, Any]) -> None:
        for stage, found in {"reason": teacher, **teacher.get("stages", {})}.items():
            prompt = f"{found.get('prompt', 'templates')} {found.get('prompt_version', '')}".strip()
            self._teachers[f"{stage} | {found['model']} | {prompt}"] += 1

    def _sample(self, row: Mapping[str, Any], split: str) -> None:
        """Keep the rows whose ids hash lowest."""
        kept = {name: row[name] for name in ("question", "choices", "answer", "domain", "task")}
        entry = (-hashed(row["id"]), self.rows[split], kept)
        samples = self._samples[split]
        if len(samples) < BASELINE_ROWS[split]:
            heapq.heappush(samples, entry)
        else:
            heapq.heappushpop(samples, entry)

    def _licensed(self) -> dict[tuple[str, str], array[int]]:
        """The recordings heard by source and licence.

        One that is heard in joined rows alone has the licence of its source, where that has but one, and else the
        row's whole expression.
        """
        found = {key: array("Q", hashes) for key, hashes in self._sources.items()}
        alone: dict[str, set[int]] = defaultdict(set)
        names: dict[str, set[str]] = defaultdict(set)
        joined = {source for source, _ in self._joined}
        for (source, name), hashes in self._sources.items():
            names[source].add(name)
            if source in joined:
                alone[source] |= set(hashes)
        for (source, expression), hashes in self._joined.items():
            name = next(iter(names[source])) if len(names[source]) == 1 else expression
            further = found.setdefault((source, name), array("Q"))
            further.extend(code for code in hashes if code not in alone[source])
        return {key: hashes for key, hashes in found.items() if hashes}

    def _sampled(self, split: str) -> list[dict[str, Any]]:
        """The sample in the order in which it was counted."""
        return [row for _, row in sorted((number, row) for _, number, row in self._samples[split])]

    def baselines(self) -> dict[str, Any]:
        """How well the text alone answers multiple-choice questions of test, learnt from train."""
        return text_baselines(self._sampled("train"), self._sampled("test"))

    def overlaps(self) -> dict[str, set[int]]:
        """Hashes of recordings and of groups that are in more than one split."""
        return {"recording": _shared(self._heard), "group of recordings": _shared(self._groups)}

    def result(self) -> dict[str, Any]:
        """The counts as JSON can hold them."""
        composition = {
            domain: {
                task: {split: counts[split] for split in SPLITS if counts[split]} for task, counts in tasks.items()
            }
            for domain, tasks in self._composition.items()
        }
        rows = sum(self.rows.values())
        return {
            "rows": dict(self.rows),
            "composition": composition,
            "hours": {split: round(self._seconds[split] / 3600, 3) for split in SPLITS},
            "hours_by": {
                name: {key: round(found / 3600, 3) for key, found in sorted(counts.items())}
                for name, counts in self._hours_by.items()
            },
            "lengths": {
                "edges": list(LENGTH_EDGES),
                "rows": [self._lengths[at] for at in range(len(LENGTH_EDGES) + 1)],
            },
            "words": {name: round(self._words[name] / rows, 1) if rows else 0.0 for name in SECTIONS},
            "recordings": {split: len(_distinct(found)) for split, found in self._heard.items()},
            "sources": [
                {"source": source, "license": name, "recordings": len(_distinct(found))}
                for (source, name), found in sorted(self._licensed().items())
            ],
            "teachers": dict(sorted(self._teachers.items())),
            "needs_audio": dict(self._needs_audio),
            "giveaways": {
                name: round(found[True] / found.total(), 4) for name, found in self._giveaways.items() if found
            },
            "narrow_tasks": sorted(self._narrow),
            "chance": chance(self._sampled("test")),
            "test_questions": test_questions(self._sampled("test")),
            "answer_positions": {
                str(choices): {
                    "counts": [found[place] for place in range(choices)],
                    "p": round(chi_square_p([found[place] for place in range(choices)]), 4),
                }
                for choices, found in sorted(self._positions.items())
            },
        }


def hashed(name: str) -> int:
    """A name as 64 bits, so that a million names take 8 MB."""
    return int.from_bytes(hashlib.blake2b(name.encode(), digest_size=8).digest(), "big")


def _distinct(names: array[int]) -> np.ndarray:
    """The hashes without repetitions, (names,) of uint64; as a set of Python's they would take ten times as much."""
    return np.unique(np.frombuffer(names, dtype=np.uint64))


def _shared(by_split: Mapping[str, array[int]]) -> set[int]:
    names, counts = np.unique(np.concatenate([_distinct(found) for found in by_split.values()]), return_counts=True)
    return set(names[counts > 1].tolist())


def chance(rows: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """The accuracy of drawing a choice: overall, by domain, by task."""
    return grouped_mean(rows, lambda row: 1 / len(row["choices"]))


def test_questions(rows: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """How many questions chance and the baselines are scored on: overall, by domain, by task."""
    groups = {f"by_{key}": dict(sorted(Counter(row[key] for row in rows).items())) for key in ("domain", "task")}
    return {"overall": len(rows), **groups}


def chi_square_p(counts: Sequence[int]) -> float:
    """The p value of the chi-square test that all counts have one expectation; 1 where there is nothing to test."""
    total = sum(counts)
    if len(counts) < 2 or total == 0:
        return 1.0
    from scipy.stats import chisquare

    return float(chisquare(counts).pvalue)
