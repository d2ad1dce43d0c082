"""A recording as the model hears it: its samples at the model's rate, and the log-mels of all its windows.

Knows the processor; knows nothing of how a recording is shown.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from app.asking.loading import code_of


if TYPE_CHECKING:
    import numpy as np


@dataclass(frozen=True)
class Heard:
    """What the model hears of one recording.

    Args:
        name: its file's name.
        waveform: (samples,) float32, mono, at the model's rate.
        sampling_rate: the model's rate, in Hz.
        log_mels: (bands, frames) of all windows, one after the other, as the encoder gets them.
        frame_seconds: between two frames.
        window_seconds: the longest that the encoder hears at once.
    """

    name: str
    waveform: np.ndarray
    sampling_rate: int
    log_mels: np.ndarray
    frame_seconds: float
    window_seconds: float

    @property
    def seconds(self) -> float:
        return len(self.waveform) / self.sampling_rate

    @property
    def windows(self) -> int:
        return -(-len(self.waveform) // round(self.window_seconds * self.sampling_rate))

    @property
    def sound(self) -> dict[str, Any]:
        """The recording as a message takes it."""
        return {"array": self.waveform, "sampling_rate": self.sampling_rate, "path": self.name}


def hear(recording: str | Path | None, processor: Any) -> Heard:
    """Read a recording by the model's own code and compute what its encoder gets.

    Raises:
        ValueError: there is no recording, it cannot be read, it is silent, or it is longer than the model hears.
        OSError: the file is missing.
    """
    import numpy as np

    if not recording:
        raise ValueError("There is no recording yet: upload one, record one, or take an example.")
    path = Path(recording)
    if not path.is_file():
        raise FileNotFoundError(f"{path.name} is not there any more: upload it again.")
    extractor, audio = processor.feature_extractor, code_of(processor, "audio_loading")
    _refuse_longer(path, extractor.max_duration)
    waveform = audio.load_audio({"bytes": path.read_bytes(), "path": path.name}, extractor.sampling_rate)
    audio.check_audible(waveform, path.name)
    audio.check_duration(path.name, len(waveform), extractor.sampling_rate, extractor.max_duration)
    features = extractor(waveform, return_tensors="np")
    lengths = features["feature_attention_mask"].sum(-1)
    windows = [window[:, :length] for window, length in zip(features["input_features"], lengths, strict=True)]
    return Heard(
        name=path.name,
        waveform=waveform,
        sampling_rate=extractor.sampling_rate,
        log_mels=np.concatenate(windows, axis=1),
        frame_seconds=extractor.hop_length / extractor.sampling_rate,
        window_seconds=extractor.n_samples / extractor.sampling_rate,
    )


def _refuse_longer(path: Path, limit: float) -> None:
    """Refuse by its header what is too long, before hours of samples are decoded; other faults are left to reading.

    Raises:
        ValueError: the recording is longer than `limit` seconds.
    """
    import soundfile

    try:
        header = soundfile.info(path)
    except (soundfile.LibsndfileError, OSError):
        return
    if header.samplerate and (seconds := header.frames / header.samplerate) > limit:
        raise ValueError(
            f"{path.name} lasts {seconds:.1f} s, and the model hears at most {limit:g} s: cut out the part that you "
            "ask about."
        )
