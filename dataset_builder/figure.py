"""A figure of a CoTA folder: rows by task, lengths, places of the answers, text alone beside chance, what was left."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from itertools import pairwise
from pathlib import Path
from typing import Any

from .card_tables import length_text
from .schema import SPLITS


SPLIT_COLORS = {"train": "#4c72b0", "validation": "#b0b7c3", "test": "#dd8452"}
BASELINE_COLORS = ("#8c8c8c", "#c44e52")
LEFT_COLOR = "#55a868"
REASONS = 12
"""Reasons that are drawn; the rest is one bar."""
INCHES_A_LINE = 0.27


def write_figure(statistics: Mapping[str, Any], path: Path) -> None:
    """Draw the statistics of `check_folder`, or of a build, into an image file.

    Raises:
        ValueError: the name's ending is no image format.
        OSError: the file cannot be written.
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure
    from matplotlib.layout_engine import ConstrainedLayoutEngine

    formats = FigureCanvasAgg.get_supported_filetypes()
    if path.suffix.lstrip(".").lower() not in formats:
        raise ValueError(f"The figure {path} needs a name that ends in one of .{', .'.join(sorted(formats))}.")
    tasks = len(_tasks(statistics))
    heights = (1.4 + INCHES_A_LINE * max(tasks, 5), 3.6)
    figure = Figure(figsize=(13, sum(heights)), layout=ConstrainedLayoutEngine(w_pad=0.1, h_pad=0.1))
    parts: Any = figure.subfigures(2, 1, height_ratios=heights)
    for part, panels in zip(parts, (_upper(statistics), _lower(statistics)), strict=True):
        for axes, draw in zip(part.subplots(1, len(panels), squeeze=False)[0], panels, strict=True):
            draw(axes, statistics)
            axes.spines[["top", "right"]].set_visible(False)
    figure.suptitle(
        f"CoTA: {sum(statistics['rows'].values()):,} rows, {length_text(sum(statistics['hours'].values()))} of clips, "
        f"{sum(statistics['recordings'].values()):,} recordings"
    )
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=110)


Draw = Callable[[Any, Mapping[str, Any]], None]


def _upper(statistics: Mapping[str, Any]) -> list[Draw]:
    return [_draw_rows, *([_draw_text_alone] if statistics["chance"]["by_task"] else [])]


def _lower(statistics: Mapping[str, Any]) -> list[Draw]:
    panels: list[Draw] = [_draw_lengths]
    if statistics["answer_positions"]:
        panels.append(_draw_places)
    return [*panels, *([_draw_left] if statistics.get("stages") else [])]


def _tasks(statistics: Mapping[str, Any]) -> list[tuple[str, Mapping[str, int]]]:
    return [
        (f"{task} ({domain})", counts)
        for domain, tasks in statistics["composition"].items()
        for task, counts in tasks.items()
    ]


def _draw_rows(axes: Any, statistics: Mapping[str, Any]) -> None:
    lines = _tasks(statistics)
    left = [0] * len(lines)
    for split in SPLITS:
        sizes = [counts.get(split, 0) for _, counts in lines]
        axes.barh(range(len(lines)), sizes, left=left, label=split, color=SPLIT_COLORS[split])
        left = [start + size for start, size in zip(left, sizes, strict=True)]
    axes.set_yticks(range(len(lines)), [name for name, _ in lines])
    axes.invert_yaxis()
    _below(axes)
    axes.set_title("Rows by task and split")


def _below(axes: Any) -> None:
    axes.xaxis.get_major_locator().set_params(integer=True)
    axes.legend(frameon=False, ncols=3, loc="upper center", bbox_to_anchor=(0.5, -0.12))


