"""A figure of a CoTA folder: rows by task and split, places of the answers, text alone beside chance."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from .schema import SPLITS


SPLIT_COLORS = {"train": "#4c72b0", "validation": "#b0b7c3", "test": "#dd8452"}


def write_figure(statistics: Mapping[str, Any], path: Path) -> None:
    """Draw the statistics of `check_folder` into an image file.

    Raises:
        ValueError: the name's ending is no image format.
        OSError: the file cannot be written.
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    formats = FigureCanvasAgg.get_supported_filetypes()
    if path.suffix.lstrip(".").lower() not in formats:
        raise ValueError(f"The figure {path} needs a name that ends in one of .{', .'.join(sorted(formats))}.")
    figure = Figure(figsize=(13, 5.2), layout="constrained")
    rows, text, places = figure.subplots(1, 3, width_ratios=(5, 5, 2))
    _draw_rows(rows, statistics)
    _draw_text_alone(text, statistics)
    _draw_places(places, statistics)
    figure.suptitle(
        f"CoTA: {sum(statistics['rows'].values())} rows, {sum(statistics['hours'].values()):.1f} h of clips, "
        f"{sum(statistics['recordings'].values())} recordings"
    )
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=120)


def _draw_rows(axes, statistics: Mapping[str, Any]) -> None:
    lines = [
        (f"{task} ({domain})", counts)
        for domain, tasks in statistics["composition"].items()
        for task, counts in tasks.items()
    ]
    left = [0] * len(lines)
    for split in SPLITS:
        sizes = [counts.get(split, 0) for _, counts in lines]
        axes.barh(range(len(lines)), sizes, left=left, label=split, color=SPLIT_COLORS[split])
        left = [start + size for start, size in zip(left, sizes, strict=True)]
    axes.set_yticks(range(len(lines)), [name for name, _ in lines])
    axes.invert_yaxis()
    axes.set_xlabel("rows")
    axes.legend(frameon=False, loc="lower right")
    axes.set_title("Rows by task and split")


def _draw_text_alone(axes, statistics: Mapping[str, Any]) -> None:
    chance = statistics["chance"]["by_task"] | {"all": statistics["chance"]["overall"]}
    names = list(chance)
    axes.scatter(list(chance.values()), range(len(names)), marker="|", s=260, color="black", label="chance", zorder=3)
    for offset, (name, score) in zip((-0.15, 0.15), statistics.get("baselines", {}).items(), strict=False):
        values = score["by_task"] | {"all": score["overall"]}
        axes.barh(
            [index + offset for index in range(len(names))],
            [values[task] for task in names],
            height=0.3,
            label=name.replace("_", " "),
            color=("#8c8c8c", "#c44e52")[offset > 0],
        )
    axes.set_yticks(range(len(names)), names)
    axes.invert_yaxis()
    axes.set_xlim(0, 1)
    axes.set_xlabel("accuracy on test")
    axes.legend(frameon=False, loc="lower right")
    axes.set_title("What the text alone answers")


def _draw_places(axes, statistics: Mapping[str, Any]) -> None:
    for choices, found in statistics["answer_positions"].items():
        total = sum(found["counts"])
        shares = [count / total for count in found["counts"]]
        (line,) = axes.plot(range(1, len(shares) + 1), shares, marker="o", label=f"{choices} choices")
        axes.axhline(1 / int(choices), color=line.get_color(), linestyle=":", linewidth=1)
    axes.set_ylim(0, 0.6)
    axes.set_xticks(range(1, 5))
    axes.set_xlabel("place of the answer")
    axes.legend(frameon=False)
    axes.set_title("Places")
