"""Where the sound of a recording lies: a file, a member of a tar, a cell of a Parquet file; or seconds of one.

A row carries its reference from stage to stage and the bytes are read where they are needed, so that a stage's files
stay small and a build of a million rows needs no second copy of the audio.
"""

from __future__ import annotations

import io
import tarfile
from dataclasses import asdict, dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np


@dataclass(frozen=True)
class AudioReference:
    """A recording's place on disk.

    Args:
        path: the audio or video file, or the archive that holds it.
        member: name of the file in the tar at `path`.
        column, row: the cell of the Parquet file at `path`; it holds bytes, or a struct with `bytes`.
        start, end: the part that is meant, in seconds from the beginning; None for the beginning and the end.

    Raises:
        ValueError: a member and a column are both given, a column without a row, or the part is empty.
    """

    path: Path
    member: str | None = None
    column: str | None = None
    row: int | None = None
    start: float | None = None
    end: float | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "path", Path(self.path))
        if self.member is not None and self.column is not None:
            raise ValueError(f"{self}: a recording is a member of a tar or a cell of a Parquet file, not both.")
        if (self.column is None) != (self.row is None):
            raise ValueError(f"{self}: a cell of a Parquet file needs both its column and its row.")
        if (self.start or 0.0) < 0 or (self.end is not None and self.end <= (self.start or 0.0)):
            raise ValueError(f"{self}: the part from {self.start} s to {self.end} s is empty.")

    @classmethod
    def from_json(cls, fields: dict[str, Any]) -> AudioReference:
        """The reference that `to_json` wrote."""
        return cls(**fields)

    def to_json(self) -> dict[str, Any]:
        """What is not None of the fields, as JSON can hold it."""
        return {name: value for name, value in asdict(self).items() if value is not None} | {"path": str(self.path)}

    def __str__(self) -> str:
        inside = f"::{self.member}" if self.member is not None else ""
        inside = f"::{self.column}[{self.row}]" if self.column is not None else inside
        part = "" if self.start is None and self.end is None else f"[{self.start or 0:g}-{self._end_text()} s]"
        return f"{self.path}{inside}{part}"

    def _end_text(self) -> str:
        return "end" if self.end is None else f"{self.end:g}"

    def contents(self) -> bytes:
        """The bytes of the whole file, member or cell.

        Raises:
            OSError: the file, member or cell is not there or cannot be read.
            ValueError: the cell holds no bytes.
        """
        if self.member is not None:
            return _tar_member(self.path, self.member)
        if self.column is not None:
            return _parquet_cell(self.path, self.column, self.row or 0)
        return self.path.read_bytes()

    def waveform(self, longest: float | None = None) -> tuple[np.ndarray, int]:
        """The samples that are meant, float32 mono (samples,), and their rate in Hz.

        Args:
            longest: the longest part in seconds; a longer one is an error before it is decoded.

        Raises:
            ValueError: not audio, truncated, no samples, not finite, or longer than `longest`; names the recording.
            OSError: the file is missing or cannot be read.
        """
        from modeling_audio_reasoner.audio_loading import read_audio

        if self.member is None and self.column is None:  # before gigabytes are read that are not wanted
            with self.path.open("rb") as file:
                self._check_length(_header_seconds(file.fileno()) or 0.0, longest)
        contents = self.contents()
        seconds = _header_seconds(io.BytesIO(contents))
        if seconds is None:
            waveform, rate = _decode_container(contents, self, longest)
        else:
            self._check_length(seconds, longest)
            waveform, rate = read_audio({"bytes": contents, "path": str(self)})
        if self.start is None and self.end is None:
            return waveform, rate
        last = len(waveform) if self.end is None else round(self.end * rate)
        if last > len(waveform) + rate // 10:
            raise ValueError(f"{self} ends after the recording, which lasts {len(waveform) / rate:.2f} s.")
        part = waveform[round((self.start or 0.0) * rate) : last]
        if not len(part):
            raise ValueError(f"{self} begins after the recording, which lasts {len(waveform) / rate:.2f} s.")
        return part, rate

    def _check_length(self, seconds: float, longest: float | None) -> None:
        meant = (seconds if self.end is None else min(self.end, seconds)) - (self.start or 0.0)
        if longest is not None and meant > longest:
            raise ValueError(
                f"{self} lasts {meant:.1f} s, more than the maximum of {longest:g} s: cut it into parts, or raise the "
                "build's max_seconds."
            )


