"""Where somebody speaks, by silero-vad. Knows nothing of what is said or by whom."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np


RATE = 16_000
"""Hz; what the model hears."""


@lru_cache(maxsize=1)
def _detector() -> Any:
    """The model, once a process: the ONNX one that takes many frames a call, on one thread."""
    import torch

    threads = torch.get_num_threads()
    try:
        from silero_vad import load_silero_vad

        return load_silero_vad(sequence=True)
    except ImportError as error:
        raise ImportError(
            f"silero-vad or onnxruntime is missing ({error}): pip install 'audio-reasoner[build]'."
        ) from error
    finally:
        torch.set_num_threads(threads)  # importing silero_vad sets it to one


def speech_segments(waveform: np.ndarray) -> list[tuple[float, float]]:
    """Start and end, in seconds, of each stretch of speech in (samples,) at 16 kHz.

    silero-vad's own settings: stretches of at least 0.25 s, parted by pauses of at least 0.1 s, widened by 30 ms.

    Raises:
        ImportError: silero-vad or onnxruntime is not installed.
    """
    detector = _detector()
    from silero_vad import get_speech_timestamps_sequence

    found = get_speech_timestamps_sequence(waveform, detector, sampling_rate=RATE)
    return [(segment["start"] / RATE, segment["end"] / RATE) for segment in found]
