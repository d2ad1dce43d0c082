"""What was wrong with a recording is counted under a name for people."""

from __future__ import annotations

import asyncio
import io
import tarfile

import numpy as np
import pyarrow
import pyarrow.parquet
import pytest
import soundfile

from dataset_builder.audio_reference import AudioReference
from dataset_builder.engine.stage import Left
from dataset_builder.recording import Recording
from dataset_builder.stages.measure import Measure


@pytest.fixture
def damaged(tmp_path):
    wave = 0.1 * np.random.default_rng(0).standard_normal(16_000)
    paths = {
        name: tmp_path / name for name in ("good.wav", "cut.wav", "cut.flac", "empty.wav", "text.wav", "none.wav")
    }
    for name in ("good.wav", "cut.wav", "cut.flac"):
        soundfile.write(paths[name], wave, 16_000)
    for name in ("cut.wav", "cut.flac"):
        paths[name].write_bytes(paths[name].read_bytes()[:-5_000])
    paths["empty.wav"].write_bytes(b"")
    paths["text.wav"].write_text("no audio")
    soundfile.write(paths["none.wav"], wave[:0], 16_000)
    for name, values in (("nan.wav", np.full(16_000, np.nan)), ("loud.wav", np.full(16_000, 30_000.0))):
        paths[name] = tmp_path / name
        soundfile.write(paths[name], values, 16_000, subtype="FLOAT")
    with tarfile.open(tmp_path / "a.tar", "w") as archive:
        member = tarfile.TarInfo("empty.wav")
        archive.addfile(member, io.BytesIO(b""))
    pyarrow.parquet.write_table(
        pyarrow.table({"audio": pyarrow.array([None], pyarrow.binary())}), tmp_path / "a.parquet"
    )
    return tmp_path


@pytest.mark.parametrize(
    ("reference", "kind"),
    [
        ({"path": "cut.wav"}, "truncated"),
        ({"path": "cut.flac"}, "truncated"),
        ({"path": "empty.wav"}, "empty file"),
        ({"path": "a.tar", "member": "empty.wav"}, "empty file"),
        ({"path": "a.tar", "member": "other.wav"}, "missing file"),
        ({"path": "a.parquet", "column": "audio", "row": 0}, "empty cell"),
        ({"path": "text.wav"}, "not audio"),
        ({"path": "none.wav"}, "no samples"),
        ({"path": "nan.wav"}, "samples not finite"),
        ({"path": "loud.wav"}, "samples out of range"),
        ({"path": "gone.wav"}, "missing file"),
        ({"path": "good.wav", "start": 2.0}, "part beyond the end"),
        ({"path": "good.wav", "start": 0.5, "end": 5.0}, "part beyond the end"),
    ],
)
def test_what_is_wrong_has_a_name(damaged, reference, kind):
    assert fate(damaged, reference) == ("error", kind)


def test_a_recording_that_is_too_long(damaged):
    assert fate(damaged, {"path": "good.wav"}, max_seconds=0.5) == ("error", "too long")


def fate(folder, reference, max_seconds=60.0):
    audio = AudioReference(**reference | {"path": folder / reference["path"]})
    recording = Recording("mine/a", audio, "mine", "a", "sound", "MIT", None, "mine/a")
    left = asyncio.run(Measure(max_seconds).process({"id": "mine/a", "recording": recording.to_json()}))
    assert isinstance(left, Left) and reference["path"] in left.reason
    return left.fate, left.check
