"""The loss curve with the audio-blind floor drawn in."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from evaluation.figures.style import Look, figure, png


Curve = Sequence[tuple[int, float]]


def loss_figure(train: Curve, held_out: Curve, floor: float | None, look: Look, ground: str | None = None) -> bytes:
    """PNG of loss (nats a token, logarithmic) by step.

    Args:
        train: (step, loss) on training batches.
        held_out: (step, loss) on the validation split.
        floor: the audio-blind floor of the validation split, where it is known.
        look: light or dark, wide or narrow.
        ground: colour behind the figure; transparent by default.
    """
    with figure(look, 3.4 if look.narrow else 3.6) as (drawing, axes):
        draw_loss(axes, train, held_out, floor, look)
        axes.set_xlabel("optimizer step")
        return png(drawing, ground)


def draw_loss(axes: Any, train: Curve, held_out: Curve, floor: float | None, look: Look) -> None:
    """Draw the curves and the floor on `axes`, with the loss on a logarithmic scale."""
    from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

    if train:
        dot = "o" if len(train) == 1 else None  # a line through one point is none
        axes.plot(
            *zip(*train, strict=True), color=look.faint, linewidth=1.1, marker=dot, markersize=3.5, label="training"
        )
    if held_out:
        axes.plot(
            *zip(*held_out, strict=True),
            color=look.accent,
            linewidth=2,
            marker="o",
            markersize=4.5,
            markeredgecolor=look.page,
            label="held out",
        )
    axes.set_yscale("log")
    if floor is not None:
        axes.axhline(floor, color=look.warm, linewidth=1.4, linestyle=(0, (5, 3)))
        lowest = min(value for _, value in [*train, *held_out, (0, floor)])
        highest = max(value for _, value in [*train, *held_out, (0, floor)])
        axes.set_ylim(lowest / 1.7, highest * 1.3)
        axes.annotate(
            f"audio-blind floor {floor:.4f}",
            (0.01, floor),
            xycoords=("axes fraction", "data"),
            xytext=(0, 4),
            textcoords="offset points",
            ha="left",
            va="bottom",
            color=look.warm,
            fontsize=8.5,
        )
    axes.yaxis.set_major_locator(LogLocator(base=10, subs=(1, 2, 5)))
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    axes.yaxis.set_minor_formatter(NullFormatter())
    axes.tick_params(axis="y", which="minor", length=0)
    axes.grid(axis="y")
    axes.margins(x=0.02)
    axes.set_ylabel("loss, nats a token")
    axes.legend(loc="upper right")
