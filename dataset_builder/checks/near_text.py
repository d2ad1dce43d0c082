"""Texts of a whole build that are nearly the same as an earlier one, found by MinHash and confirmed.

datatrove's MinHash gives the signatures; the buckets are kept in SQLite here. datatrove's own three steps (signatures,
buckets, clusters) were measured and not taken: they remove whatever shares a bucket, unconfirmed, and they chain (if b
is near a and c near b, c goes with a). Of the 7,000 rows of the demo, whose texts are of few templates, they would
remove 5,844, one cluster of 963 among them; 2,813 rows are near an earlier one. They take no less time (7.2 s against
5.3 s for 10,000 texts of 100 words on one core), name no first of a cluster, and their tokenizers need spaCy.

A text stands here for the set of its word 3-grams, and two are near where the Jaccard index of their sets is at least
0.85: of two texts of 100 words, two words changed apart, or five on end. Signatures only propose: with 14 buckets of
8 hashes a pair is proposed with the probability 1 - (1 - s^8)^14,

| Jaccard index s | 0.5 | 0.6 | 0.7 | 0.8 | 0.85 | 0.9 | 0.95 |
|---|---|---|---|---|---|---|---|
| proposed | 0.05 | 0.21 | 0.56 | 0.92 | 0.988 | 0.9996 | 1.0 |

and what is proposed is compared by its 3-grams, so that no pair below 0.85 is ever called near. On one core 10,000
texts take 5 s and 78 MB, 100,000 take 50 s and 85 MB.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import closing
from functools import lru_cache
from itertools import islice
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np

from .row_text import words


NGRAM = 3
THRESHOLD = 0.85
BUCKETS = 14
HASHES = 8
SEED = 1
CHUNK = 500
"""Texts that are hashed at once, and between two commits."""
FILE = "near_text.sqlite"
_TABLES = """
CREATE TABLE kept (number INTEGER PRIMARY KEY, id TEXT NOT NULL, grams BLOB NOT NULL);
CREATE TABLE buckets (bucket INTEGER, hash INTEGER, number INTEGER, PRIMARY KEY (bucket, hash, number)) WITHOUT ROWID;
"""


def near_duplicate_texts(
    texts: Iterable[tuple[str, str]], folder: Path, workers: int = 1, threshold: float = THRESHOLD
) -> Iterator[tuple[str, str]]:
    """The id of each text that is near an earlier one, with the id of the first such that is itself near none.

    Deterministic: depends on the texts and their order, not on `workers`. Texts are streamed; what is kept of them is
    on disk in `folder`, about 1.1 KB for a text of 100 words, and is begun anew by each call.

    Args:
        texts: id and text, in the order in which the first of like texts is kept.
        folder: for the index; made if it is not there.
        workers: processes that hash. Confirming is done in this one.
        threshold: Jaccard index of the word 3-grams from which two texts are near. Below 0.8 MinHash as set here would
            overlook many.

    Raises:
        ValueError: the threshold is not between 0.8 and 1.
    """
    check_threshold(threshold)
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / FILE
    path.unlink(missing_ok=True)
    with closing(sqlite3.connect(path)) as database:
        # The index is scratch: a crash loses nothing that a new call does not make again.
        database.executescript("PRAGMA journal_mode=OFF; PRAGMA synchronous=OFF; PRAGMA cache_size=-16384;" + _TABLES)
        number = 0
        for ids, hashed in _hashed(texts, workers):
            for id, (grams, keys) in zip(ids, hashed, strict=True):
                first = _first_near(database, grams, keys, threshold)
                if first is not None:
                    yield id, first
                    continue
                database.execute("INSERT INTO kept VALUES (?, ?, ?)", (number, id, grams.tobytes()))
                database.executemany(
                    "INSERT OR IGNORE INTO buckets VALUES (?, ?, ?)",
                    ((bucket, key, number) for bucket, key in enumerate(keys)),
                )
                number += 1
            database.commit()


def check_threshold(threshold: float) -> None:
    """Refuse a threshold from which the buckets would overlook many pairs.

    Raises:
        ValueError: it is not between 0.8 and 1.
    """
    if not 0.8 <= threshold <= 1:
        raise ValueError(f"threshold is {threshold:g}: give 0.8 to 1, between which near texts are found.")


def _first_near(database: sqlite3.Connection, grams: np.ndarray, keys: list[int], threshold: float) -> str | None:
    """The id of the earliest kept text that is near, by exact comparison of those that share a bucket."""
    candidates: set[int] = set()
    for bucket, key in enumerate(keys):
        found = database.execute("SELECT number FROM buckets WHERE bucket = ? AND hash = ?", (bucket, key))
        candidates.update(number for (number,) in found)
    for number in sorted(candidates):
        id, blob = database.execute("SELECT id, grams FROM kept WHERE number = ?", (number,)).fetchone()
        if jaccard(grams, np.frombuffer(blob, dtype=np.uint64)) >= threshold:
            return id
    return None


def jaccard(one: np.ndarray, other: np.ndarray) -> float:
    """The Jaccard index of two sets, as sorted arrays (n,) without repetitions; of two empty ones 1."""
    shared = len(np.intersect1d(one, other, assume_unique=True))
    return shared / (len(one) + len(other) - shared) if len(one) or len(other) else 1.0


def shingles(text: str) -> np.ndarray:
    """The hashes of the word 3-grams of a text, uint64 (n,), sorted, each once; a shorter text is one 3-gram."""
    tokens = words(text)
    grams = {" ".join(tokens[at : at + NGRAM]) for at in range(max(1, len(tokens) - NGRAM + 1))}
    return np.unique(np.fromiter((_digest()(gram.encode()) for gram in grams), dtype=np.uint64, count=len(grams)))


def _hashed(
    texts: Iterable[tuple[str, str]], workers: int
) -> Iterator[tuple[list[str], list[tuple[np.ndarray, list[int]]]]]:
    """Ids of a chunk of texts with their 3-grams and the key of each bucket, in order."""
    stream = iter(texts)
    chunks = iter(lambda: list(islice(stream, CHUNK)), [])
    if workers <= 1:
        for chunk in chunks:
            yield [id for id, _ in chunk], [_hash_text(text) for _, text in chunk]
        return
    # Spawned, because a fork copies the locks of whatever threads the caller has.
    with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as pool:
        while block := list(islice(chunks, 2 * workers)):  # so many chunks are in memory at once
            done = pool.map(_hash_texts, ([text for _, text in chunk] for chunk in block))
            for chunk, hashed in zip(block, done, strict=True):
                yield [id for id, _ in chunk], hashed


def _hash_texts(texts: list[str]) -> list[tuple[np.ndarray, list[int]]]:
    return [_hash_text(text) for text in texts]


def _hash_text(text: str) -> tuple[np.ndarray, list[int]]:
    grams = shingles(text)
    signature = _minhash().get_signature(grams.reshape(-1, 1))
    # The hashes of a bucket as one signed 64-bit number, which is what SQLite keys can be.
    return grams, [_key(bucket) for bucket in signature]


def _key(hashes: list[int]) -> int:
    return int(np.array(_digest()(np.array(hashes, dtype=np.uint64).tobytes()), dtype=np.uint64).astype(np.int64))


@lru_cache(maxsize=1)
def _digest() -> Callable[[bytes], int]:
    """datatrove's 64-bit hash of bytes: its hash of str fails with xxhash 4."""
    from datatrove.utils.hashing import HashConfig, create_hash_func

    return create_hash_func(HashConfig(precision=64, hash_fc="xxhash"), bytes)


@lru_cache(maxsize=1)
def _minhash() -> Any:
    """datatrove's MinHash with this module's numbers. It is asked for signatures alone and writes nothing."""
    from datatrove.pipeline.dedup.minhash import MinhashConfig, MinhashDedupSignature
    from datatrove.utils.word_tokenizers import WhitespaceTokenizer

    config = MinhashConfig(n_grams=NGRAM, num_buckets=BUCKETS, hashes_per_bucket=HASHES, seed=SEED)
    return MinhashDedupSignature("memory://near_text", config, language=WhitespaceTokenizer())
