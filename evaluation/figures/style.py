"""How the report's figures look: light or dark, wide or narrow, always on a transparent ground."""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any


if TYPE_CHECKING:
    from matplotlib.figure import Figure


@dataclass(frozen=True)
class Look:
    """One rendering of a figure.

    Args:
        dark: light ink for a dark page.
        narrow: proportions for a phone.
    """

    dark: bool = False
    narrow: bool = False

    @property
    def name(self) -> str:
        return f"{'dark' if self.dark else 'light'}-{'narrow' if self.narrow else 'wide'}"

    @property
    def ink(self) -> str:
        return "#e8e6e1" if self.dark else "#1d232b"

    @property
    def faint(self) -> str:
        return "#9aa3ad" if self.dark else "#6b7480"

    @property
    def rule(self) -> str:
        return "#343b44" if self.dark else "#e2e0da"

    @property
    def page(self) -> str:
        return "#14181d" if self.dark else "#ffffff"

    @property
    def accent(self) -> str:
        return "#6db5f2" if self.dark else "#0b62a8"

    @property
    def warm(self) -> str:
        return "#f0a35e" if self.dark else "#b8560f"

    @property
    def width(self) -> float:
        """Inches."""
        return 3.9 if self.narrow else 7.4


LOOKS = (Look(), Look(dark=True), Look(narrow=True), Look(dark=True, narrow=True))


@contextmanager
def figure(look: Look, height: float) -> Iterator[tuple[Figure, Any]]:
    """A figure of `look.width` by `height` inches with one pair of axes, in the report's type and ink."""
    with panels(look, [height]) as (drawing, (axes,)):
        yield drawing, axes


@contextmanager
def panels(look: Look, heights: Sequence[float]) -> Iterator[tuple[Figure, list[Any]]]:
    """As `figure`, with one pair of axes a height in inches, one below the other; they share the x axis."""
    import matplotlib

    settings = {
        "font.family": "DejaVu Sans",
        "font.size": 9,
        "text.color": look.ink,
        "axes.edgecolor": look.faint,
        "axes.labelcolor": look.ink,
        "axes.spines.top": False,
        "axes.spines.right": False,
        "axes.linewidth": 0.7,
        "axes.axisbelow": True,
        "xtick.color": look.faint,
        "ytick.color": look.faint,
        "xtick.labelcolor": look.ink,
        "ytick.labelcolor": look.ink,
        "xtick.labelsize": 8.5,
        "ytick.labelsize": 8.5,
        "grid.color": look.rule,
        "grid.linewidth": 0.7,
        "legend.frameon": False,
        "legend.fontsize": 8.5,
    }
    with matplotlib.rc_context(settings):
        from matplotlib.backends.backend_agg import FigureCanvasAgg
        from matplotlib.figure import Figure

        drawing = Figure(figsize=(look.width, sum(heights)), dpi=170, layout="constrained")
        FigureCanvasAgg(drawing)
        axes = drawing.subplots(len(heights), sharex=True, squeeze=False, height_ratios=list(heights))
        yield drawing, list(axes[:, 0])


def png(drawing: Figure, ground: str | None = None) -> bytes:
    """The figure as PNG, on a transparent ground unless one is given."""
    buffer = io.BytesIO()
    drawing.savefig(buffer, format="png", transparent=ground is None, facecolor=ground or "none")
    return buffer.getvalue()