def _header_seconds(file: io.BytesIO | int) -> float | None:
    """The length that a file states, or None where libsndfile does not know the format."""
    import soundfile

    try:
        with soundfile.SoundFile(file, closefd=False) as opened:
            return opened.frames / opened.samplerate if 0 <= opened.frames < 2**62 else 0.0
    except soundfile.LibsndfileError:
        return None


def _decode_container(contents: bytes, reference: AudioReference, longest: float | None) -> tuple[np.ndarray, int]:
    """The sound of a video or of a format that libsndfile does not read, through FFmpeg."""
    from modeling_audio_reasoner.audio_loading import read_audio

    if not contents:
        raise ValueError(f"{reference} is empty (0 bytes): download or copy it again.")
    try:
        from torchcodec.decoders import AudioDecoder
    except (ImportError, RuntimeError, OSError):  # not installed, or FFmpeg's libraries are missing
        read_audio({"bytes": contents, "path": str(reference)})
        raise ValueError(f"{reference} is in a format that needs torchcodec and FFmpeg: install both.") from None
    try:
        decoder = AudioDecoder(contents)
        reference._check_length(decoder.metadata.duration_seconds_from_header or 0.0, longest)
        samples = decoder.get_all_samples()
    except (RuntimeError, AttributeError, IndexError) as error:
        read_audio({"bytes": contents, "path": str(reference)})  # says what is wrong with an ordinary recording
        first = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise ValueError(f"{reference} has no sound that can be decoded ({first}).") from None
    return read_audio({"array": samples.data.numpy(), "sampling_rate": samples.sample_rate, "path": str(reference)})


@lru_cache(maxsize=4)
def _tar_index(path: Path, changed: float) -> dict[str, tuple[int, int]]:
    """Where each file of a tar begins and how many bytes it has."""
    with tarfile.open(path, "r:") as archive:
        return {member.name: (member.offset_data, member.size) for member in archive if member.isfile()}


def _tar_member(path: Path, name: str) -> bytes:
    try:
        index = _tar_index(path, path.stat().st_mtime)
    except tarfile.TarError as error:
        raise ValueError(f"{path} is not a tar that can be read ({error}): uncompress it, or copy it again.") from None
    if name not in index:
        raise FileNotFoundError(f"{path} has no member {name}.")
    offset, size = index[name]
    with path.open("rb") as stream:
        stream.seek(offset)
        contents = stream.read(size)
    if len(contents) < size:
        raise ValueError(f"{path} ends within its member {name}: copy it again.")
    return contents


@lru_cache(maxsize=2)
def _parquet_group(path: Path, changed: float, column: str, group: int) -> list[Any]:
    import pyarrow.parquet

    with pyarrow.parquet.ParquetFile(path) as file:
        return file.read_row_group(group, columns=[column])[column].to_pylist()


@lru_cache(maxsize=64)
def _group_starts(path: Path, changed: float) -> list[int]:
    import pyarrow.parquet

    with pyarrow.parquet.ParquetFile(path) as file:
        sizes = [file.metadata.row_group(index).num_rows for index in range(file.num_row_groups)]
    return [sum(sizes[:index]) for index in range(len(sizes) + 1)]


def _parquet_cell(path: Path, column: str, row: int) -> bytes:
    changed = path.stat().st_mtime
    starts = _group_starts(path, changed)
    if not 0 <= row < starts[-1]:
        raise ValueError(f"{path} has {starts[-1]} rows and no row {row}.")
    group = next(index for index in range(len(starts) - 1) if row < starts[index + 1])
    cell = _parquet_group(path, changed, column, group)[row - starts[group]]
    contents = cell.get("bytes") if isinstance(cell, dict) else cell
    if not isinstance(contents, bytes):
        raise ValueError(f"{path}::{column}[{row}] holds no bytes of audio.")
    return contents
