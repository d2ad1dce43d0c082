"""The bytes of a clip in the format that an endpoint takes. Knows nothing of requests."""

from __future__ import annotations

import io


def audio_format(contents: bytes) -> str | None:
    """`wav`, `flac` or `mp3` by the first bytes, or None."""
    if contents[:4] == b"RIFF" and contents[8:12] == b"WAVE":
        return "wav"
    if contents[:4] == b"fLaC":
        return "flac"
    if contents[:3] == b"ID3" or (len(contents) > 1 and contents[0] == 0xFF and contents[1] & 0xE0 == 0xE0):
        return "mp3"
    return None


def audio_seconds(contents: bytes, name: str) -> float:
    """How long the audio is, from its header.

    Raises:
        ValueError: it is not audio that libsndfile reads; names `name`.
    """
    import soundfile

    try:
        with soundfile.SoundFile(io.BytesIO(contents)) as file:
            return file.frames / file.samplerate
    except soundfile.LibsndfileError as error:
        raise ValueError(f"{name}: {len(contents)} bytes cannot be read as audio ({error.error_string}).") from None


def to_format(contents: bytes, wanted: str, name: str) -> bytes:
    """The audio as 16-bit WAV, FLAC or MP3; unchanged where it is that already.

    Raises:
        ValueError: it is not audio, or libsndfile cannot write the format; names `name`.
    """
    if audio_format(contents) == wanted:
        return contents
    import soundfile

    try:
        samples, rate = soundfile.read(io.BytesIO(contents), dtype="int16")
        written = io.BytesIO()
        soundfile.write(written, samples, rate, format=wanted.upper(), subtype=None if wanted == "mp3" else "PCM_16")
    except (soundfile.LibsndfileError, ValueError) as error:
        raise ValueError(f"{name}: the audio cannot be written as {wanted} ({error}).") from None
    return written.getvalue()
