"""What is sent for a recording: WAV and MP3 as they are, anything else as WAV of as many bits as it has."""

from __future__ import annotations

import io

import numpy as np
import pyarrow
import pyarrow.parquet as parquet
import pytest
import soundfile

from evaluation.benchmarks.recording import Recording, decoded, portable, wav


RATE = 8000
TONE = 0.99 * np.sin(2 * np.pi * 440 * np.arange(800) / RATE)


def encoded(form: str, subtype: str | None = None, wave: np.ndarray = TONE) -> bytes:
    written = io.BytesIO()
    soundfile.write(written, wave, RATE, format=form, subtype=subtype)
    return written.getvalue()


@pytest.mark.parametrize("subtype", ["PCM_16", "PCM_24", "FLOAT", "PCM_U8"])
def test_wav_stays_what_it_is(subtype: str) -> None:
    contents = encoded("WAV", subtype)
    assert portable(contents, "a.wav") == (contents, "wav")


@pytest.mark.parametrize(
    "contents",
    [
        b"ID3\x04" + bytes(20),
        b"\xff\xfb\x90\x64" + bytes(20),  # MPEG 1, layer 3
        b"\xff\xf3\x90\x64" + bytes(20),  # MPEG 2
        b"\xff\xe3\x90\x64" + bytes(20),  # MPEG 2.5
    ],
)
def test_mp3_is_known_by_its_header(contents: bytes) -> None:
    assert portable(contents, "a.mp3") == (contents, "mp3")


def test_what_is_no_layer_3_is_no_mp3() -> None:
    """AAC has such a header, too; its layer is 0."""
    with pytest.raises(ValueError, match="a.aac is not audio that can be decoded"):
        portable(b"\xff\xf1\x50\x80" + bytes(20), "a.aac")


@pytest.mark.parametrize(
    ("form", "subtype", "expected"),
    [("FLAC", "PCM_16", "PCM_16"), ("FLAC", "PCM_24", "PCM_24"), ("AIFF", "FLOAT", "PCM_24"), ("OGG", None, "PCM_16")],
)
def test_other_formats_become_wav_of_as_many_bits(form: str, subtype: str | None, expected: str) -> None:
    lossless = subtype == expected
    # What is lossy may go beyond full scale.
    contents = encoded(form, subtype, TONE if lossless else TONE / 2)
    sent, name = portable(contents, f"a.{form.lower()}")
    assert name == "wav"
    assert soundfile.info(io.BytesIO(sent)).subtype == expected
    before, rate = soundfile.read(io.BytesIO(contents))
    after, rate_after = soundfile.read(io.BytesIO(sent))
    assert rate == rate_after == RATE
    bits = {"PCM_16": 15, "PCM_24": 23}[expected]
    assert np.abs(before - after).max() <= (0 if lossless else 2.0**-bits)


def test_channels_become_one() -> None:
    sent, _ = portable(encoded("FLAC", wave=np.stack([TONE, -TONE / 2], axis=1)), "a.flac")
    after, _ = soundfile.read(io.BytesIO(sent))
    assert after.ndim == 1
    assert after == pytest.approx(TONE / 4, abs=1e-4)


def test_what_is_no_audio_is_named() -> None:
    with pytest.raises(ValueError, match="a.flac is not audio that can be decoded"):
        portable(b"no", "a.flac")
    with pytest.raises(ValueError, match=r"a.wav is truncated \(400 bytes are missing\)"):
        decoded(encoded("WAV", "PCM_16")[:-400], "a.wav")
    with pytest.raises(ValueError, match="a.mp4 cannot be decoded by FFmpeg"):
        decoded(b"\0\0\0\x18ftypisom" + bytes(40), "a.mp4")


def test_a_file(tmp_path) -> None:
    (tmp_path / "a.wav").write_bytes(encoded("WAV"))
    recording = Recording(str(tmp_path / "a.wav"))
    assert recording.contents() == encoded("WAV")
    waveform, rate = recording.waveform()
    assert (rate, waveform.dtype) == (RATE, np.float32)
    assert waveform == pytest.approx(TONE, abs=1e-4)
    assert Recording.from_json(recording.to_json()) == recording
    assert recording.to_json() == {"path": str(tmp_path / "a.wav")}
    with pytest.raises(OSError, match="absent.wav"):
        Recording(str(tmp_path / "absent.wav")).contents()


@pytest.mark.parametrize("struct", [True, False])
def test_a_cell_of_a_parquet_file(tmp_path, struct: bool) -> None:
    cells = [wav(TONE * loudness, RATE) for loudness in (1, 0.5, 0.25)]
    column = [{"bytes": cell, "path": None} for cell in cells] if struct else list(cells)
    table = pyarrow.table({"id": ["0", "1", "2"], "audio": column})
    parquet.write_table(table, tmp_path / "a.parquet", row_group_size=2)
    places = [Recording(str(tmp_path / "a.parquet"), "audio", number // 2, number % 2) for number in range(3)]
    assert [place.contents() for place in places] == cells
    assert Recording.from_json(places[2].to_json()) == places[2]
    assert str(places[2]) == f"{tmp_path / 'a.parquet'}, row 0 of row group 1"


def test_a_cell_without_audio_is_named(tmp_path) -> None:
    parquet.write_table(pyarrow.table({"audio": [{"bytes": b""}, {"bytes": None}]}), tmp_path / "a.parquet")
    for row in range(2):
        with pytest.raises(ValueError, match=f"a.parquet, row {row} of row group 0: column 'audio' holds no audio"):
            Recording(str(tmp_path / "a.parquet"), "audio", 0, row).contents()
