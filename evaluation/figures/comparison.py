"""How two runs of a benchmark differ, as a whole and in each group."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from evaluation.figures.sides import Row, draw_rows, height_of
from evaluation.figures.style import Look, figure, png


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
    drawn = [
        Row(
            f"{name} ({line['n']})",
            line["strict"]["difference"],
            line["strict"]["interval"],
            line["official"]["difference"],
            whole,
        )
        for name, line, whole in rows
    ]
    with figure(look, 1.0 + height_of(drawn, look)) as (drawing, axes):
        axes.axvline(0, color=look.faint, linewidth=1.1)
        draw_rows(drawing, axes, drawn, look, scale)
        if measure == "accuracy":
            low, high = axes.get_xlim()
            axes.set_xlim(min(low, -LEAST), max(high, LEAST))
        unit = "points" if measure == "accuracy" else measure
        axes.set_xlabel(f"first minus second, {unit}")
        return png(drawing, ground)
