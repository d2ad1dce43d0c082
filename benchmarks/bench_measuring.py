"""What the facts and the fingerprint of a recording cost, and a lookup among many fingerprints.

    python benchmarks/bench_measuring.py [--seconds 10] [--rate 44100] [--repeats 5] [--entries 10000 100000]

The facts are those of a synthetic clip, on one thread, after one turn that loads models and compiles; each line is
the shortest time of the repeats. The lookups are of damaged copies (3% of the bits, as by MP3) and of strangers, among
random fingerprints as long as the clip's. Writes benchmarks/results/measuring.json.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from measuring import RESULTS, seconds_of
from threadpoolctl import threadpool_limits

from dataset_builder.clip import resample
from dataset_builder.measuring import music_facts, speech_segments
from dataset_builder.measuring.bandwidth import bandwidth
from dataset_builder.measuring.fingerprint import fingerprint, similarity
from dataset_builder.measuring.fingerprint_index import FingerprintIndex
from dataset_builder.measuring.loudness import clipped_share, dynamic_range, integrated_loudness, peak
from dataset_builder.measuring.pitch import pitch
from dataset_builder.measuring.silence import silences


LOOKUPS = 100
DAMAGED_BITS = 0.03
BY_DOMAIN = {
    "sound": {"tempo", "key", "pitch", "resampling for music"},
    "speech": {"tempo", "key", "resampling for music"},
    "music": {"pitch"},
}
"""What does not apply to a domain; the rest does."""


def clip(seconds: float, rate: int) -> np.ndarray:
    """Tones of a gliding pitch with overtones, four a second."""
    time_axis = np.arange(round(seconds * rate)) / rate
    phase = 2 * np.pi * np.cumsum(150 + 50 * np.sin(2 * np.pi * 0.7 * time_axis)) / rate
    wave = sum(np.sin(number * phase) / number for number in range(1, 12))
    wave = wave * (0.6 + 0.4 * np.sin(8 * np.pi * time_axis))
    noise = np.random.default_rng(0).standard_normal(len(time_axis))
    return (0.2 * wave + 0.001 * noise).astype(np.float32)


def costs(seconds: float, rate: int, repeats: int) -> dict[str, float]:
    """Seconds by fact."""
    wave = clip(seconds, rate)
    heard = resample(wave, rate, speech_segments.RATE)
    music, notes = resample(wave, rate, music_facts.RATE), resample(wave, rate, music_facts.KEY_RATE)
    works: dict[str, Callable[[], object]] = {
        "loudness": lambda: integrated_loudness(wave, rate),
        "peak, clipped": lambda: (peak(wave), clipped_share(wave)),
        "dynamic_range": lambda: dynamic_range(wave, rate),
        "bandwidth": lambda: bandwidth(wave, rate),
        "silence": lambda: silences(wave, rate),
        "resampling to 16 kHz": lambda: resample(wave, rate, speech_segments.RATE),
        "speech": lambda: speech_segments.speech_segments(heard),
        "pitch": lambda: pitch(heard, speech_segments.RATE),
        "resampling for music": lambda: [resample(wave, rate, to) for to in (music_facts.RATE, music_facts.KEY_RATE)],
        "tempo": lambda: music_facts.tempo(music),
        "key": lambda: music_facts.key(notes),
        "fingerprint": lambda: fingerprint(wave, rate),
    }
    for work in works.values():
        work()
    return {name: min(seconds_of(work) for _ in range(repeats)) for name, work in works.items()}


def lookups(entries: int, items: int, folder: Path) -> dict[str, float]:
    """Seconds of adding and of looking up, and the file's size, with `entries` random fingerprints of `items`."""

    def drawn(seed: int) -> np.ndarray:
        return np.random.default_rng(seed).integers(0, 2**32, items, dtype=np.uint32)

    path = folder / f"{entries}.sqlite"
    spent = 0.0
    with FingerprintIndex(path) as index:
        for seed in range(entries):
            fingerprints = drawn(seed)
            start = time.perf_counter()
            index.add(str(seed), fingerprints)
            spent += time.perf_counter() - start
        spent += seconds_of(index.commit)
        copies, strangers, right = [], [], 0
        for number in range(LOOKUPS):
            seed = number * entries // LOOKUPS
            damage = np.random.default_rng(seed).random((items, 32)) < DAMAGED_BITS
            copy = drawn(seed) ^ np.packbits(damage, axis=1).view(np.uint32)[:, 0]
            start = time.perf_counter()
            found = index.matches(copy)
            copies.append(time.perf_counter() - start)
            right += [id for id, _ in found] == [str(seed)]
            stranger = drawn(-seed + 2**40)
            start = time.perf_counter()
            index.matches(stranger)
            strangers.append(time.perf_counter() - start)
    return {
        "entries": entries,
        "add_s": spent / entries,
        "found": right / LOOKUPS,
        "copy_s": statistics.median(copies),
        "stranger_s": statistics.median(strangers),
        "bytes_an_entry": path.stat().st_size / entries,
    }


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=float, default=10.0, help="of the clip; default: %(default)s")
    parser.add_argument("--rate", type=int, default=44_100, help="Hz of the clip; default: %(default)s")
    parser.add_argument("--repeats", type=int, default=5, help="default: %(default)s")
    parser.add_argument("--entries", type=int, nargs="+", default=[10_000, 100_000], help="default: %(default)s")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    with threadpool_limits(1):  # librosa multiplies matrices, which would take all cores
        facts = costs(arguments.seconds, arguments.rate, arguments.repeats)
    for name, spent in facts.items():
        print(f"{name:24} {1000 * spent:7.1f} ms")
    totals = {domain: sum(facts[name] for name in facts if name not in left) for domain, left in BY_DOMAIN.items()}
    for domain, spent in totals.items():
        print(f"{domain + ', all':24} {1000 * spent:7.1f} ms, {3600 / spent:8,.0f} recordings an hour and core")
    printed = fingerprint(clip(arguments.seconds, arguments.rate), arguments.rate)
    compared = min(seconds_of(lambda: similarity(printed, printed[5:])) for _ in range(5 * arguments.repeats))
    print(f"{'similarity of two':24} {1000 * compared:7.1f} ms, {len(printed)} items each")
    with tempfile.TemporaryDirectory() as folder:
        tables = [lookups(entries, len(printed), Path(folder)) for entries in arguments.entries]
    for table in tables:
        print(
            f"{table['entries']:,} entries: adding {1000 * table['add_s']:.2f} ms, {100 * table['found']:.0f}% of "
            f"copies found in {1000 * table['copy_s']:.1f} ms, a stranger in {1000 * table['stranger_s']:.1f} ms, "
            f"{table['bytes_an_entry']:,.0f} bytes an entry"
        )
    conditions = {**vars(arguments), "machine": platform.machine(), "cores": os.cpu_count(), "items": len(printed)}
    results = {"conditions": conditions, "facts_s": facts, "totals_s": totals, "similarity_s": compared}
    RESULTS.mkdir(exist_ok=True)
    target = RESULTS / "measuring.json"
    target.write_text(json.dumps({**results, "lookups": tables}, indent=2) + "\n", encoding="utf-8")
    print(f"Written to {target}.")


if __name__ == "__main__":
    main()
