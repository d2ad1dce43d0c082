"""Fingerprints of sound by Chromaprint: the same recording has nearly the same bits after MP3, gain or a cut.

Knows nothing of rows or of where fingerprints are kept.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
from typing import Any

import numpy as np

from ..clip import resample


SLOWED = 4
"""How much slower a recording is played to Chromaprint, which gives nothing for less than 2.7 s."""
CHROMAPRINT_RATE = 11_025
RATE = CHROMAPRINT_RATE * SLOWED
SHORTEST = 0.8
"""Seconds; shorter recordings are compared by the SHA-256 of their samples alone."""
PEAK = 0.9
SAME = 0.8
"""Similarity from which on two recordings are the same."""
LEAST_OVERLAP = 0.5
"""Of the shorter of two fingerprints."""
COMPARED_AT_ALL_OFFSETS = 2**22
"""Pairs of items; with more of them the offsets to look at are found by items that both have."""
TRIED_OFFSETS = 16


def fingerprint(waveform: np.ndarray, rate: int) -> np.ndarray:
    """The items of a recording's fingerprint, (items,) of uint32.

    Raises:
        ImportError: pyacoustid or the library libchromaprint is not installed.
    """
    largest = float(np.abs(waveform).max(initial=0.0))
    if largest == 0 or len(waveform) < SHORTEST * rate:
        return _exact(waveform)
    heard = resample(waveform.astype(np.float32, copy=False), rate, RATE)
    samples = np.rint(np.clip(heard * (PEAK / largest), -1, 1) * 32767).astype("<i2")
    library = _chromaprint()
    printer = library.Fingerprinter()
    printer.start(CHROMAPRINT_RATE, 1)
    printer.feed(samples.tobytes())
    items, _ = library.decode_fingerprint(printer.finish())
    return np.array(items, dtype=np.int64).astype(np.uint32)


def _chromaprint() -> Any:
    try:
        import chromaprint
    except ImportError as error:
        if "libchromaprint" not in str(error):
            raise ImportError("pyacoustid is not installed: pip install 'audio-reasoner[build]'.") from None
        raise ImportError(
            "The library libchromaprint is not on this system: install it with FFmpeg (`sudo apt-get install ffmpeg`) "
            "or alone (`sudo apt-get install libchromaprint1`)."
        ) from None
    return chromaprint


def _exact(waveform: np.ndarray) -> np.ndarray:
    samples = np.rint(np.clip(waveform, -1, 1) * 32767).astype("<i2")
    return np.frombuffer(hashlib.sha256(samples.tobytes()).digest(), dtype=">u4").astype(np.uint32)


def to_text(items: np.ndarray) -> str:
    """The items in base64 (URL-safe), 5.4 characters each."""
    return base64.urlsafe_b64encode(items.astype("<u4").tobytes()).decode("ascii")


def from_text(text: str) -> np.ndarray:
    """The items that `to_text` wrote.

    Raises:
        ValueError: the text is not such a fingerprint.
    """
    try:
        data = base64.b64decode(text, altchars=b"-_", validate=True)
        return np.frombuffer(data, dtype="<u4").astype(np.uint32)
    except (binascii.Error, ValueError) as error:
        raise ValueError(f"{text[:40]!r} is not a fingerprint ({error}): measure the recording again.") from None


def similarity(one: np.ndarray, other: np.ndarray) -> float:
    """Share of equal bits, 0..1, where the two fingerprints lie best upon each other.

    At least half of the shorter one has to lie upon the other. Unrelated recordings have 0.5 to 0.7, the same one 0.8
    and more (`SAME`); 0 where one is empty.
    """
    if len(one) > len(other):
        one, other = other, one
    if not len(one):
        return 0.0
    least = max(1, round(LEAST_OVERLAP * len(one)))
    if len(one) * len(other) <= COMPARED_AT_ALL_OFFSETS:
        return _best_of_all(one, other, least)
    offsets = _shared_offsets(one, other)
    return max((_agreement(one, other, offset, least) for offset in offsets), default=0.0)


def _best_of_all(one: np.ndarray, other: np.ndarray, least: int) -> float:
    """Sums over the diagonals of the matrix of differing bits; a diagonal is an offset."""
    differing = _ones(one[::-1, None] ^ other[None, :])
    rows, columns = differing.shape
    shifted = np.zeros((rows, rows + columns), dtype=np.uint8)
    shifted[:, :columns] = differing
    shifted = shifted.reshape(-1)[: rows * (rows + columns - 1)].reshape(rows, rows + columns - 1)
    bits = shifted.sum(axis=0, dtype=np.int64)
    place = np.arange(1, rows + columns)
    overlap = np.minimum(np.minimum(place, place[::-1]), rows)
    agreement = 1 - bits / (32 * overlap)
    return float(agreement[overlap >= least].max())


def _agreement(one: np.ndarray, other: np.ndarray, offset: int, least: int) -> float:
    """Share of equal bits with the first item of `one` at `offset` of `other`; 0 where too few overlap."""
    first, last = max(0, -offset), min(len(one), len(other) - offset)
    if last - first < least:
        return 0.0
    differing = _ones(one[first:last] ^ other[first + offset : last + offset])
    return 1 - float(differing.sum(dtype=np.int64)) / (32 * (last - first))


def _shared_offsets(one: np.ndarray, other: np.ndarray) -> list[int]:
    """The offsets at which most items are equal, and their neighbours."""
    order = np.argsort(other, kind="stable")
    ranked = other[order]
    first, last = np.searchsorted(ranked, one, "left"), np.searchsorted(ranked, one, "right")
    rare = np.flatnonzero((last > first) & (last - first <= 50))
    votes = [order[first[item] : last[item]] - item for item in rare]
    if not votes:
        return []
    offsets, counts = np.unique(np.concatenate(votes), return_counts=True)
    best = offsets[np.argsort(-counts, kind="stable")[:TRIED_OFFSETS]]
    return sorted({int(offset) + step for offset in best for step in (-1, 0, 1)})


def _ones(items: np.ndarray) -> np.ndarray:
    """The number of bits that are set in each item, uint8."""
    if hasattr(np, "bitwise_count"):
        return np.bitwise_count(items)
    return np.unpackbits(items[..., None].view(np.uint8), axis=-1).sum(-1, dtype=np.uint8)  # numpy 1
