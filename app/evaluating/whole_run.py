"""A run with all that was wanted beside it: controls, training data that is searched, the page, CoTA's own results."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any


if TYPE_CHECKING:
    from evaluation.runs.judging import JudgeSettings
    from evaluation.runs.settings import RunSettings


@dataclass(frozen=True)
class Wanted:
    """What was asked for.

    Attributes:
        settings: of the run.
        output: its folder.
        ablations, permutations: as `evaluation.runs.trust.controls_of` takes them; no controls without any.
        train_data: folders of training data to search for the questions.
        judge: who reads the answers; None for nobody.
        options: of `evaluation.runs.run.run`.
    """

    settings: RunSettings
    output: Path
    ablations: Sequence[str] = ()
    permutations: int = 0
    train_data: Sequence[Path] = ()
    judge: JudgeSettings | None = None
    options: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Done:
    """What came of it: `scores.json`, `trust.json` where there were controls, CoTA's `results.json`, and the page."""

    scores: dict[str, Any]
    trust: dict[str, Any] | None
    held_out: dict[str, Any] | None
    page: Path


def carry_out(wanted: Wanted, begin: Callable[[str], None]) -> Done:
    """Do all of it; what is wrong with a part is said before anything is asked, most of it by `check_at_once`.

    Args:
        wanted: what.
        begin: called with the name of each control before it runs.

    Raises:
        As `check_judge`, `run`, `run_controls` and `write_contamination` do.
    """
    from app.contamination import write_contamination
    from app.progress_bars import progress_bars
    from evaluation.cota_results import write_cota_results
    from evaluation.report.run_page import write_run_page
    from evaluation.runs.judging import check_judge
    from evaluation.runs.run import run
    from evaluation.runs.trust import TRUST, run_controls

    settings, output = wanted.settings, wanted.output
    controls = bool(wanted.ablations or wanted.permutations)
    check_judge(settings.benchmark, wanted.judge, controls)
    if wanted.train_data:
        with progress_bars() as progress:
            write_contamination(settings, wanted.train_data, output, progress)
    scores = run(settings, output, wanted.judge, **wanted.options)
    if scores["answered_now"]:
        (output / TRUST).unlink(missing_ok=True)  # it compares with other answers
    trust = None
    if controls:
        trust = run_controls(
            settings, output, wanted.ablations, wanted.permutations, begin, wanted.judge, **wanted.options
        )
    held_out = None
    if settings.benchmark == "cota" and settings.folder is not None:
        held_out = write_cota_results(output, Path(settings.folder))
    return Done(scores, trust, held_out, write_run_page(output))
