"""Synthetic recordings, enough for every task, and a tiny CoTA folder built from them."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable, Iterable
from functools import partial
from multiprocessing import forkserver
from pathlib import Path

import numpy as np
import pytest
import soundfile

from dataset_builder import build_stages
from dataset_builder.audio_reference import AudioReference
from dataset_builder.build import run_build
from dataset_builder.build_settings import BuildSettings
from dataset_builder.clip import active_bounds
from dataset_builder.engine import local_tasks
from dataset_builder.engine.executors import Execution, run_stage
from dataset_builder.pool import Measured
from dataset_builder.publish import BuildReport
from dataset_builder.recording import Recording
from dataset_builder.stages.measure import Measure
from dataset_builder.stages.taught_stage import TaughtStage


RATE = 8_000
EVENTS = ("bell", "drum", "horn", "whistle", "click", "buzz")
LANGUAGES = ("cs", "en", "fr", "it", "nl")
WORDS = ("house", "river", "stone", "light", "morning", "window", "garden", "letter", "silver", "winter")
INSTRUMENTS = ("flute", "trumpet", "violin", "piano", "organ")
TAKES = 8


def _tone(rng: np.random.Generator, seconds: float, pitch: float, decay: float = 0.0) -> np.ndarray:
    time = np.arange(int(seconds * RATE)) / RATE
    wave = np.sin(2 * np.pi * pitch * time) + 0.3 * np.sin(4 * np.pi * pitch * time + rng.uniform(0, 6))
    return (0.3 * wave * np.exp(-decay * time) + 1e-3 * rng.standard_normal(len(time))).astype(np.float32)


def make_recordings(folder: Path) -> list[Recording]:
    """Sounds, speech and music of tones: 8 takes a class, each a group of its own."""
    rng = np.random.default_rng(0)
    found = []

    def add(domain: str, source: str, name: str, waveform: np.ndarray, language: str | None = None, **facts) -> None:
        path = folder / source / f"{name}.wav"
        path.parent.mkdir(parents=True, exist_ok=True)
        soundfile.write(path, waveform, RATE)
        found.append(
            Recording(
                id=f"{source}/{name}",
                audio=AudioReference(path),
                source=source,
                source_id=name,
                domain=domain,
                license="CC0-1.0" if domain == "sound" else "CC-BY-4.0",
                language=language,
                group=f"{source}/{name}",
                annotations=facts,
            )
        )

    for place, event in enumerate(EVENTS):
        for take in range(TAKES):
            seconds = 0.5 if take % 2 else 2.4
            add("sound", "events", f"{event}-{take}", _tone(rng, seconds, 300 + 200 * place, 4), event=event)
    for place, code in enumerate(LANGUAGES):
        for role, pitch in (("small fish", 220), ("big fish", 110)):
            for take in range(20):
                words = " ".join(WORDS[index] for index in rng.permutation(len(WORDS))[:4])
                add(
                    "speech",
                    f"talk-{code}",
                    f"{role.replace(' ', '-')}-{take}",
                    _tone(rng, 2.6, pitch + 15 * place),
                    language=code,
                    speaker=f"{code}-{role}",
                    role=role,
                    lead=code in ("cs", "nl"),
                    transcript=f"{words} {code}{take}",
                    translation_en=f"the {words} {code}{take}",
                )
    for place, instrument in enumerate(INSTRUMENTS):
        for take in range(3 * TAKES):
            tempo = (60, 120, 180)[take % 3]
            wave = _tone(rng, 8.5, 200 + 90 * place) * (np.arange(int(8.5 * RATE)) % (RATE * 60 // tempo) < RATE // 8)
            add(
                "music",
                "score",
                f"{instrument}-{take}",
                wave.astype(np.float32),
                lead_instrument=instrument,
                tempo_class={60: "slow", 120: "medium", 180: "fast"}[tempo],
                genre=("swing", "waltz", "rock", "bossa nova", "march")[(take + place) % 5],
            )
    return found


def describe(recordings: Iterable[Recording]) -> None:
    """Write the `metadata.jsonl` of each source's folder, beside its files."""
    lines: dict[Path, list[str]] = {}
    for recording in recordings:
        folder = recording.audio.path.parent
        facts = {"file_name": recording.audio.path.name, "id": recording.source_id, "domain": recording.domain}
        facts |= {"license": recording.license, "group": recording.group, **recording.annotations}
        facts |= {"language": recording.language} if recording.language else {}
        lines.setdefault(folder, []).append(json.dumps(facts) + "\n")
    for folder, found in lines.items():
        (folder / "metadata.jsonl").write_text("".join(found), encoding="utf-8")


