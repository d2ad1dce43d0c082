"""Stage `question` of the teacher `annotations`: tasks drawn from what corpora say, clips mixed to fit, no model.

All slices plan alike, from all recordings, and each makes the clips of its share; so the rows depend on the
recordings, their number and the seed alone.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from ..audio_reference import AudioReference
from ..clip import FLOOR_DB, audible_problem, encode_flac
from ..engine.stage import Left, Outcome, Row, Stage, TaskPlace
from ..planning import plan_rows
from ..pool import Measured, make_pools
from ..recording import Recording
from ..row_plan import RowPlan
from ..schema import SAMPLING_RATE
from ..split import assign_splits
from ..tasks import TASKS
from ..teacher_annotations import TEACHER
from ..whole_file import write_whole_bytes
from .mix_clip import mix_clip, row_rng


class PlanQuestions(Stage):
    """Questions whose answers are annotations.

    Args:
        rows: how many questions, over all splits.
        seed: of all draws.
        tasks: names of tasks; None for all that the recordings are enough for.

    Raises:
        ValueError: no rows, or an unknown task.
    """

    name = "question"

    def __init__(self, rows: int, seed: int, tasks: Sequence[str] | None = None) -> None:
        if not isinstance(rows, int) or rows < 1:
            raise ValueError(f"rows is {rows!r}; ask for a whole number from 1 on.")
        known = {task.name for task in TASKS}
        if unknown := [name for name in tasks or () if name not in known]:
            raise ValueError(f"There is no task {unknown[0]!r}; there are {', '.join(sorted(known))}.")
        self.rows, self.seed = rows, seed
        self.tasks = None if tasks is None else sorted(tasks)

    def version(self) -> dict[str, Any]:
        return {"teacher": TEACHER, "rows": self.rows, "seed": self.seed, "tasks": self.tasks}

    def plan(self, place: TaskPlace) -> tuple[list[RowPlan], list[str], dict[str, Recording]]:
        """The plans of all slices, sentences on what could not be made, and the recordings by id."""
        measured = [_measured(row) for row in _rows_before(place)]
        recordings = {item.recording.id: item.recording for item in measured}
        tasks = [task for task in TASKS if self.tasks is None or task.name in self.tasks]
        pools = make_pools(measured, assign_splits(list(recordings.values()), self.seed))
        plans, notes = plan_rows(pools, self.rows, self.seed, tasks)
        return plans, notes, recordings

    def inputs(self, place: TaskPlace) -> Iterator[Row]:
        plans, notes, self._recordings = self.plan(place)
        if place.rank == 0:
            place.folder.file("notes", 0, "txt").write_text("".join(f"{note}\n" for note in notes), encoding="utf-8")
        self._plans = {plan.id: plan for plan in plans[place.rank :: place.tasks]}
        heard = {segment.recording for plan in self._plans.values() for segment in plan.draft.segments}
        self._fingerprints = {
            row["recording"]["id"]: row["fingerprint"]
            for row in _rows_before(place)
            if row.get("fingerprint") and row["recording"]["id"] in heard
        }
        return iter([{"id": name} for name in self._plans])

    async def open(self, place: TaskPlace) -> None:
        self._clips = place.folder.path / "clips" / f"{place.rank:05d}"
        self._clips.mkdir(parents=True, exist_ok=True)

    async def process(self, row: Row) -> Outcome:
        plan = self._plans[row["id"]]
        waveform, heard = mix_clip(plan, self._recordings, row_rng(self.seed, plan.id))
        if problem := audible_problem(waveform):
            return Left(row | {"plan": asdict(plan)}, "rejected", "clip", problem)
        clip = self._clips / f"{plan.id}.flac"
        write_whole_bytes(clip, encode_flac(waveform))
        made = planned_row(plan, self._recordings, heard, clip, len(waveform) / SAMPLING_RATE)
        names = dict.fromkeys(segment["id"] for segment in heard)
        # A clip is cut, levelled and mixed: test items are looked for among the recordings that it was made of.
        return made | {"fingerprints": [self._fingerprints[name] for name in names if name in self._fingerprints]}


def _rows_before(place: TaskPlace) -> Iterator[Row]:
    """The rows of all slices of the stage before."""
    if place.previous is None:
        raise ValueError("Questions are planned from recordings that were measured.")
    for rank in range(place.previous_tasks):
        yield from place.previous.rows(rank)


def _measured(row: Row) -> Measured:
    """How much of a recording can be heard: of a sound what is not silence at its ends, of others all of it."""
    recording = Recording.from_json(row["recording"])
    return Measured(recording, row["seconds"]["active" if recording.domain == "sound" else "all"])


def planned_row(
    plan: RowPlan, recordings: dict[str, Recording], heard: list[dict[str, Any]], clip: Path, duration: float
) -> Row:
    """The row of a plan whose clip was mixed."""
    draft = plan.draft
    used = [recordings[name] for name in dict.fromkeys(segment.recording for segment in draft.segments)]
    languages = {recording.language for recording in used}
    return {
        "id": plan.id,
        "split": plan.split,
        "clip": AudioReference(clip).to_json(),
        "duration": duration,
        "domain": draft.domain,
        "task": plan.task,
        "kind": "multiple_choice",
        "language": languages.pop() if len(languages) == 1 else None,
        "source": "+".join(sorted({recording.source for recording in used})),
        "source_id": "+".join(recording.source_id for recording in used),
        "license": " AND ".join(sorted({recording.license for recording in used})),
        "annotations": {
            **({"label": draft.label} if draft.label is not None else {}),
            **draft.facts,
            "recordings": heard,
            "bandwidth_hz": plan.bandwidth // 2,
            "floor_db": FLOOR_DB,
        },
        "measured": {},
        "question": plan.question,
        "choices": list(plan.choices),
        "answer": draft.answer,
    }
