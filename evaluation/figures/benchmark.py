"""A benchmark's figures by group, official and strict, and those of a run beside its controls."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from evaluation.figures.sides import Row, draw_rows, height_of
from evaluation.figures.style import Look, figure, png


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
) -> bytes:
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
    drawn = [
        Row(f"{name} ({line['n']})", line["strict"], line["intervals"]["strict"], line["official"], whole)
        for name, line, whole in rows
    ]
    with figure(look, 0.95 + height_of(drawn, look)) as (drawing, axes):
        draw_rows(drawing, axes, drawn, look, 100 if share else 1)
        if share:
            axes.set_xlim(-2, 102)
        axes.set_xlabel("accuracy, percent" if share else measure)
        return png(drawing, ground)
