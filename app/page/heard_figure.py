"""Waveform and log-mels of what the model heard, as one figure and as a piece of the page.

Knows what was heard; knows nothing of models. The figure is drawn for a light and a dark page, wide and narrow.
"""

from __future__ import annotations

import base64
from html import escape
from typing import TYPE_CHECKING

from app.page.listening import Heard
from evaluation.figures.style import LOOKS, Look, panels, png


if TYPE_CHECKING:
    import numpy as np

COLUMNS = 1200  # more than a page is wide; frames and samples that share one are drawn by their extremes
COLUMN_WIDTH = 5.6  # inches of the wide figure, which stands beside the question and not across the page
MARKS_HZ = (250, 1000, 2000, 4000, 8000)


def heard_figure(heard: Heard, look: Look) -> bytes:
    """PNG of the waveform above the log-mels, over seconds; where windows meet there is a line."""
    import numpy as np
    from matplotlib.ticker import MaxNLocator
    from transformers.audio_utils import hertz_to_mel

    seconds, highest = heard.seconds, heard.sampling_rate / 2
    low, high = _extremes(heard.waveform)
    image = _strongest(heard.log_mels)
    bands = len(image)
    with panels(look, [0.62, 1.3] if look.narrow else [0.66, 1.5]) as (drawing, (wave, mels)):
        if not look.narrow:
            drawing.set_size_inches(COLUMN_WIDTH, drawing.get_figheight())
        times = np.linspace(0, seconds, len(low))
        wave.fill_between(times, low, high, color=look.accent, linewidth=0.4)
        peak = float(np.abs(heard.waveform).max())
        wave.set_ylim(-1.05 * peak, 1.05 * peak)
        wave.set_yticks([-peak, 0, peak], [f"−{peak:.2g}", "0", f"{peak:.2g}"])
        wave.tick_params(axis="x", length=0)
        wave.spines["bottom"].set_visible(False)
        end = heard.log_mels.shape[1] * heard.frame_seconds
        mels.imshow(
            image,
            origin="lower",
            aspect="auto",
            cmap="magma",
            interpolation="nearest",
            extent=(0, end, 0, bands),
        )
        # Whisper's filters lie evenly on Slaney's mel scale.
        top = hertz_to_mel(highest, mel_scale="slaney")
        marks = [mark for mark in MARKS_HZ if mark <= highest]
        places = [bands * hertz_to_mel(float(mark), mel_scale="slaney") / top for mark in marks]
        mels.set_yticks(places, [f"{mark / 1000:g}" for mark in marks])
        for boundary in range(1, heard.windows):
            for axes, ink in ((wave, look.faint), (mels, "white")):
                axes.axvline(boundary * heard.window_seconds, color=ink, linewidth=0.8, linestyle=(0, (3, 3)))
        mels.set_xlim(0, seconds)
        mels.xaxis.set_major_locator(MaxNLocator(6 if look.narrow else 10))
        mels.set_xlabel("seconds")
        mels.set_ylabel("kHz")
        return png(drawing)


def heard_html(heard: Heard) -> str:
    """The figure for the page: the rendering that fits its theme and its width is shown, and described in words."""
    told = description(heard)
    pictures = []
    for dark in (False, True):
        narrow, wide = (_data_uri(heard_figure(heard, look)) for look in _looks(dark))
        pictures.append(
            f'<picture class="on-{"dark" if dark else "light"}"><source media="(max-width: 640px)" srcset="{narrow}">'
            f'<img src="{wide}" alt="Waveform and spectrogram. {escape(told)}"></picture>'
        )
    return f'<figure class="heard">{"".join(pictures)}<figcaption>{escape(told)}</figcaption></figure>'


def description(heard: Heard) -> str:
    """In words, how the model hears it."""
    windows = "one window" if heard.windows == 1 else f"{heard.windows} windows, one after the other"
    return (
        f"{heard.name}: {heard.seconds:.2f} s at {heard.sampling_rate / 1000:g} kHz, mono, heard in {windows} of up "
        f"to {heard.window_seconds:g} s."
    )


def _looks(dark: bool) -> tuple[Look, Look]:
    narrow, wide = sorted((look for look in LOOKS if look.dark == dark), key=lambda look: not look.narrow)
    return narrow, wide


def _data_uri(image: bytes) -> str:
    return f"data:image/png;base64,{base64.b64encode(image).decode('ascii')}"


def _extremes(waveform: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The lowest and the highest sample of each column, (columns,) both."""
    import numpy as np

    starts = np.unique(np.linspace(0, len(waveform), COLUMNS, endpoint=False, dtype=np.int64))
    return np.minimum.reduceat(waveform, starts), np.maximum.reduceat(waveform, starts)


def _strongest(log_mels: np.ndarray) -> np.ndarray:
    """(bands, frames), with the strongest of the frames that share a column of the figure."""
    import numpy as np

    frames = log_mels.shape[1]
    starts = np.unique(np.linspace(0, frames, min(frames, COLUMNS), endpoint=False, dtype=np.int64))
    return np.maximum.reduceat(log_mels, starts, axis=1)
