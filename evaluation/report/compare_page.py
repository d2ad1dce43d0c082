"""The page and the picture of two runs compared: compare.html, with everything inside, and figures/difference.png."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from evaluation.figures.comparison import difference_figure
from evaluation.figures.style import LOOKS, Look
from evaluation.manifest import write_json
from evaluation.report.page import templates
from evaluation.report.run_page import UNITS, verdict_word
from evaluation.report.write import data_uri, write_bytes
from evaluation.runs.comparison import SIDES, compare_runs
from evaluation.runs.table import choice_counts, number


TEMPLATE = "compare.html.jinja"
PAGE = "compare.html"
RECORD = "compare.json"
FIGURE = "difference"
ONE_ITEM = "one item"
"""In the place of an interval: of one item there is none."""
KINDS = {"first": "first better", "second": "second better", "official": "officially alone"}
"""How an item can have changed: by its strict value, or by the official one alone."""


def write_compare_page(first: Path, second: Path, output: Path) -> dict[str, Any]:
    """Write OUTPUT/compare.html, OUTPUT/compare.json and OUTPUT/figures/difference.png.

    Args:
        first, second: folders of finished runs of one benchmark.
        output: a folder of its own.

    Returns:
        What `evaluation.runs.comparison.compare_runs` finds, which is what compare.json holds.

    Raises:
        ValueError: as `compare_runs`.
    """
    record = compare_runs(first, second)
    draw = partial(difference_figure, _rows(record), record["measure"])
    pictures = {FIGURE: {look.name: data_uri("image/png", draw(look)) for look in LOOKS}}
    (output / "figures").mkdir(parents=True, exist_ok=True)
    write_bytes(output / "figures" / f"{FIGURE}.png", draw(Look(), "white"))
    write_json(output / RECORD, record)
    write_bytes(output / PAGE, _rendered(record, pictures).encode())
    return record


def _rows(record: Mapping[str, Any]) -> list[tuple[str, Mapping[str, Any], bool]]:
    """The whole and each group by name."""
    return [
        ("all", record["comparison"], True),
        *((line["group"].replace("_", " "), line, False) for line in record["groups"]),
    ]


def _rendered(record: Mapping[str, Any], pictures: Mapping[str, Mapping[str, str]]) -> str:
    shown = partial(number, measure=record["measure"])
    groupings: dict[str, list[Mapping[str, Any]]] = {}
    for line in record["groups"]:
        groupings.setdefault(line["grouping"], []).append(line)
    return (
        templates()
        .get_template(TEMPLATE)
        .render(
            record=record,
            comparison=record["comparison"],
            groupings=groupings,
            changed=[line | {"kind": change_kind(line)} for line in record["changed"]],
            kinds=KINDS,
            choice_counts=choice_counts,
            one_item=ONE_ITEM,
            share=record["measure"] == "accuracy",
            unit=UNITS.get(record["measure"], record["measure"]),
            points="percentage points" if record["measure"] == "accuracy" else record["measure"],
            pictures=pictures,
            sides=SIDES,
            number=shown,
            range_of=partial(_range, measure=record["measure"]),
            verdict=partial(verdict_word, measure=record["measure"]),
        )
    )


def _range(interval: Sequence[float] | None, measure: str, signed: bool = False) -> str:
    if interval is None:
        return "–"
    return (" to " if signed else "–").join(number(end, measure, signed) for end in interval)


def change_kind(line: Mapping[str, Any]) -> str:
    """Which of `KINDS` an item of "changed" is."""
    one, other = line["first"]["strict"], line["second"]["strict"]
    return "official" if one == other else "first" if one > other else "second"
