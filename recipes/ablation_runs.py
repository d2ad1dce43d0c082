"""What the ablations' runs answered, read from their folders, or from an earlier results.json that keeps it as bits.

Eighteen runs take hours, and need not be made on one day: results.json keeps of each run which questions it answered
rightly, so that later runs are compared with it when its folder is gone. Knows nothing of intervals.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from ablation_variants import VARIANTS, problems_of


FULL = next(iter(VARIANTS))
SHARES = ("as_taught", "unresolved", "written_tokens")


@dataclass(frozen=True)
class Run:
    """What one run answered.

    Args:
        variant, seed: which run.
        right: by condition, a character a question in their order: 1 where the answer is right, 0 where it is not.
        as_taught, unresolved, written_tokens: of the answers to the recordings themselves, in the mean: those with
            exactly the variant's sections, those that name no choice, their tokens.
        steps, rows: of its training.
        warm_ups: `own`, or `shared` with other seeds.
        basis: what it was judged on and decoded with.
        questions: SHA-256 of the questions' ids in their order.
        versions, date: of the evaluation.
    """

    variant: str
    seed: int
    right: dict[str, str]
    as_taught: float
    unresolved: float
    written_tokens: float
    steps: int
    rows: int
    warm_ups: str
    basis: dict[str, Any]
    questions: str
    versions: dict[str, str]
    date: str

    @property
    def name(self) -> str:
        """Of its folder."""
        return f"{self.variant}-{self.seed}"

    def correct(self, condition: str = "real") -> np.ndarray:
        """(questions,) of 0 and 1."""
        return np.array(list(map(int, self.right[condition])))

    @property
    def compared_by(self) -> tuple[Any, ...]:
        """What has to be the same in runs that are compared."""
        return (self.basis, self.steps, self.rows, self.questions)


def read_run(folder: Path, warm_ups: str) -> tuple[Run, list[dict[str, Any]]]:
    """A finished run, and its judged answers to the recordings themselves, in the order of the questions.

    Args:
        folder: named `<variant>-<seed>`, with `model` and `evaluation`.
        warm_ups: `own` or `shared`.

    Raises:
        ValueError: the run is not whole.
    """
    variant, _, seed = folder.name.rpartition("-")
    results = json.loads((folder / "evaluation" / "results.json").read_text(encoding="utf-8"))
    answers = {}
    for condition in results["conditions"]:
        lines = (folder / "evaluation" / f"{condition}.jsonl").read_text(encoding="utf-8").splitlines()
        answers[condition] = [json.loads(line) for line in lines]
    real = answers["real"]
    steps, rows = _trained(folder / "model")
    taught = problems_of(variant)
    run = Run(
        variant,
        int(seed),
        {condition: "".join(str(int(row["correct"])) for row in found) for condition, found in answers.items()},
        as_taught=float(np.mean([row["problems"] == taught for row in real])),
        unresolved=float(np.mean([row["choice"] is None for row in real])),
        written_tokens=float(np.mean([row["new_tokens"] for row in real])),
        steps=steps,
        rows=rows,
        warm_ups=warm_ups,
        basis={name: value for name, value in results["basis"].items() if name != "model_sha256"},
        questions=hashlib.sha256("\n".join(row["id"] for row in real).encode()).hexdigest(),
        versions=results["versions"],
        date=results["date"],
    )
    return run, real


def _trained(model: Path) -> tuple[int, int]:
    """Steps and rows of a training that came to its end."""
    states = sorted(model.glob("checkpoint-*/trainer_state.json"))
    if not states:
        raise ValueError(f"{model} holds no checkpoint with a trainer_state.json: train it again.")
    last = max((json.loads(path.read_text(encoding="utf-8")) for path in states), key=lambda log: log["global_step"])
    if last["global_step"] < last["max_steps"]:
        raise ValueError(f"{model} was trained for {last['global_step']} of {last['max_steps']} steps.")
    return last["global_step"], last["global_step"] * last["train_batch_size"]


def read_runs(place: Path, kept: Mapping[str, Any] | None) -> tuple[dict[str, list[Run]], list[dict[str, Any]]]:
    """The runs of each variant by seed, in the order of `VARIANTS`, of the seeds that `full` has; and the questions.

    Args:
        place: the folder of the runs.
        kept: an earlier results.json; what lies in the folder takes the place of what is kept under the same name.

    Raises:
        ValueError: there is no run of `full`, or two runs were not judged on the same.
    """
    folders = [path.parents[1] for path in sorted(place.glob("runs/*/evaluation/results.json"))]
    folders = [folder for folder in folders if folder.name.rpartition("-")[0] in VARIANTS]
    runs = {name: Run(**fields) for name, fields in (kept or {}).get("runs", {}).items()}
    questions: list[dict[str, Any]] = []
    for folder in folders:
        own = (place / "warm_ups" / folder.name / "composed" / "config.json").is_file()
        run, answers = read_run(folder, "own" if own else "shared")
        runs[run.name] = run
        questions = questions or [{name: row[name] for name in ("id", "domain", "choices")} for row in answers]
    seeds = {run.seed for run in runs.values() if run.variant == FULL}
    if not seeds or not questions:
        raise ValueError(f"{place} holds no finished run of {FULL}: make -f recipes/ablations/Makefile -j 2")
    found: dict[str, list[Run]] = {}
    for variant in VARIANTS:
        if chosen := [run for run in runs.values() if run.variant == variant and run.seed in seeds]:
            found[variant] = sorted(chosen, key=lambda run: run.seed)
    first = found[FULL][0]
    for run in (run for chosen in found.values() for run in chosen):
        if run.compared_by != first.compared_by:
            raise ValueError(
                f"The runs {run.name} and {first.name} differ in data, decoding, steps or questions: remove the older "
                "one, from the folder of the runs or from results.json, and make it again."
            )
    return found, questions


def to_keep(runs: Mapping[str, list[Run]]) -> dict[str, dict[str, Any]]:
    """By name what results.json keeps of each run."""
    return {run.name: asdict(run) for chosen in runs.values() for run in chosen}
