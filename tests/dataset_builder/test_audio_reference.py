"""Recordings in files, tars, Parquet cells and videos: the same sound, and a sentence where there is none."""

from __future__ import annotations

import io
import shutil
import subprocess
import tarfile

import numpy as np
import pyarrow
import pyarrow.parquet
import pytest
import soundfile

from dataset_builder.audio_reference import AudioReference
from dataset_builder.recording import Recording


RATE = 8_000
WAVE = (np.sin(np.arange(2 * RATE) / 5) * 0.5).astype(np.float32)


@pytest.fixture
def wav(tmp_path):
    path = tmp_path / "tone.wav"
    soundfile.write(path, WAVE, RATE, subtype="FLOAT")
    return path


def tarred(path, **members: bytes):
    with tarfile.open(path, "w") as archive:
        for name, content in members.items():
            info = tarfile.TarInfo(f"{name}.wav")
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
    return path


def test_every_place_gives_the_same_samples(tmp_path, wav):
    content = wav.read_bytes()
    tar = tarred(tmp_path / "shard.tar", other=b"x" * 700, tone=content)
    cells = pyarrow.table({"audio": [{"bytes": b"no", "path": "a"}] * 3 + [{"bytes": content, "path": "b"}]})
    pyarrow.parquet.write_table(cells, tmp_path / "shard.parquet", row_group_size=2)
    references = [
        AudioReference(wav),
        AudioReference(tar, member="tone.wav"),
        AudioReference(tmp_path / "shard.parquet", column="audio", row=3),
    ]
    for reference in references:
        waveform, rate = AudioReference.from_json(reference.to_json()).waveform()
        assert rate == RATE
        assert np.array_equal(waveform, WAVE)


def test_a_part_is_cut_in_seconds(wav):
    waveform, _ = AudioReference(wav, start=0.5, end=1.25).waveform()
    assert np.array_equal(waveform, WAVE[4_000:10_000])
    waveform, _ = AudioReference(wav, start=1.5).waveform()
    assert np.array_equal(waveform, WAVE[12_000:])


def test_what_is_meant_may_not_be_longer_than_allowed(wav):
    with pytest.raises(ValueError, match=r"tone\.wav lasts 2\.0 s, more than the maximum of 1 s"):
        AudioReference(wav).waveform(longest=1)
    AudioReference(wav, start=1.2, end=2).waveform(longest=1)


def test_a_part_beyond_the_end_is_an_error(wav):
    with pytest.raises(ValueError, match="ends after the recording, which lasts 2.00 s"):
        AudioReference(wav, start=1, end=3).waveform()
    with pytest.raises(ValueError, match="begins after the recording"):
        AudioReference(wav, start=5).waveform()


@pytest.mark.skipif(shutil.which("ffmpeg") is None, reason="FFmpeg is not installed")
def test_the_sound_of_a_video(tmp_path, wav):
    video = tmp_path / "dia0_utt1.mp4"
    picture = ["-f", "lavfi", "-i", "color=size=16x16:duration=2"]
    coded = ["-c:a", "aac", "-ar", "16000", "-shortest"]
    subprocess.run(["ffmpeg", "-v", "error", *picture, "-i", wav, *coded, video], check=True)
    waveform, rate = AudioReference(video).waveform()
    assert rate == 16_000
    assert len(waveform) / rate == pytest.approx(2, abs=0.1)
    assert np.abs(waveform).max() == pytest.approx(0.5, abs=0.1)
    with pytest.raises(ValueError, match="more than the maximum of 1 s"):
        AudioReference(video).waveform(longest=1)
    video.write_bytes(video.read_bytes()[:200])
    with pytest.raises(ValueError, match="is not audio that can be decoded"):
        AudioReference(video).waveform()


@pytest.mark.parametrize(
    ("reference", "error"),
    [
        ({"path": "absent.wav"}, "absent.wav"),
        ({"path": "shard.tar", "member": "b.wav"}, "no member b.wav"),
        ({"path": "shard.parquet", "column": "audio", "row": 9}, "1 rows and no row 9"),
        ({"path": "shard.parquet", "column": "audio", "row": 0}, "holds no bytes"),
    ],
)
def test_what_is_missing_is_named(tmp_path, monkeypatch, reference, error):
    monkeypatch.chdir(tmp_path)
    tarred(tmp_path / "shard.tar", a=b"x")
    pyarrow.parquet.write_table(pyarrow.table({"audio": ["text"]}), tmp_path / "shard.parquet")
    with pytest.raises((OSError, ValueError), match=error):
        AudioReference(**reference).waveform()


@pytest.mark.parametrize(
    "fields", [{"member": "a", "column": "b", "row": 0}, {"column": "b"}, {"start": 2, "end": 1}, {"start": -1}]
)
def test_a_reference_that_means_nothing_is_refused(fields):
    with pytest.raises(ValueError, match=r"a\.wav"):
        AudioReference("a.wav", **fields)


def test_a_recording_survives_json(wav):
    recording = Recording(
        id="s/1",
        audio=AudioReference(wav, start=0.5),
        source="s",
        source_id="1",
        domain="sound",
        license="MIT",
        language=None,
        group="1",
        annotations={"event": "bell"},
        split="test",
    )
    assert Recording.from_json(recording.to_json()) == recording
