"""The figures of scored outputs as a table and sentences for the terminal."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from evaluation.strict import naming_sentences, without_choice


if TYPE_CHECKING:
    from rich.table import Table

Figures = Mapping[str, Any]
SHOWN = 10
"""So many problems and changed items are printed; all of them are in the JSON."""


def outputs_table(figures: Figures) -> Table:
    """The whole and every group: items, official and strict figure with their intervals, and what moved them."""
    from rich.box import SIMPLE_HEAD
    from rich.table import Table

    title = f"{figures['benchmark']}: {_unit(figures)}, official and strict, with 95% intervals"
    table = Table(
        title=title, title_justify="left", box=SIMPLE_HEAD, padding=(0, 1, 0, 0), pad_edge=False, show_edge=False
    )
    table.add_column("", overflow="fold")
    last = ("wrong\nchoice", "no\nchoice") if "named" in figures else ("unre-\nsolved",)
    for heading in ("n", "official", "strict", "wording\nmoved", "skip-\nped", *last):
        table.add_column(heading, justify="right", no_wrap=True)
    table.add_row("all", *_cells(figures, figures), style="bold")
    for grouping, groups in figures["by_group"].items():
        table.add_section()
        table.add_row(grouping, style="italic")
        for group, line in groups.items():
            table.add_row(f" {group}", *_cells(figures, line))
    return table


def outputs_sentences(figures: Figures) -> list[str]:
    """What the table does not hold: what was named, what the wording moved, what was not scored and why, and further
    figures."""
    said = naming_sentences(figures["named"]) if "named" in figures else []
    if "wording" in figures:
        wording = figures["wording"]
        said.append(
            f"Wording alone: {wording['official_wrong_strict_right']} officially wrong that name the right choice, "
            f"{wording['official_right_strict_wrong']} officially right that do not name it alone."
        )
    if figures.get("weighted_f1"):
        official, strict = (_number(figures, figures["weighted_f1"][side]) for side in ("official", "strict"))
        said.append(f"Weighted F1: official {official}, strict {strict}.")
    if figures["skipped"]:
        said.append(f"Left out of the official figure, not of the strict: {figures['skipped']} of {figures['n']}.")
    said += [f"Not resolved, as {problem}: {count}." for problem, count in figures["problem_counts"].items()]
    problems = figures["problems"]
    said += [f"  {entry['id']}: {_short(entry['prediction'])}" for entry in problems[:SHOWN]]
    if len(problems) > SHOWN:
        said.append(f"  and {len(problems) - SHOWN} more; --json lists all.")
    return [*said, *figures["statements"]]


def comparison_sentences(figures: Figures, comparison: Mapping[str, Any]) -> list[str]:
    """How the run differs from another, and which items changed."""
    said = [f"Against {comparison['outputs']}, on {comparison['n']} items that are in both:"]
    for side in ("official", "strict"):
        found = comparison[side]
        if found["difference"] is None:
            said.append(f"  {side}: no item is counted in both.")
            continue
        sentence = f"  {side}: {_number(figures, found['difference'], signed=True)} {_unit(figures)}"
        if "p" in found:
            sentence += f", {found['gained']} gained and {found['lost']} lost, McNemar's exact p = {found['p']:.3g}."
        else:
            low, high = (_number(figures, end, signed=True) for end in found["interval"])
            sentence += f", 95% from {low} to {high}."
        said.append(sentence)
    changed = comparison["strict"].get("changed", [])
    said += [
        f"  {item['id']}, now {item['now']}: {_short(item['prediction'])}; there {_short(item['other_prediction'])}"
        for item in changed[:SHOWN]
    ]
    if len(changed) > SHOWN:
        said.append(f"  and {len(changed) - SHOWN} more; --json lists all.")
    if comparison["only_here"] or comparison["only_there"]:
        said.append(f"Not compared: {comparison['only_here']} items only here, {comparison['only_there']} only there.")
    return said


def _cells(whole: Figures, line: Figures) -> list[str]:
    cells = [str(line["n"])]
    for side in ("official", "strict"):
        interval = line["intervals"][side]
        ends = "" if interval is None else " " + "–".join(_end(whole, end) for end in interval)
        cells.append(_number(whole, line[side]) + ends)
    cells += [_number(whole, line["wording_moved"], signed=True), str(line["skipped"])]
    if "named" in line:
        return [*cells, str(line["named"]["wrong"]), str(without_choice(line["named"]))]
    return [*cells, str(line["unresolved"])]


def _unit(figures: Figures) -> str:
    return {"accuracy": "percent right", "points": "points", "BLEU": "BLEU"}[figures["measure"]]


def _number(figures: Figures, value: float | None, signed: bool = False) -> str:
    """A share in percent with one digit, points with two, BLEU with one."""
    if value is None:
        return "–"
    sign = "+" if signed else ""
    if figures["measure"] == "points":
        return f"{value:{sign}.2f}"
    return f"{(100 if figures['measure'] == 'accuracy' else 1) * value:{sign}.1f}"


def _end(figures: Figures, value: float) -> str:
    """An end of an interval: a share in whole percent."""
    return f"{100 * value:.0f}" if figures["measure"] == "accuracy" else _number(figures, value)


def _short(text: str | None) -> str:
    if text is None:
        return "nothing"
    shown = " ".join(text.split())
    return repr(shown if len(shown) <= 60 else f"{shown[:59]}…")
