"""Music of which everything is known: scores compiled by MMA and rendered by fluidsynth with the TimGM6mb soundfont.

Renders are no recordings of musicians, and the card of every dataset made from them has to say so. Licences as in
the packages' debian/copyright: the accompaniment GPL-2.0-or-later, the soundfont's samples GPL-2.0-only.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path

from ...audio_reference import AudioReference
from ...recording import Recording
from .disk_space import check_free_space
from .midi_facts import read_midi
from .mma_scores import LEADS, Score, compose
from .packages import Package, require_package


NAME = "mma"
LICENSE = "GPL-2.0-only"
RATE = 22050
PEAK = 0.7
BYTES_A_RENDER = 400_000
INDEX = "index.json"
_PROGRAM = Package(("mma",), ("usr/share/mma/*", "usr/bin/mma"))
_SOUNDFONT = Package(("timgm6mb-soundfont",), ("usr/share/sounds/sf2/*.sf2",))
PACKAGES = (_PROGRAM, _SOUNDFONT)


def require_programs(cache: Path) -> None:
    """Raises FileNotFoundError where renders are missing and fluidsynth, which makes them, is not on this system."""
    if not (renders_folder(cache, compose()) / INDEX).exists() and shutil.which("fluidsynth") is None:
        raise FileNotFoundError(
            "The music is rendered by 'fluidsynth', which is not on this system; install the package fluidsynth "
            "(`sudo apt-get install fluidsynth`) and run the command again."
        )


def renders_folder(cache: Path, scores: list[Score]) -> Path:
    """The folder of the renders of exactly these scores, at this rate."""
    recipe = "".join(f"{score.name} {score.seconds}\n{score.text()}" for score in scores) + f"{RATE} {PEAK}"
    return cache / NAME / f"renders-{hashlib.sha256(recipe.encode()).hexdigest()[:12]}"


def render(
    cache: Path,
    jobs: int | None = None,
    progress: Callable[[int, int], None] = lambda done, whole: None,
    scores: list[Score] | None = None,
) -> list[str]:
    """Render the scores that `cache` lacks, `jobs` at a time (default: the cores).

    Returns:
        One sentence for each score that failed.

    Raises:
        OSError: a package or fluidsynth is missing, or more than one score in ten failed.
    """
    scores = compose() if scores is None else scores
    folder = renders_folder(cache, scores)
    if (folder / INDEX).exists():
        return []
    require_programs(cache)
    check_free_space(cache, len(scores) * BYTES_A_RENDER)
    mma, soundfont = require_package(cache, _PROGRAM), require_package(cache, _SOUNDFONT)
    sf2 = soundfont.only(r".*\.sf2")
    folder.mkdir(parents=True, exist_ok=True)
    work = cache / NAME / ".work"
    shutil.rmtree(work, ignore_errors=True)
    work.mkdir()
    rows, failures = [], []
    with ThreadPoolExecutor(jobs or os.cpu_count()) as pool:
        futures = {pool.submit(_render_score, score, folder, work, mma.folder, sf2): score for score in scores}
        try:
            for done, future in enumerate(as_completed(futures), start=1):
                try:
                    rows.append(future.result())
                except ValueError as error:
                    check_free_space(cache, 10 * BYTES_A_RENDER)  # a full disk fails every score from there on
                    failures.append(f"The score {futures[future].name} was left out: {error}")
                progress(done, len(scores))
        except BaseException:
            pool.shutdown(wait=True, cancel_futures=True)
            raise
    shutil.rmtree(work, ignore_errors=True)
    if len(failures) > len(scores) // 10:
        raise OSError(f"{len(failures)} of {len(scores)} scores could not be rendered; the first: {failures[0]}")
    failures.sort()
    index = {"scores": len(scores), "failures": failures, "renders": sorted(rows, key=lambda row: row["name"])}
    partial = folder / f".{INDEX}"
    partial.write_text(json.dumps(index, indent=0) + "\n")
    partial.rename(folder / INDEX)
    return failures


def _render_score(score: Score, folder: Path, work: Path, mma: Path, soundfont: Path) -> dict:
    """Compile, check and render one score; what an earlier run rendered whole is taken as it is."""
    flac, facts_file = folder / f"{score.name}.flac", folder / f"{score.name}.json"
    if facts_file.exists() and flac.exists():
        return json.loads(facts_file.read_text())
    midi = compile_score(score, work, mma)
    facts = read_midi(midi)
    if {round(tempo) for tempo in facts.tempi} != {score.tempo_bpm}:
        raise ValueError(f"its tempo is {facts.tempi} instead of {score.tempo_bpm} beats a minute.")
    wanted = Counter(note for bar in score.melody for note, _ in bar)
    if wanted - Counter(facts.notes.get(LEADS[score.lead][1], [])):
        raise ValueError(f"notes of its {score.lead} are missing in the compiled file.")
    wav = midi.with_suffix(".wav")
    command = ["fluidsynth", "-niq", "-R", "0", "-C", "0", "-r", str(RATE), "-g", "0.6", "-F", str(wav)]
    played = subprocess.run([*command, str(soundfont), str(midi)], capture_output=True, text=True, errors="replace")
    if played.returncode != 0 or not wav.exists():
        raise ValueError(f"fluidsynth says: {(played.stderr or played.stdout).strip()[-200:]}")
    _write_clip(wav, flac, score.seconds)
    row = {"name": score.name, "bytes": flac.stat().st_size, "instruments": facts.instruments()}
    partial = facts_file.with_suffix(".partial")
    partial.write_text(json.dumps(row))
    partial.rename(facts_file)
    for file in (midi, wav):
        file.unlink()
    return row


def compile_score(score: Score, work: Path, mma: Path) -> Path:
    """Compile a score to MIDI with the program under `mma`, the folder its package is unpacked in.

    Raises:
        ValueError: MMA rejects the score; the message is MMA's.
    """
    source, midi = work / f"{score.name}.mma", work / f"{score.name}.mid"
    source.write_text(score.text())
    interpreter = [sys.executable, "-I", "-S", "-X", f"pycache_prefix={work / 'pycache'}"]
    compiled = subprocess.run(
        [*interpreter, str(mma / "usr/bin/mma"), "-f", str(midi), str(source)],
        env={"MMA_HOME": str(mma / "usr/share/mma"), "HOME": str(work), "PATH": os.environ.get("PATH", "")},
        cwd=work,
        capture_output=True,
        text=True,
        errors="replace",
    )
    if compiled.returncode != 0 or not midi.exists():
        said = " ".join(line.strip() for line in compiled.stdout.splitlines() if "PLUGIN" not in line)
        raise ValueError(f"MMA says: {said or compiled.stderr.strip()[-200:]}")
    return midi


def _write_clip(wav: Path, flac: Path, seconds: float) -> None:
    """Cut to `seconds`, fade the last fifth of a second out, mix to mono, set the peak and write FLAC."""
    import numpy as np
    import soundfile

    waveform, rate = soundfile.read(wav, dtype="float32", always_2d=True)
    waveform = waveform.mean(axis=1)[: round(seconds * rate)]
    peak = float(np.abs(waveform).max(initial=0.0))
    if len(waveform) < round(seconds * rate) or peak == 0:
        raise ValueError(f"the render lasts {len(waveform) / rate:.2f} s with a peak of {peak:.3f}.")
    fade = np.linspace(1.0, 0.0, rate // 5, dtype=np.float32)
    waveform[-len(fade) :] *= fade
    partial = flac.with_suffix(".partial")
    try:
        soundfile.write(partial, waveform * (PEAK / peak), rate, format="FLAC", subtype="PCM_16")
    except RuntimeError as error:
        raise ValueError(f"it could not be written to {partial}: {error}") from error
    partial.rename(flac)


def read(cache: Path) -> list[Recording]:
    """The renders with all that their scores say.

    Raises:
        FileNotFoundError: these scores were not rendered.
        OSError: a render is missing.
    """
    scores = compose()
    folder = renders_folder(cache, scores)
    try:
        index = json.loads((folder / INDEX).read_text())
    except FileNotFoundError:
        raise FileNotFoundError(
            f"The renders of {NAME} are not in {cache}; run `audio-reasoner fetch` first."
        ) from None
    rendered = {row["name"]: row for row in index["renders"]}
    recordings = []
    for score in scores:
        if score.name not in rendered:
            continue
        row, path = rendered[score.name], folder / f"{score.name}.flac"
        if not path.exists() or path.stat().st_size != row["bytes"]:
            raise OSError(f"{path} is missing or changed; delete {folder} and run `audio-reasoner fetch` again.")
        recordings.append(
            Recording(
                id=f"{NAME}/{score.name}",
                audio=AudioReference(path),
                source=NAME,
                source_id=score.name,
                domain="music",
                license=LICENSE,
                language=None,
                group=f"{NAME}/{score.groove.name}",
                annotations={
                    "genre": score.groove.genre,
                    "groove": score.groove.name,
                    "lead_instrument": score.lead,
                    "instruments": row["instruments"],
                    "tempo_bpm": score.tempo_bpm,
                    "tempo_class": score.tempo_class,
                    "meter": f"{score.groove.beats}/4",
                    "tonic": score.tonic,
                    "mode": score.mode,
                    "key": score.key,
                    "chords": list(score.chords),
                    "style": "render",
                },
            )
        )
    return recordings
