"""Fingerprints of sound by Chromaprint: the same recording has nearly the same bits after MP3, gain or a cut.

Knows nothing of rows or of where fingerprints are kept.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
from collections.abc import Iterable
from typing import Any

import numpy as np


SLOWED = 4
"""How much slower a recording is played to Chromaprint, which gives nothing for less than 2.7 s."""
CHROMAPRINT_RATE = 11_025
RATE = CHROMAPRINT_RATE * SLOWED
SHORTEST = 0.8
"""Seconds; shorter recordings give fewer than four items, and are compared by the SHA-256 of their samples alone."""
TURNS, TURNS_AN_ITEM = 40, 0.5
"""Bits that turn over from item to item, in all or on average, from which on a fingerprint tells sounds apart. Pitch
is all it hears: a note that dies away turns 0.2 an item over, whoever plays it, speech 4."""
PEAK = 0.9
PART_SECONDS = 60
"""Long recordings are handed over in parts, so that memory does not grow with them."""
SAME = 0.6
"""Similarity from which on two recordings are taken to be the same.

Copies reach it whether through MP3, Ogg, clipped, or cut to half; of different recordings hardly any but takes of one
sound, such as a drum hit hard and softly. benchmarks/bench_fingerprint.py prints how many, by kind of recording.
"""
LEAST_OVERLAP = 0.5
"""Of the shorter of two fingerprints."""
LEAST_MOVING = 4
"""Items of the overlap that are not those before; fewer are equal by chance."""
COMPARED_AT_ALL_OFFSETS = 2**22
"""Pairs of items; with more of them the offsets to look at are found by items that both have."""
TRIED_OFFSETS = 16
BEST_OFFSETS = 3
"""Of all offsets those with most equal bits, whose similarity is worked out."""


def fingerprint(waveform: np.ndarray, rate: int) -> np.ndarray:
    """The items of a recording's fingerprint, (items,) of uint32, one every 31 ms.

    Recordings of less than 0.8 s, and such as hardly change (silence, a steady tone, one note), give the eight words
    of the SHA-256 of their samples in 16 bits: they are found again only where these are the same.

    Args:
        waveform: float32 mono (samples,).
        rate: Hz.

    Raises:
        ImportError: pyacoustid or the library libchromaprint is not installed.
    """
    largest = float(np.abs(waveform).max(initial=0.0))
    if largest == 0 or len(waveform) < SHORTEST * rate:
        return _exact(waveform)
    import soxr

    library = _chromaprint()
    printer = library.Fingerprinter()
    printer.start(CHROMAPRINT_RATE, 1)
    resampler = soxr.ResampleStream(rate, RATE, 1, dtype="float32", quality="HQ")
    part = PART_SECONDS * rate
    for start in range(0, len(waveform), part):
        samples = waveform[start : start + part].astype(np.float32, copy=False)
        heard = resampler.resample_chunk(samples, last=start + part >= len(waveform))
        printer.feed(_in_16_bits(heard * (PEAK / largest)))
    items, _ = library.decode_fingerprint(printer.finish())
    found = np.array(items, dtype=np.int64).astype(np.uint32)
    return found if _changes(found) else _exact(waveform)


def _changes(items: np.ndarray) -> bool:
    turned = int(_ones(items[1:] ^ items[:-1]).sum())
    return turned >= TURNS or turned >= TURNS_AN_ITEM * max(1, len(items))


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
    return np.frombuffer(hashlib.sha256(_in_16_bits(waveform)).digest(), dtype=">u4").astype(np.uint32)


def _in_16_bits(samples: np.ndarray) -> bytes:
    return np.rint(np.clip(samples, -1, 1) * 32767).astype("<i2").tobytes()


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


def similarity(one: np.ndarray, other: np.ndarray, offsets: Iterable[int] | None = None) -> float:
    """How far two fingerprints move alike, 0..1, where they lie best upon each other.

    Equal bits beyond those that are equal by chance: Cohen's kappa, with the chance that two sounds with these shares
    of ones in each bit would have. Equal bits alone would call all steady sounds the same. Items that are those before
    in both recordings, as in digital silence, do not count. At least half of the shorter fingerprint has to lie upon
    the other. Copies have 0.6 to 1 (`SAME`), other recordings 0 to 0.4.

    Args:
        offsets: places in `other` where the first item of `one` may lie; default all.
    """
    if not len(one) or not len(other):
        return 0.0
    least = max(1, round(LEAST_OVERLAP * min(len(one), len(other))))
    if offsets is None and len(one) * len(other) <= COMPARED_AT_ALL_OFFSETS:
        offsets = _closest_offsets(one, other, least)
    elif offsets is None:
        offsets = _shared_offsets(one, other)
    return max((_kappa(one, other, offset, least) for offset in offsets), default=0.0)


def _closest_offsets(one: np.ndarray, other: np.ndarray, least: int) -> list[int]:
    """The offsets with the largest share of equal bits, from the sums over the diagonals of a matrix of all pairs."""
    differing = _ones(one[::-1, None] ^ other[None, :])
    rows, columns = differing.shape
    shifted = np.zeros((rows, rows + columns), dtype=np.uint8)
    shifted[:, :columns] = differing
    shifted = shifted.reshape(-1)[: rows * (rows + columns - 1)].reshape(rows, rows + columns - 1)
    bits = shifted.sum(axis=0, dtype=np.int64)
    place = np.arange(1, rows + columns)
    overlap = np.minimum(np.minimum(place, place[::-1]), min(rows, columns))
    share = np.where(overlap >= least, bits / overlap, np.inf)
    return [int(offset) - rows + 1 for offset in np.argsort(share, kind="stable")[:BEST_OFFSETS]]


def _kappa(one: np.ndarray, other: np.ndarray, offset: int, least: int) -> float:
    """The similarity with the first item of `one` at `offset` of `other`; 0 where too few items overlap."""
    first, last = max(0, -offset), min(len(one), len(other) - offset)
    if last - first < least:
        return 0.0
    one, other = one[first:last], other[first + offset : last + offset]
    moves = np.ones(len(one), dtype=bool)
    moves[1:] = (one[1:] != one[:-1]) | (other[1:] != other[:-1])
    if moves.sum() < LEAST_MOVING:
        return 0.0
    bits, others = _bits(one[moves]), _bits(other[moves])
    share, its_share = bits.mean(axis=0), others.mean(axis=0)
    chance = float((share * its_share + (1 - share) * (1 - its_share)).mean())
    equal = float((bits == others).mean())
    return max(0.0, (equal - chance) / (1 - chance)) if chance < 1 else 0.0


def _bits(items: np.ndarray) -> np.ndarray:
    """(items, 32) of zeros and ones."""
    return np.unpackbits(np.ascontiguousarray(items)[:, None].view(np.uint8), axis=1)


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
