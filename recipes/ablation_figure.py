"""A figure of the ablations: accuracy of each variant, and its difference to `full`. Knows numbers alone."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any


INK, FAINT, ACCENT, WARM = "#1d232b", "#9aa3ad", "#0b62a8", "#b8560f"


def write_figure(results: Mapping[str, Any], path: Path) -> None:
    """Draw means with 95% intervals, and each seed, into an image file.

    Args:
        results: as `ablation_results.collect` gives them.
        path: ends in an image format.
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    variants = results["variants"]
    figure = Figure(figsize=(8.4, 1.5 + 0.36 * len(variants)), layout="constrained")
    FigureCanvasAgg(figure)
    left, right = figure.subplots(1, 2, sharey=True)
    for place, found in enumerate(variants.values()):
        _dot(left, place, found["accuracy"]["all"])
        seeds = [100 * value for value in found["seeds"].values()]
        left.plot(seeds, [place + 0.24] * len(seeds), "|", color=INK, markersize=7, zorder=3)
        if found["silence"] is not None:
            left.plot(100 * found["silence"], place, "o", color=FAINT, markersize=5, fillstyle="none")
        if "all" in found["difference"]:
            _dot(right, place, found["difference"]["all"])
    left.axvline(100 * results["chance"], color=WARM, linewidth=1.2)
    right.axvline(0, color=FAINT, linewidth=1)
    left.set_yticks(range(len(variants)), [name.replace("_", " ") for name in variants])
    left.set_ylim(len(variants) - 0.4, -0.6)
    left.set_xlim(0, 100)
    left.set_xlabel("accuracy, percent")
    right.set_xlabel("difference to full, points")
    for axes in (left, right):
        axes.grid(axis="x", color="#e2e0da", linewidth=0.7)
        axes.set_axisbelow(True)
        axes.spines[["top", "right", "left"]].set_visible(False)
        axes.tick_params(axis="y", length=0)
    figure.legend(handles=_legend(results), loc="outside lower center", ncols=4, frameon=False, fontsize=8)
    figure.savefig(path, dpi=150)


def _dot(axes: Any, place: int, found: Mapping[str, float]) -> None:
    ends = [100 * found["low"], 100 * found["high"]]
    axes.plot(ends, [place, place], color=ACCENT, linewidth=3, alpha=0.5, solid_capstyle="butt")
    axes.plot(100 * found["mean"], place, "o", color=ACCENT, markersize=6)


def _legend(results: Mapping[str, Any]) -> list[Any]:
    from matplotlib.lines import Line2D

    handles = [
        Line2D([], [], color=ACCENT, marker="o", markersize=6, linewidth=2.4, label="mean of the seeds, 95%"),
        Line2D([], [], color=INK, marker="|", markersize=7, linewidth=0, label="one seed"),
        Line2D([], [], color=WARM, marker="|", markersize=10, linewidth=0, label="chance"),
    ]
    if any(found["silence"] is not None for found in results["variants"].values()):
        handles.append(
            Line2D(
                [], [], color=FAINT, marker="o", markersize=5, fillstyle="none", linewidth=0, label="hearing silence"
            )
        )
    return handles