def settings_of(
    recordings: Iterable[Recording], output: Path, rows: int, seed: int = 0, sources: list | None = None, **stages
) -> BuildSettings:
    """A build by the teacher `annotations` of the folders that hold the recordings, or of other sources."""
    folders = sorted({recording.audio.path.parent for recording in recordings})
    return BuildSettings(
        sources=sources or [{"corpus": "folder", "folder": str(folder)} for folder in folders],
        base=output.parent,
        output=output,
        work=output.with_name(output.name + ".build"),
        seed=seed,
        tasks=3,
        stages={
            "measure": {"facts": ["silence"], "fingerprint": False},
            "question": {"teacher": "annotations", "rows": rows},
            "reason": {"teacher": "annotations"},
            "review": {"checks": ["structure", "response"]},
        }
        | stages,
    )


def build_cota(
    recordings: Iterable[Recording],
    output: Path,
    rows: int,
    seed: int = 0,
    workers: int = 1,
    done: Path | None = None,
    **stages,
) -> BuildReport:
    """Build a folder of CoTA of the recordings.

    Args:
        done: the work of another build, whose stages are taken where they are the same.
    """
    settings = settings_of(recordings, output, rows, seed, **stages)
    if done is not None:
        take_stages(done, settings)
    return run_build(settings, Execution(workers=workers))


def take_stages(done: Path, settings: BuildSettings) -> None:
    """Copy what is done of the same stages from the work of another build, unless there is some of them."""
    for item in build_stages.plan_build(settings):
        if (done / item.folder.path.name).is_dir() and not item.folder.path.exists():
            shutil.copytree(done / item.folder.path.name, item.folder.path)


def measure_length(recording: Recording) -> Measured:
    """A recording with its length, of what is not silence for sounds."""
    waveform, rate = recording.audio.waveform()
    first, last = active_bounds(waveform, rate) if recording.domain == "sound" else (0, len(waveform))
    return Measured(recording, (last - first) / rate)


@pytest.fixture(scope="session")
def processes() -> None:
    """The processes of all builds of the session begin with what any of them imports, whichever is the first."""
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    modules = [build_stages.__name__, local_tasks.__name__, *TaughtStage.imports, *Measure(60.0).imports]
    forkserver.set_forkserver_preload(modules)
    forkserver.ensure_running()


@pytest.fixture(scope="session")
def recordings(tmp_path_factory) -> list[Recording]:
    found = make_recordings(tmp_path_factory.mktemp("recordings"))
    describe(found)
    return found


@pytest.fixture(scope="session")
def done(recordings, tmp_path_factory) -> Path:
    """The work of a build that has read and measured the recordings, which takes longer than a few rows of them."""
    settings = settings_of(recordings, tmp_path_factory.mktemp("done") / "cota", rows=1)
    read, measure, *_ = build_stages.plan_build(settings)
    run_stage(read.stage, read.folder, None, read.tasks, 0, Execution())
    run_stage(measure.stage, measure.folder, read.folder, measure.tasks, read.tasks, Execution())
    return settings.work


@pytest.fixture(scope="session")
def cota(recordings, done, tmp_path_factory) -> Path:
    """A folder of 260 rows, named `cota`, with its work beside it; tests must not change either."""
    folder = tmp_path_factory.mktemp("built") / "cota"
    build_cota(recordings, folder, rows=260, done=done)
    return folder


@pytest.fixture(scope="session")
def build(done) -> Callable[..., BuildReport]:
    """As `build_cota`; the recordings are not measured again."""
    return partial(build_cota, done=done)


@pytest.fixture(scope="session")
def settings() -> Callable[..., BuildSettings]:
    return settings_of


@pytest.fixture(scope="session")
def measured(recordings) -> list[Measured]:
    return [measure_length(recording) for recording in recordings]
