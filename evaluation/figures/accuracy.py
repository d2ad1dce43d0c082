"""Accuracy by domain and task, with intervals, beside what does not hear."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from evaluation.figures.style import Look, figure, png


# name in a line of the table, legend, marker, size
_CONTROLS = (
    ("silence", "silence", "o", 5.0),
    ("shuffled", "another clip", "D", 4.4),
    ("text_only", "text only", "x", 5.0),
)


def accuracy_figure(lines: Sequence[Mapping[str, Any]], look: Look, ground: str | None = None) -> bytes:
    """PNG of the accuracies of `evaluation.score.score_table`, a row each: dot and 95% interval.

    Args:
        lines: of the table, from top to bottom.
        look: light or dark, wide or narrow.
        ground: colour behind the figure; transparent by default.
    """
    height = 0.95 + 0.27 * len(lines) + (0.25 if look.narrow else 0)
    with figure(look, height) as (drawing, axes):
        places = list(range(len(lines)))
        for place, line in zip(places, lines, strict=True):
            whole = line["scope"] != "task"
            real = line["real"]
            if whole:
                axes.axhspan(place - 0.5, place + 0.5, color=look.rule, alpha=0.55, linewidth=0)
            axes.plot([100 * line["chance"]] * 2, [place - 0.36, place + 0.36], color=look.warm, linewidth=1.6)
            axes.plot(
                [100 * real["low"], 100 * real["high"]],
                [place, place],
                color=look.accent,
                linewidth=3.2 if whole else 2,
                alpha=0.55,
                solid_capstyle="butt",
            )
            axes.plot(100 * real["accuracy"], place, "o", color=look.accent, markersize=7 if whole else 5.4)
            for name, _, marker, size in _CONTROLS:
                value = _accuracy(line, name)
                if value is not None:
                    axes.plot(100 * value, place, marker, markersize=size, **_hollow(look))
        axes.set_yticks(places, [_label(line) for line in lines])
        for tick, line in zip(axes.get_yticklabels(), lines, strict=True):
            tick.set_fontweight("bold" if line["scope"] != "task" else "normal")
        axes.set_ylim(len(lines) - 0.5, -0.5)
        axes.set_xlim(-2, 102)
        axes.set_xlabel("accuracy, percent")
        axes.grid(axis="x")
        axes.tick_params(axis="y", length=0)
        axes.spines["left"].set_visible(False)
        drawing.legend(
            handles=_legend(look, lines),
            loc="outside upper center",
            ncols=3 if look.narrow else 5,
            handletextpad=0.4,
            columnspacing=1.4,
        )
        return png(drawing, ground)


def _accuracy(line: Mapping[str, Any], name: str) -> float | None:
    value = line.get(name)
    return value["accuracy"] if isinstance(value, Mapping) else value


def _label(line: Mapping[str, Any]) -> str:
    if line["scope"] == "all":
        return "all"
    return line["domain"] if line["scope"] == "domain" else line["task"].replace("_", " ")


def _hollow(look: Look) -> dict[str, Any]:
    return {"markerfacecolor": "none", "markeredgecolor": look.faint, "markeredgewidth": 1.2}


def _legend(look: Look, lines: Sequence[Mapping[str, Any]]) -> list[Any]:
    from matplotlib.lines import Line2D

    handles = [
        Line2D([], [], color=look.accent, marker="o", markersize=6, linewidth=2.4, label="heard (95%)"),
        Line2D([], [], color=look.warm, marker="|", markersize=10, markeredgewidth=1.6, linewidth=0, label="chance"),
    ]
    for name, label, marker, size in _CONTROLS:
        if any(_accuracy(line, name) is not None for line in lines):
            handles.append(Line2D([], [], linewidth=0, marker=marker, markersize=size, label=label, **_hollow(look)))
    return handles