def _draw_text_alone(axes: Any, statistics: Mapping[str, Any]) -> None:
    chance = statistics["chance"]["by_task"] | {"all": statistics["chance"]["overall"]}
    names = list(chance)
    axes.scatter(list(chance.values()), range(len(names)), marker="|", s=200, color="black", label="chance", zorder=3)
    for offset, (name, score) in zip((-0.17, 0.17), statistics.get("baselines", {}).items(), strict=False):
        values = score["by_task"] | {"all": score["overall"]}
        color = BASELINE_COLORS[offset > 0]
        places = [index + offset for index in range(len(names))]
        shares = [values.get(task, 0.0) for task in names]
        axes.barh(places, shares, height=0.34, label=name.replace("_", " "), color=color)
        for place, share in zip(places, shares, strict=True):
            if share == 0:  # or the bar would look as if it had been left out
                axes.text(0.005, place, "0", color=color, va="center", fontsize=8)
    asked = statistics["test_questions"]["by_task"] | {"all": statistics["test_questions"]["overall"]}
    axes.set_yticks(range(len(names)), [f"{name} (n = {asked[name]:,})" for name in names])
    axes.invert_yaxis()
    axes.set_xlim(0, 1)
    axes.set_title("What the text alone answers (accuracy on test)")
    axes.legend(frameon=False, ncols=3, loc="upper center", bbox_to_anchor=(0.5, -0.12))


def _draw_lengths(axes: Any, statistics: Mapping[str, Any]) -> None:
    edges, rows = statistics["lengths"]["edges"], statistics["lengths"]["rows"]
    names = [f"≤ {edges[0]}", *(f"{low}–{high}" for low, high in pairwise(edges)), f"> {edges[-1]}"]
    last = max((place for place, count in enumerate(rows) if count), default=0)
    axes.bar(range(last + 1), rows[: last + 1], color=SPLIT_COLORS["train"], width=0.85)
    axes.set_xticks(range(last + 1), names[: last + 1], rotation=35 if last > 5 else 0)
    axes.set_xlim(-0.6, max(last, 3) + 0.6)
    axes.yaxis.get_major_locator().set_params(integer=True)
    axes.set_xlabel("seconds")
    axes.set_ylabel("rows")
    axes.set_title("Lengths of the clips")


def _draw_places(axes: Any, statistics: Mapping[str, Any]) -> None:
    most = 2
    for choices, found in statistics["answer_positions"].items():
        total = sum(found["counts"])
        shares = [count / total for count in found["counts"]]
        most = max(most, len(shares))
        (line,) = axes.plot(range(1, len(shares) + 1), shares, marker="o", label=f"{choices} choices")
        axes.axhline(1 / int(choices), color=line.get_color(), linestyle=":", linewidth=1)
    axes.set_ylim(0, max(0.6, axes.get_ylim()[1]))
    axes.set_xticks(range(1, most + 1))
    axes.set_xlabel("place among the choices")
    axes.set_ylabel("share of the answers")
    axes.legend(frameon=False)
    axes.set_title("Where the answers stand")


def _draw_left(axes: Any, statistics: Mapping[str, Any]) -> None:
    counts = reasons(statistics["stages"])
    axes.set_title("What was left out, by stage and reason")
    if not counts:
        axes.axis("off")
        axes.text(0.5, 0.5, "nothing", ha="center", va="center")
        return
    lines = counts.most_common(REASONS)
    if rest := sum(counts.values()) - sum(count for _, count in lines):
        lines.append(("other reasons", rest))
    axes.barh(range(len(lines)), [count for _, count in lines], color=LEFT_COLOR)
    axes.set_yticks(range(len(lines)), [name for name, _ in lines])
    axes.set_ylim(max(len(lines), 4) - 0.5, -0.5)
    axes.xaxis.get_major_locator().set_params(integer=True)
    axes.set_xlabel("rows")


def reasons(stages: Mapping[str, Any]) -> Counter[str]:
    """Rows that were left out, by stage and check or kind of error."""
    return Counter({f"{name}: {check}": n for name, found in stages.items() for check, n in found["checks"].items()})
