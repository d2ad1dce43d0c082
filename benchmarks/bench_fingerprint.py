"""Which copies the acoustic fingerprint finds again, and which different recordings it takes for one.

    python benchmarks/bench_fingerprint.py [--recordings 75]

Real recordings of the demo, where `audio-reasoner fetch` put them (0.8 to 15 s), and three kinds that Chromaprint
alone takes for one: notes of one pitch by other instruments, noises that end in digital silence, and short ones. Of
each recording six copies are looked for: through MP3, through Ogg, 3.5 dB too loud and clipped, 17 ms shorter, half of
it, and 70% of it through MP3. Writes benchmarks/results/fingerprint.json, of which docs/building.md has a table.
"""

from __future__ import annotations

import argparse
import io
import json
import sys
from collections.abc import Iterator
from itertools import combinations

import numpy as np
import soundfile
from measuring import RESULTS

from dataset_builder.clip import resample
from dataset_builder.measuring.fingerprint import SAME, SHORTEST, fingerprint, similarity
from dataset_builder.sources.debian import read_recordings


RATE = 16_000
LONGEST = 15.0
REAL = {
    "spoken prompts": ("asterisk", "fillets"),
    "sound effects": ("wesnoth", "sonic-pi"),
    "drum hits": ("hydrogen-drumkits",),
    "music": ("mma",),
}


def notes(count: int) -> list[np.ndarray]:
    """Of 220 Hz and 4 s, each with other overtones and another decay."""
    draw, time = np.random.default_rng(0), np.arange(4 * RATE) / RATE
    found = []
    for _ in range(count):
        decay, overtones = draw.uniform(0.3, 5), range(1, int(draw.integers(3, 14)))
        found.append(0.2 * sum(np.sin(440 * np.pi * k * time) / k**1.3 for k in overtones) * np.exp(-decay * time))
    return found


def noises(count: int, longest: float) -> list[np.ndarray]:
    """White noises of up to `longest` seconds, each followed by digital silence up to 3 s."""
    draw = np.random.default_rng(1)
    return [
        np.pad(0.1 * draw.standard_normal(size), (0, 3 * RATE - size))
        for size in (round(draw.uniform(longest / 2, longest) * RATE) for _ in range(count))
    ]


def recorded(names: tuple[str, ...], count: int) -> list[np.ndarray]:
    """Up to `count` recordings of the demo, drawn evenly from those of the sources; none where none were fetched."""
    try:
        entries = list(read_recordings(None, names))
    except OSError as error:
        print(f"{', '.join(names)}: {error}", file=sys.stderr)
        return []
    places = np.random.default_rng(2).permutation(len(entries))
    return [wave for wave, _ in zip(_fitting(entries, places), range(count), strict=False)]


def _fitting(entries: list, places: np.ndarray) -> Iterator[np.ndarray]:
    for place in places:
        waveform, rate = entries[place].audio.waveform()
        if SHORTEST < len(waveform) / rate < LONGEST and np.abs(waveform).max() > 0.005:
            yield resample(waveform, rate, RATE)


def copies(wave: np.ndarray) -> Iterator[np.ndarray]:
    """The copies that are to be found again; cuts only of recordings that stay long enough to have a fingerprint."""
    yield _coded(wave, "MP3", "MPEG_LAYER_III")
    yield _coded(wave, "OGG", "VORBIS")
    yield np.clip(1.5 * wave / np.abs(wave).max(), -1, 1)
    yield wave[round(0.017 * RATE) :]
    if len(wave) > 2 * SHORTEST * RATE:
        yield wave[: len(wave) // 2]
        yield _coded(wave[round(0.15 * len(wave)) : round(0.85 * len(wave))], "MP3", "MPEG_LAYER_III")


def _coded(wave: np.ndarray, container: str, subtype: str) -> np.ndarray:
    stream = io.BytesIO()
    soundfile.write(stream, wave, RATE, format=container, subtype=subtype)
    stream.seek(0)
    return soundfile.read(stream, dtype="float32")[0]


def counted(waves: list[np.ndarray]) -> dict[str, int]:
    """How many copies are found, and how many pairs of different recordings are taken for one."""
    prints = [fingerprint(wave.astype(np.float32), RATE) for wave in waves]
    found = [
        similarity(own, fingerprint(copy.astype(np.float32), RATE)) >= SAME
        for own, wave in zip(prints, waves, strict=True)
        for copy in copies(wave)
    ]
    confused = [similarity(one, other) >= SAME for one, other in combinations(prints, 2)]
    return {
        "recordings": len(waves),
        "copies": len(found),
        "copies_found": sum(found),
        "pairs": len(confused),
        "pairs_confused": sum(confused),
    }


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--recordings", type=int, default=75, help="of each kind at most; default: %(default)s")
    count = parser.parse_args().recordings
    kinds = {kind: recorded(names, count) for kind, names in REAL.items()}
    kinds["notes of one pitch"] = notes(min(30, count))
    kinds["0.8 to 1.6 s of noise, then digital silence"] = noises(min(30, count), 1.6)
    kinds["0.2 to 0.4 s of noise, then digital silence"] = noises(min(30, count), 0.4)
    rows = [{"what": kind, **counted(waves)} for kind, waves in kinds.items() if waves]
    for row in rows:
        print(
            f"{row['what']:45} {row['copies_found'] / row['copies']:6.1%} of {row['copies']} copies found, "
            f"{row['pairs_confused']} of {row['pairs']} pairs of different recordings taken for one"
        )
    RESULTS.mkdir(exist_ok=True)
    target = RESULTS / "fingerprint.json"
    target.write_text(
        json.dumps({"conditions": {"recordings": count}, "rows": rows}, indent=2) + "\n", encoding="utf-8"
    )
    print(f"Written to {target}.")


if __name__ == "__main__":
    main()
