"""The curves of a training run, one panel below the other: what it learns, how, and how fast."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from evaluation.figures.loss import Curve, draw_loss
from evaluation.figures.style import Look, panels, png


SMALL = 1.35
"""Height of the panels below the first, in inches."""


def training_figure(record: Mapping[str, Any], look: Look, ground: str | None = None) -> bytes:
    """PNG of what `evaluation.curves.curves_record` returns; a panel without figures is left out.

    The first panel holds the loss, of a run by rewards the rewards; below it are learning rate, gradient norm, tokens
    a second, and seconds of audio a second.

    Args:
        record: with figures by step.
        look: light or dark, wide or narrow.
        ground: colour behind the figure; transparent by default.
    """
    below: list[tuple[str, Curve]] = [
        (label, record[name])
        for name, label in (
            ("learning_rate", "learning rate"),
            ("gradient_norm", "gradient norm"),
            ("tokens_per_second", "tokens / s"),
            ("audio_per_second", "audio s / s"),
        )
        if record[name]
    ]
    with panels(look, [3.0, *[SMALL] * len(below)]) as (drawing, (first, *others)):
        if record["rewards"]:
            _draw_rewards(first, record["rewards"], look)
        else:
            draw_loss(first, record["train"], record["held_out"], record["floor"], look)
        for axes, (label, curve) in zip(others, below, strict=True):
            dot = "o" if len(curve) == 1 else None  # a line through one point is none
            axes.plot(*zip(*curve, strict=True), color=look.accent, linewidth=1.4, marker=dot, markersize=3.5)
            axes.set_ylim(0, 1.12 * max(value for _, value in curve) or 1)
            axes.set_ylabel(label)
            axes.grid(axis="y")
        drawing.align_ylabels()
        (others or [first])[-1].set_xlabel("optimizer step")
        show_steps(first, record["steps"])
        return png(drawing, ground)


def show_steps(axes: Any, steps: int) -> None:
    """Let the step axis, which panels share, go from 0 to the last step, with whole steps for its ticks."""
    from matplotlib.ticker import MaxNLocator

    axes.set_xlim(0, max(1, steps) * 1.02)
    axes.xaxis.set_major_locator(MaxNLocator(integer=True, min_n_ticks=2))


def _draw_rewards(axes: Any, rewards: Mapping[str, Curve], look: Look) -> None:
    """The means of a step's rewards, each with a line of its own kind."""
    strokes = ("solid", "dashed", "dotted", "dashdot")
    inks = (look.accent, look.warm, look.faint)
    for number, (name, curve) in enumerate(rewards.items()):
        axes.plot(
            *zip(*curve, strict=True),
            color=inks[number % len(inks)],
            linestyle=strokes[number % len(strokes)],
            linewidth=1.6,
            marker="o" if len(curve) == 1 else None,
            label=name.replace("_", " "),
        )
    axes.set_ylabel("mean reward")
    axes.grid(axis="y")
    axes.margins(x=0.02)
    axes.legend(loc="lower left", bbox_to_anchor=(0, 1), borderaxespad=0, ncols=2 if look.narrow else 4)
