"""Rows of a strict figure with its interval and of the official one beside it. Knows nothing of what they measure."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from evaluation.figures.style import Look


if TYPE_CHECKING:
    from matplotlib.figure import Figure


NARROW_NAME = 24
"""Characters of a line of a row's name in a narrow figure; a longer name has several."""
LINE, ROW = 0.09, 0.27
"""Inches that a further line of a name takes, and a row of one line."""


@dataclass(frozen=True)
class Row:
    """What stands in a row: its name, the values, None where there is none, and whether it is the whole."""

    name: str
    strict: float | None
    interval: Sequence[float] | None
    official: float | None
    whole: bool


def height_of(rows: Sequence[Row], look: Look) -> float:
    """Inches that the rows take."""
    lines = max(name.count("\n") for name in _names(rows, look))
    return (ROW + LINE * lines) * len(rows)


def _names(rows: Sequence[Row], look: Look) -> list[str]:
    return [textwrap.fill(row.name, NARROW_NAME) if look.narrow else row.name for row in rows]


def draw_rows(drawing: Figure, axes: Any, rows: Sequence[Row], look: Look, scale: float) -> None:
    """Draw the rows from top to bottom, their names and the legend.

    Args:
        drawing, axes: of `evaluation.figures.style.figure`.
        rows: from top to bottom.
        look: light or dark, wide or narrow.
        scale: of the values: 100 for shares that are shown in percent.
    """
    for place, row in enumerate(rows):
        if row.whole:
            axes.axhspan(place - 0.5, place + 0.5, color=look.rule, alpha=0.55, linewidth=0)
        if row.interval is not None:
            ends = [scale * end for end in row.interval]
            width = 3.2 if row.whole else 2
            axes.plot(ends, [place] * 2, color=look.accent, linewidth=width, alpha=0.55, solid_capstyle="butt")
        if row.strict is not None:
            axes.plot(scale * row.strict, place, "o", color=look.accent, markersize=7 if row.whole else 5.4)
        if row.official is not None:
            axes.plot(scale * row.official, place, "D", markersize=4.6, **_hollow(look))
    axes.set_yticks(range(len(rows)), _names(rows, look), linespacing=0.95)
    for tick, row in zip(axes.get_yticklabels(), rows, strict=True):
        tick.set_fontweight("bold" if row.whole else "normal")
    axes.set_ylim(len(rows) - 0.5, -0.5)
    axes.grid(axis="x")
    axes.tick_params(axis="y", length=0)
    axes.spines["left"].set_visible(False)
    drawing.legend(handles=_legend(look), loc="outside upper center", ncols=2, handletextpad=0.4)


def _hollow(look: Look) -> dict[str, Any]:
    return {"markerfacecolor": "none", "markeredgecolor": look.warm, "markeredgewidth": 1.3}


def _legend(look: Look) -> list[Any]:
    from matplotlib.lines import Line2D

    return [
        Line2D([], [], color=look.accent, marker="o", markersize=6, linewidth=2.4, label="strict (95%)"),
        Line2D([], [], linewidth=0, marker="D", markersize=4.6, label="official", **_hollow(look)),
    ]
