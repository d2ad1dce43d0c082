"""Where a question's recording lies, and its contents as a request can carry them: WAV or MP3."""

from __future__ import annotations

import io
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from functools import lru_cache
from pathlib import Path
from threading import Lock
from typing import Any

import numpy as np

from modeling_audio_reasoner.audio_loading import read_audio


@dataclass(frozen=True)
class Recording:
    """A file, or a cell of a Parquet file.

    Attributes:
        path: the file.
        column: of a Parquet file; the cell holds bytes, or a struct with `bytes`.
        row_group, row: where the cell is; the row within its group.
    """

    path: str
    column: str | None = None
    row_group: int = 0
    row: int = 0

    @classmethod
    def from_json(cls, fields: Mapping[str, Any]) -> Recording:
        """What `to_json` gave."""
        return cls(**fields)

    def to_json(self) -> dict[str, Any]:
        """As a log can hold it."""
        return {"path": self.path} if self.column is None else asdict(self)

    def __str__(self) -> str:
        return self.path if self.column is None else f"{self.path}, row {self.row} of row group {self.row_group}"

    def contents(self) -> bytes:
        """The bytes of the file or cell.

        Raises:
            OSError: the file is missing or cannot be read.
            ValueError: the cell holds no bytes.
        """
        if self.column is None:
            return Path(self.path).read_bytes()
        with _READING:
            cells = _cells(self.path, self.column, self.row_group)
        cell = cells[self.row].as_py()
        contents = cell.get("bytes") if isinstance(cell, dict) else cell
        if not isinstance(contents, bytes) or not contents:
            raise ValueError(f"{self}: column {self.column!r} holds no audio; download the file again.")
        return contents

    def waveform(self) -> tuple[np.ndarray, int]:
        """float32 mono samples (samples,) and their rate in Hz.

        Raises:
            OSError, ValueError: as `contents`; or it is not audio, empty or cut off.
        """
        return decoded(self.contents(), str(self))


_READING = Lock()
"""So that threads do not read a row group twice."""


@lru_cache(maxsize=4)
def _cells(path: str, column: str, row_group: int) -> Any:
    """A column of a row group, as Arrow holds it: questions of one group are mostly asked one after the other."""
    import pyarrow.parquet as parquet

    with parquet.ParquetFile(path) as file:
        return file.read_row_group(row_group, columns=[column]).column(0)


def decoded(contents: bytes, name: str) -> tuple[np.ndarray, int]:
    """float32 mono samples and their rate, of any format that libsndfile or FFmpeg reads.

    Raises:
        ValueError: it is not audio, empty or cut off; names it.
    """
    if (
        b"ftyp" in contents[:12] or contents[:4] == b"\x1aE\xdf\xa3"
    ):  # MP4 and Matroska, which libsndfile does not read
        from torchcodec.decoders import AudioDecoder

        try:
            return read_audio(AudioDecoder(contents))
        except RuntimeError as error:
            raise ValueError(f"{name} cannot be decoded by FFmpeg ({str(error).splitlines()[0]}).") from None
    return read_audio({"bytes": contents, "path": name})


def portable(contents: bytes, name: str) -> tuple[bytes, str]:
    """The recording as a file of a format that OpenAI's `input_audio` knows, and the format: "wav" or "mp3".

    Files of these formats stay what they are. Others become mono WAV of 16 bits, or of 24 where the file has more, so
    that nothing is lost but what was lossy anyway.

    Raises:
        ValueError: as `decoded`.
    """
    import soundfile

    if contents[:4] == b"RIFF" and contents[8:12] == b"WAVE":
        return contents, "wav"
    if contents[:3] == b"ID3" or (len(contents) > 1 and contents[0] == 0xFF and contents[1] & 0xE6 == 0xE2):
        return contents, "mp3"
    waveform, rate = decoded(contents, name)
    try:
        deep = soundfile.info(io.BytesIO(contents)).subtype in ("PCM_24", "PCM_32", "FLOAT", "DOUBLE")
    except soundfile.LibsndfileError:
        deep = False
    return wav(waveform, rate, "PCM_24" if deep else "PCM_16"), "wav"


BITS = {"PCM_16": 16, "PCM_24": 24}


def wav(waveform: np.ndarray, rate: int, subtype: str = "PCM_16") -> bytes:
    """A mono WAV file of samples (samples,) between -1 and 1 at `rate` Hz.

    Samples of so many bits come out as they were: libsndfile would multiply by one less than it divided by.

    Args:
        waveform: beyond -1 and 1 it is cut off.
        rate: in Hz.
        subtype: of `BITS`.
    """
    import soundfile

    full = 1 << (BITS[subtype] - 1)
    numbers = np.clip(np.rint(waveform.astype(np.float64) * full), -full, full - 1)
    # Of 32 bits a file of 24 takes the upper ones.
    whole = numbers.astype(np.int16) if subtype == "PCM_16" else numbers.astype(np.int32) << 8
    written = io.BytesIO()
    soundfile.write(written, whole, rate, format="WAV", subtype=subtype)
    return written.getvalue()
