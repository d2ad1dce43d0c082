"""A figure of pass rates: how many rows have so many right answers. Knows numbers alone."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from pathlib import Path


LABELS = {"right": "answers that think", "right_without_thinking": "answers that respond at once"}
COLORS = {"right": "#4c72b0", "right_without_thinking": "#dd8452"}


def write_figure(right: Mapping[str, Mapping[str, int]], answers: int, path: Path) -> None:
    """Draw rows by right answers into an image file.

    Args:
        right: of each row the right ones of its answers, by the names of the counts.
        answers: sampled for each count.
        path: ends in an image format.
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(7.4, 3.6), layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.add_subplot()
    names = list(next(iter(right.values())))
    width = 0.8 / len(names)
    for place, name in enumerate(names):
        rows = Counter(counts[name] for counts in right.values())
        heights = [rows[number] for number in range(answers + 1)]
        left = [number - 0.4 + width * place for number in range(answers + 1)]
        bars = axes.bar(left, heights, width, align="edge", color=COLORS[name], label=LABELS[name])
        axes.bar_label(bars, labels=[f"{height:,}" if height else "" for height in heights], fontsize=7, padding=2)
    step = max(1, answers // 16)
    axes.set_xticks(range(0, answers + 1, step), [f"{number}/{answers}" for number in range(0, answers + 1, step)])
    axes.set_xlabel("right answers to a question")
    axes.set_ylabel("rows")
    axes.margins(y=0.12)
    axes.spines[["top", "right"]].set_visible(False)
    axes.set_title(f"Pass rates of {len(right):,} rows", loc="left")
    if len(names) > 1:
        axes.legend(frameon=False, fontsize=8)
    figure.savefig(path, dpi=150)
