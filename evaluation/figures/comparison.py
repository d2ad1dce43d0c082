"""How two runs of a benchmark differ, as a whole and in each group."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from textwrap import fill
from typing import Any

from evaluation.figures.style import Look, figure, png


ROW, NARROW_ROW = 0.27, 0.34  # inches
NARROW_NAME = 20
"""Characters of a name in a line of a narrow figure, which has two for it."""
LEAST = 5.0
"""Points to each side of no difference that are shown at least."""


def difference_figure(
    rows: Sequence[tuple[str, Mapping[str, Any], bool]], measure: str, look: Look, ground: str | None = None
) -> bytes:
    """PNG of paired differences, a row each: strict with its 95% interval, and official.

    Args:
        rows: name, line, and whether it is the whole. A line has "n", "strict" and "official", and each of the latter
            a "difference" and its "interval", which are None where there is none.
        measure: "accuracy", or the name of another figure.
        look: light or dark, wide or narrow.
        ground: colour behind the figure; transparent by default.
    """
    scale = 100 if measure == "accuracy" else 1
    names = [f"{name} ({line['n']})" for name, line, _ in rows]
    if look.narrow:
        names = [fill(name, NARROW_NAME) for name in names]
    with figure(look, 1.0 + (NARROW_ROW if look.narrow else ROW) * len(rows)) as (drawing, axes):
        axes.axvline(0, color=look.faint, linewidth=1.1)
        for place, (_, line, whole) in enumerate(rows):
            if whole:
                axes.axhspan(place - 0.5, place + 0.5, color=look.rule, alpha=0.55, linewidth=0)
            strict, official = line["strict"], line["official"]
            if strict["interval"] is not None:
                ends = [scale * end for end in strict["interval"]]
                width = 3.2 if whole else 2
                axes.plot(ends, [place] * 2, color=look.accent, linewidth=width, alpha=0.55, solid_capstyle="butt")
            if strict["difference"] is not None:
                size = 7 if whole else 5.4
                axes.plot(scale * strict["difference"], place, "o", color=look.accent, markersize=size)
            if official["difference"] is not None:
                axes.plot(scale * official["difference"], place, "D", markersize=4.6, **_hollow(look))
        axes.set_yticks(range(len(rows)), names, fontsize=7.5 if look.narrow else None)
        for tick, (_, _, whole) in zip(axes.get_yticklabels(), rows, strict=True):
            tick.set_fontweight("bold" if whole else "normal")
        axes.set_ylim(len(rows) - 0.5, -0.5)
        if measure == "accuracy":
            low, high = axes.get_xlim()
            axes.set_xlim(min(low, -LEAST), max(high, LEAST))
        unit = "points" if measure == "accuracy" else measure
        axes.set_xlabel(f"first minus second, {unit}")
        axes.grid(axis="x")
        axes.tick_params(axis="y", length=0)
        axes.spines["left"].set_visible(False)
        drawing.legend(handles=_legend(look), loc="outside upper center", ncols=2, handletextpad=0.4)
        return png(drawing, ground)


def _hollow(look: Look) -> dict[str, Any]:
    return {"markerfacecolor": "none", "markeredgecolor": look.warm, "markeredgewidth": 1.3}


def _legend(look: Look) -> list[Any]:
    from matplotlib.lines import Line2D

    return [
        Line2D([], [], color=look.accent, marker="o", markersize=6, linewidth=2.4, label="strict (95%)"),
        Line2D([], [], linewidth=0, marker="D", markersize=4.6, label="official", **_hollow(look)),
    ]
