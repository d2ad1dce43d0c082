"""Whether a score means that the model listened: the same questions with controls in place of the recordings, and with
their choices in other orders, in one table.

A control's score says what the questions give away without being heard; a score that moves with the order of the
choices says that places were answered and not choices.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from evaluation.manifest import write_json
from evaluation.outputs.compare import compare
from evaluation.outputs.registry import BENCHMARKS
from evaluation.outputs.score import Scored, summary
from evaluation.runs.controls import CONTROLS, controls_of
from evaluation.runs.judging import JudgeSettings, scored_run
from evaluation.runs.run import run
from evaluation.runs.settings import RunSettings


TRUST = "trust.json"


def run_controls(
    settings: RunSettings,
    output: Path,
    ablations: Sequence[str],
    permutations: int,
    begin: Callable[[str], None] = lambda name: None,
    judge: JudgeSettings | None = None,
    **options: Any,
) -> dict[str, Any]:
    """Run the controls of a run that is done, and compare them with it; writes `trust.json`.

    Args:
        settings: of the first run.
        output: its folder; the controls' are in `controls/` there.
        ablations, permutations: as `controls_of` takes them.
        begin: called with the name of each control before it runs.
        judge: of the first run; asked of the controls where their points are its.
        options: as `run` takes them.

    Returns:
        {"runs": [line, …], "agreement"}. A line has "name", "n", "official", "strict", their "intervals", "named" of
        choices, "failed", and against the first run "difference" and "p" of the strict figure. "agreement" is the
        share of items for which all orders of the choices gave the same choice; None without other orders.
    """
    judge = judge if BENCHMARKS[settings.benchmark].needs_judge else None
    first = scored_run(settings.benchmark, output)
    lines = [_line("real", first, None, failed=0)]
    scored = {"real": first}
    for name, control in controls_of(settings, ablations, permutations).items():
        begin(name)
        folder = output / CONTROLS / name
        figures = run(control, folder, judge, **options)
        scored[name] = scored_run(settings.benchmark, folder)
        lines.append(_line(name, scored[name], first, figures["failed"]))
    orders = [found for name, found in scored.items() if name == "real" or name.startswith("order-")]
    trust = {"runs": lines, "agreement": agreement(orders) if len(orders) > 1 else None}
    write_json(output / TRUST, trust)
    return trust


def _line(name: str, scored: Scored, first: Scored | None, failed: int) -> dict[str, Any]:
    figures = scored.figures
    line: dict[str, Any] = {"name": name, **summary(figures), "failed": failed}
    if first is None:
        return line
    # An order of the choices is part of the item there: only answers are compared.
    strict = compare(scored, first, choices=False)["strict"]
    return line | {"difference": strict["difference"], "p": strict.get("p"), "interval": strict.get("interval")}


def agreement(orders: Sequence[Scored]) -> float | None:
    """The share of items in which every order of the choices gave the same choice, of those that all orders have."""
    named: list[Mapping[str, str | None]] = [
        {verdict.item.id: verdict.named for verdict in scored.verdicts} for scored in orders
    ]
    shared = set.intersection(*(set(found) for found in named))
    if not shared:
        return None
    same = sum(len({found[name] for found in named}) == 1 and named[0][name] is not None for name in shared)
    return same / len(shared)
