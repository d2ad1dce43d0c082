"""A benchmark's figures by group, official and strict, and those of a run beside its controls."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from evaluation.figures.style import Look, figure, png


ROW = 0.27  # inches


def groups_figure(scores: Mapping[str, Any], look: Look, ground: str | None = None) -> bytes:
    """PNG of the official and the strict figure of the whole and of every group, the strict one with its interval.

    Args:
        scores: as `evaluation.outputs.score.score_outputs` gives them.
        look: light or dark, wide or narrow.
        ground: colour behind the figure; transparent by default.
    """
    rows: list[tuple[str, Mapping[str, Any], bool]] = [("all", scores, True)]
    for groups in scores["by_group"].values():
        rows += [(name.replace("_", " "), line, False) for name, line in groups.items()]
    return _rows_figure(rows, scores["measure"], look, ground)


def trust_figure(
    trust: Mapping[str, Any], measure: str, names: Mapping[str, str], look: Look, ground: str | None = None
):
    """PNG of the figures of a run and of its controls, a row each.

    Args:
        trust: as `evaluation.runs.trust.run_controls` gives it.
        measure: "accuracy", or the name of another figure.
        names: what each run is called.
        look, ground: as above.
    """
    rows = [(names[line["name"]], line, line["name"] == "real") for line in trust["runs"]]
    return _rows_figure(rows, measure, look, ground)


def _rows_figure(
    rows: Sequence[tuple[str, Mapping[str, Any], bool]], measure: str, look: Look, ground: str | None
) -> bytes:
    share = measure == "accuracy"
    scale = 100 if share else 1
    with figure(look, 0.95 + ROW * len(rows)) as (drawing, axes):
        for place, (_, line, strong) in enumerate(rows):
            if strong:
                axes.axhspan(place - 0.5, place + 0.5, color=look.rule, alpha=0.55, linewidth=0)
            interval = line["intervals"]["strict"]
            if interval is not None:
                ends = [scale * end for end in interval]
                width = 3.2 if strong else 2
                axes.plot(ends, [place] * 2, color=look.accent, linewidth=width, alpha=0.55, solid_capstyle="butt")
            if line["strict"] is not None:
                axes.plot(scale * line["strict"], place, "o", color=look.accent, markersize=7 if strong else 5.4)
            if line["official"] is not None:
                axes.plot(scale * line["official"], place, "D", markersize=4.6, **_hollow(look))
        axes.set_yticks(range(len(rows)), [f"{name} ({line['n']})" for name, line, _ in rows])
        for tick, (_, _, strong) in zip(axes.get_yticklabels(), rows, strict=True):
            tick.set_fontweight("bold" if strong else "normal")
        axes.set_ylim(len(rows) - 0.5, -0.5)
        if share:
            axes.set_xlim(-2, 102)
        axes.set_xlabel("accuracy, percent" if share else measure)
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
