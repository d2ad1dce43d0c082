"""A thousand recordings, most of them damaged in some way: each ends as a row or with a reason, in little memory."""

from __future__ import annotations

import json
import os
import shutil
import struct
import subprocess
import sys
from collections import Counter
from pathlib import Path
from random import Random

import numpy as np
import pytest
import soundfile
import yaml

from dataset_builder.build_settings import read_build
from dataset_builder.build_stages import plan_build

from .conftest import RATE, melody


ROOT = Path(__file__).parents[2]
RECORDINGS, SEED = 1_000, 1_000
MOST_BYTES = 2**30
"""Of memory. The samples of three hours at 48 kHz, and one of the damaged files itself, have more."""
FORMATS = ("wav", "flac", "ogg", "mp3")
HOURS = 3
SCRIPT = """
import resource, sys
from pathlib import Path
from dataset_builder.build_stages import plan_build
from dataset_builder.build_settings import read_build
from dataset_builder.engine.executors import Execution, run_stage
before, tasks = None, 0
for item in plan_build(read_build(Path(sys.argv[1])))[:3]:
    assert item.stage.name in ("read", "measure", "unique_audio")
    run_stage(item.stage, item.folder, before, item.tasks, tasks, Execution())
    before, tasks = item.folder, item.tasks
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024)
"""


class Damage:
    """Ways to damage a recording, each a function of its path; the path that is left is the one in the metadata."""

    def __init__(self, folder: Path, seed: int) -> None:
        self.draw = Random(seed)
        self.long = {"flac": folder / "silence.flac", "wav": folder / "silence.wav"}
        self.renamed: list[Path] = []
        with soundfile.SoundFile(self.long["flac"], "w", 16_000, 1) as file:
            for _ in range(HOURS * 60):
                file.write(np.zeros(60 * 16_000, dtype=np.int16))
        rate, channels = 48_000, 2
        size, frame = HOURS * 3600 * rate * 2 * channels, 2 * channels
        with self.long["wav"].open("wb") as file:  # with a hole in it: no disk is taken
            file.write(b"RIFF" + struct.pack("<I", size + 36) + b"WAVEfmt ")
            file.write(struct.pack("<IHHIIHH", 16, 1, channels, rate, rate * frame, frame, 16))
            file.write(b"data" + struct.pack("<I", size))
            file.truncate(size + 44)

    def whole(self, path: Path) -> None:
        """Not damaged at all."""

    def cut(self, path: Path) -> None:
        contents = path.read_bytes()
        path.write_bytes(contents[: self.draw.randrange(1, len(contents))])

    def flipped(self, path: Path) -> None:
        contents = bytearray(path.read_bytes())
        near = self.draw.choice((64, 1_024, len(contents)))  # headers are short
        for _ in range(self.draw.choice((1, 8, 200))):
            contents[self.draw.randrange(min(near, len(contents)))] ^= 1 << self.draw.randrange(8)
        path.write_bytes(contents)

    def renamed_away(self, path: Path) -> None:
        self.renamed.append(path.rename(path.with_name("away-" + path.name)))

    def no_bytes(self, path: Path) -> None:
        path.write_bytes(b"")

    def moment(self, path: Path) -> None:
        self._write(path, melody(1)[: RATE // 100], RATE)

    def eight_channels(self, path: Path) -> None:
        wave = melody(self.draw.randrange(10**6))
        soundfile.write(path, np.stack([wave * (8 - channel) / 8 for channel in range(8)], axis=1), RATE, format="WAV")

    def fine(self, path: Path) -> None:
        wave = np.repeat(melody(self.draw.randrange(10**6)), 12)
        soundfile.write(path, wave, 192_000, format="WAV")

    def three_hours(self, path: Path) -> None:
        path.unlink()
        os.link(self.long["wav" if path.suffix == ".wav" else "flac"], path)

    def text(self, path: Path) -> None:
        path.write_text(f"<html>404 Not Found: {path.name}</html>\n" * self.draw.choice((1, 1_000)))

    def folder(self, path: Path) -> None:
        path.unlink()
        path.mkdir()

    def _write(self, path: Path, wave: np.ndarray, rate: int) -> None:
        soundfile.write(path, wave, rate, format=path.suffix[1:].upper())


KINDS = tuple(name for name in vars(Damage) if not name.startswith("_"))


@pytest.fixture(scope="module")
def damaged(tmp_path_factory) -> tuple[Path, dict[str, str], list[str]]:
    """The recordings' folder, the damage of each name, and the names that no metadata knows."""
    folder = tmp_path_factory.mktemp("damaged")
    draw, damage = Random(SEED), Damage(tmp_path_factory.mktemp("long"), SEED)
    kinds, lines = {}, []
    for number in range(RECORDINGS):
        name = f"{number:04d}.{draw.choice(FORMATS)}"
        damage._write(folder / name, melody(number, draw.choice((0.9, 1.5, 4.0))), RATE)
        kinds[name] = draw.choice(KINDS)
        getattr(damage, kinds[name])(folder / name)
        lines.append(json.dumps({"file_name": name, "domain": draw.choice(("sound", "speech", "music"))}) + "\n")
    (folder / "metadata.jsonl").write_text("".join(lines))
    return folder, kinds, [path.name for path in damage.renamed]


def test_each_is_accounted_for(damaged, tmp_path):
    folder, kinds, unlisted = damaged
    settings = {
        "output": "cota",
        "tasks": 4,
        "sources": [{"corpus": "folder", "folder": str(folder), "name": "d", "license": "CC0-1.0"}],
        "measure": {"unique": True},
        "question": {"teacher": "annotations", "rows": 10},
        "reason": {"teacher": "annotations"},
    }
    path = tmp_path / "build.yaml"
    path.write_text(yaml.safe_dump(settings))
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, path], env=environment, cwd=ROOT, text=True, capture_output=True, check=False
    )
    assert done.returncode == 0, done.stderr
    fate: dict[str, tuple[str, str]] = {}
    for item in plan_build(read_build(path))[:3]:
        last = item.stage.name == "unique_audio"
        for rank in range(item.tasks):
            found = [(line["id"], (line["fate"], line["check"])) for line in item.folder.left(rank)]
            found += [(row["id"], ("row", "")) for row in item.folder.rows(rank)] if last else []
            for name, what in found:
                assert name not in fate, f"{name} has two fates"
                fate[name] = what
    assert set(fate) == {f"d/{name}" for name in [*kinds, *unlisted]}
    by_kind: dict[str, Counter[tuple[str, str]]] = {kind: Counter() for kind in KINDS}
    for name, kind in kinds.items():
        by_kind[kind][fate[f"d/{name}"]] += 1
    for kind, found in by_kind.items():
        print(f"{kind:14}", ", ".join(f"{count} {' '.join(what).strip()}" for what, count in found.most_common()))
    for kind in ("whole", "eight_channels", "fine"):
        assert set(by_kind[kind]) == {("row", "")}, kind
    for kind in ("renamed_away", "folder"):
        assert set(by_kind[kind]) == {("error", "unreadable")}, kind
    for kind in ("no_bytes", "three_hours", "text"):
        assert {what for what, _ in by_kind[kind]} == {"error"}, kind
    assert set(by_kind["moment"]) == {("rejected", "too short")}
    assert all(fate[f"d/{name}"] == ("error", "unreadable") for name in unlisted)
    peak = int(done.stdout.split()[-1])
    print(f"peak memory {peak / 2**20:.0f} MiB")
    assert peak < MOST_BYTES
    shutil.rmtree(folder)
