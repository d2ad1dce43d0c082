"""What can be measured of a recording, under the names by which rows, prompts and checks know it.

| key | unit | meaning | by |
|---|---|---|---|
| `duration` | s | length | |
| `rate` | Hz | samples a second of the file | |
| `loudness` | LUFS | integrated, ITU-R BS.1770-4; null for silence | pyloudnorm |
| `peak` | dBFS | largest sample; null where all are 0 | |
| `clipped` | 0..1 | share of samples in runs of three or more at full scale | |
| `dynamic_range` | dB | loud (95th percentile) over soft (10th) blocks of 0.4 s; absent below 1 s | |
| `bandwidth` | Hz | highest frequency with energy; absent for silence | scipy |
| `silence` | [[s, s]] | start and end of stretches of 0.2 s or more in which nothing is heard | |
| `silent_share` | 0..1 | their share of the duration | |
| `speech` | [[s, s]] | start and end of stretches of speech; singing often counts | silero-vad |
| `speech_share` | 0..1 | their share of the duration | |
| `tempo` | BPM | music: beats a minute; absent below 4 s and without a beat | librosa |
| `tempo_strength` | 0.2..1 | music: autocorrelation of the onsets at that beat | librosa |
| `tempo_rival` | BPM | music: half or double the tempo, where it fits nearly as well | librosa |
| `key` | name | music: such as "A minor" or "C# major"; absent below 1 s and without notes | librosa |
| `key_strength` | 0.5..1 | music: correlation of the notes with those of the key | librosa |
| `key_rival` | name | music: the key that fits next best | librosa |
| `pitch_range` | [Hz] | speech: 10th, 50th and 90th percentile over voiced frames; absent without | librosa |
| `pitch_voiced_share` | 0..1 | speech: share of voiced frames in the stretches of speech | librosa |

Facts that do not apply are absent. The same samples give the same facts.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import numpy as np

from ..clip import resample
from ..recording import DOMAINS
from . import music_facts, speech_segments
from .bandwidth import bandwidth
from .loudness import clipped_share, dynamic_range, integrated_loudness, peak
from .pitch import pitch
from .silence import silences


GROUPS = ("level", "silence", "speech", "music")
"""Facts that are measured together; `speech` includes the pitch of voices."""


def measure(waveform: np.ndarray, rate: int, domain: str, groups: Collection[str] | None = None) -> dict[str, Any]:
    """The facts of a recording, as JSON can hold them.

    Args:
        waveform: float32 mono (samples,), full scale at -1 and 1.
        rate: its sampling rate in Hz.
        domain: `"sound"`, `"speech"` or `"music"`; says which facts apply.
        groups: of `GROUPS`; None for all. Length and rate are always given.

    Raises:
        ValueError: the waveform is not mono floating-point samples, has none, or holds NaN or infinite ones; the rate
            is not positive; the domain is unknown.
        ImportError: a library of the extra `build` is not installed.
    """
    check_groups(groups)
    waveform = _checked(waveform, rate, domain)
    duration = len(waveform) / rate
    wanted = GROUPS if groups is None else groups
    facts: dict[str, Any] = {"duration": round(duration, 3), "rate": int(rate)}
    if "level" in wanted:
        facts |= {
            "loudness": _rounded(integrated_loudness(waveform, rate), 1),
            "peak": _rounded(peak(waveform), 1),
            "clipped": round(clipped_share(waveform), 5),
        }
        facts |= _known(dynamic_range=_rounded(dynamic_range(waveform, rate), 1))
        facts |= _known(bandwidth=_rounded(bandwidth(waveform, rate), 0))
    if "silence" in wanted:
        facts |= _stretches("silence", "silent_share", silences(waveform, rate), duration)
    if "speech" in wanted:
        heard = resample(waveform, rate, speech_segments.RATE)
        spoken = speech_segments.speech_segments(heard)
        facts |= _stretches("speech", "speech_share", spoken, duration)
        if domain == "speech":
            facts |= _voice(heard, spoken)
    if "music" in wanted and domain == "music":
        facts |= _music(music_facts.middle(waveform, rate), rate)
    return facts


def check_groups(groups: Collection[str] | None) -> None:
    """Raises ValueError where a name is none of `GROUPS`."""
    if unknown := [name for name in groups or () if name not in GROUPS]:
        raise ValueError(f"There are no facts {unknown[0]!r}; there are {', '.join(GROUPS)}.")


def _checked(waveform: np.ndarray, rate: int, domain: str) -> np.ndarray:
    if waveform.ndim != 1 or not np.issubdtype(waveform.dtype, np.floating):
        raise ValueError(
            f"The waveform is {waveform.dtype} of shape {waveform.shape}: pass mono float32 samples (samples,)."
        )
    if not len(waveform):
        raise ValueError("The waveform has zero samples: there is nothing to measure.")
    if not np.isfinite(waveform).all():
        raise ValueError("The waveform holds NaN or infinite samples: repair the recording first.")
    if rate <= 0:
        raise ValueError(f"The sampling rate is {rate}: pass the recording's own, in Hz.")
    if domain not in DOMAINS:
        raise ValueError(f"The domain is {domain!r}; use one of {', '.join(DOMAINS)}.")
    return np.ascontiguousarray(waveform, dtype=np.float32)


def _voice(heard: np.ndarray, spoken: list[tuple[float, float]]) -> dict[str, Any]:
    rate = speech_segments.RATE
    parts = [heard[round(start * rate) : round(end * rate)] for start, end in spoken]
    if not parts:
        return {}
    frequencies, share = pitch(np.concatenate(parts), rate)
    return _known(
        pitch_range=None if frequencies is None else [round(value) for value in frequencies],
        pitch_voiced_share=round(share, 3),
    )


def _music(part: np.ndarray, rate: int) -> dict[str, Any]:
    tempo = music_facts.tempo(resample(part, rate, music_facts.RATE))
    key = music_facts.key(resample(part, rate, music_facts.KEY_RATE))
    facts: dict[str, Any] = {}
    if tempo is not None:
        facts |= {"tempo": round(tempo.bpm, 1), "tempo_strength": round(tempo.strength, 2)}
        facts |= _known(tempo_rival=_rounded(tempo.rival, 1))
    if key is not None:
        facts |= {"key": key.name, "key_strength": round(key.strength, 2), "key_rival": key.rival}
    return facts


def _stretches(name: str, share: str, bounds: list[tuple[float, float]], duration: float) -> dict[str, Any]:
    bounds = [(start, min(end, duration)) for start, end in bounds]
    whole = sum(end - start for start, end in bounds)
    return {
        name: [[round(start, 2), round(end, 2)] for start, end in bounds],
        share: round(min(whole / duration, 1.0), 3),
    }


def _rounded(value: float | None, digits: int) -> float | None:
    return None if value is None else round(value, digits) + 0.0  # -0.0 becomes 0.0


def _known(**facts: Any) -> dict[str, Any]:
    return {name: value for name, value in facts.items() if value is not None}
