"""A build from its settings: the stages in order, run or looked at.

A stage's folder carries a key of its version and of the stages before, so a changed prompt or setting begins a new
folder from that stage on, and everything before it stays done.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from pathlib import Path
from typing import Any

from .build_settings import ANNOTATIONS, BuildSettings
from .engine.accounts import StageCounts, count_stage
from .engine.executors import Execution, Progress, run_stage, stage_folder
from .engine.stage import Stage
from .engine.stage_folder import StageFolder
from .publish import BuildReport, publish_folder
from .sources.source import open_source
from .stages.annotate import Annotate
from .stages.arrange import Arrange
from .stages.asking import Asking
from .stages.decontaminate import Decontaminate
from .stages.measure import Measure
from .stages.question import AskQuestions
from .stages.question_from_annotations import PlanQuestions
from .stages.read import Read
from .stages.reason import Reason, ReasonByTemplate
from .stages.review import Review
from .stages.spending import Spending
from .stages.taught_stage import TaughtStage
from .stages.unique import UniqueAudio, UniqueText
from .stages.write_shards import WriteShards
from .teachers.settings import TeacherSettings
from .writer import require_replaceable


@dataclass(frozen=True)
class PlannedStage:
    """A stage of a build, its folder, and the slices it is cut into."""

    stage: Stage
    folder: StageFolder
    tasks: int

    def counts(self) -> StageCounts:
        """What is done of it."""
        return count_stage(self.folder, self.tasks)


def plan_build(settings: BuildSettings, max_cost: float | None = None, batch: bool = False) -> list[PlannedStage]:
    """The stages of a build in their order; nothing is read or run.

    Args:
        max_cost: what teachers may cost in all, in the currency of their prices.
        batch: whether teachers that have a batch API are asked through it.

    Raises:
        ValueError: a stage's settings cannot be meant; names the stage.
    """
    planned: list[PlannedStage] = []
    key = ""
    makers = _makers(settings, max_cost, batch)
    for number, (name, make) in enumerate(makers):
        try:
            stage = make(planned)
        except TypeError as error:
            raise ValueError(f"`{name}:` {_setting(error)}") from None
        except ValueError as error:
            raise ValueError(f"`{name}:` {error}") from None
        version = json.dumps(stage.version(), sort_keys=True, default=str)
        tasks = 1 if stage.once else settings.tasks
        key = hashlib.sha256(f"{key}/{stage.name}/{tasks}/{version}".encode()).hexdigest()[:10]
        planned.append(PlannedStage(stage, stage_folder(settings.work, number, stage.name, key), tasks))
    return planned


def _setting(error: TypeError) -> str:
    """In the words of a build file, what Python says of arguments that do not fit."""
    text = str(error)
    names = ", ".join(f"`{name}:`" for name in re.findall(r"'(\w+)'", text)) or text
    if "unexpected keyword" in text or "multiple values" in text:
        return f"knows no {names} here; docs/building.md lists what it takes."
    return f"needs {names}." if "missing" in text else f"has a value of the wrong kind: {text}."


def _makers(settings: BuildSettings, max_cost: float | None, batch: bool) -> list[tuple[str, Any]]:
    """`(name, function of the stages before)` for each stage that the settings ask for."""
    given = {name: dict(found) for name, found in settings.stages.items()}
    asking = _Askings(settings, max_cost, batch)
    measure = given.get("measure", {})
    near_audio = measure.pop("unique", False)
    review = given.get("review", {})
    near_text = review.pop("unique", False)
    makers: list[tuple[str, Any]] = [
        ("sources", lambda _: Read(settings.sources, settings.base, settings.splits, settings.seed)),
        ("measure", lambda _: Measure(settings.max_seconds, **measure)),
    ]
    if near_audio:
        makers.append(("measure", lambda _: UniqueAudio(**_options(near_audio))))
    if "annotate" in given:
        makers.append(("annotate", lambda _: Annotate(**asking.take("annotate", given["annotate"]))))
    makers.append(("question", lambda _: _question(settings, asking, given["question"])))
    makers.append(("reason", lambda _: _reason(asking, given["reason"])))
    makers.append(("review", lambda _: _review(settings, asking, review)))
    if near_text:
        makers.append(("review", lambda _: UniqueText(**_options(near_text))))
    if "decontaminate" in given:
        makers.append(("decontaminate", lambda _: _decontaminate(settings, measure, given["decontaminate"])))
    makers.append(("publish", lambda _: Arrange(**given.get("publish", {}))))
    makers.append(("publish", lambda planned: WriteShards(planned[-2].folder)))
    return makers


def _options(given: Any) -> dict[str, Any]:
    return {} if given is True else dict(given)


class _Askings:
    """Teachers by name, for stages that ask them."""

    def __init__(self, settings: BuildSettings, max_cost: float | None, batch: bool) -> None:
        self._base, self._batch = settings.base, batch
        self._teachers = {name: _teacher(name, given) for name, given in settings.teachers.items()}
        self._spending = None
        if max_cost is not None:
            prices = {teacher.model: teacher.price for teacher in self._teachers.values()}
            self._spending = Spending(Decimal(str(max_cost)), prices)

    def take(self, purpose: str, options: Mapping[str, Any]) -> dict[str, Any]:
        """A stage's options with its teacher and prompt turned into what it asks."""
        left = dict(options)
        return {"asking": self.make(purpose, left.pop("teacher"), left.pop("prompt", None)), **left}

    def make(self, purpose: str, teacher: str, prompt: str | None = None) -> Asking:
        path = None if prompt is None else self._base / prompt
        return Asking(purpose, self._teachers[teacher], path, self._spending, self._batch)


def _teacher(name: str, given: Mapping[str, Any]) -> TeacherSettings:
    try:
        return TeacherSettings.from_mapping(given)
    except ValueError as error:
        raise ValueError(f"`teachers: {name}:` {str(error).removeprefix('teacher: ')}") from None


def _question(settings: BuildSettings, asking: _Askings, options: dict[str, Any]) -> Stage:
    if options["teacher"] == ANNOTATIONS:
        return PlanQuestions(seed=settings.seed, **{k: v for k, v in options.items() if k != "teacher"})
    return AskQuestions(seed=settings.seed, **asking.take("question", options))


def _reason(asking: _Askings, options: dict[str, Any]) -> Stage:
    if options["teacher"] == ANNOTATIONS:
        return ReasonByTemplate(**{k: v for k, v in options.items() if k != "teacher"})
    return Reason(**asking.take("reason", options))


def _review(settings: BuildSettings, asking: _Askings, options: dict[str, Any]) -> Stage:
    left = dict(options)
    answers: dict[str, int] = {}
    for purpose in ("blind", "text_only"):
        if (teacher := left.pop(purpose, None)) is not None:
            found = dict(teacher)
            if "answers" in found:
                answers[purpose] = found.pop("answers")
            left[purpose] = asking.make(purpose, found.pop("teacher"), found.pop("prompt", None))
            if found:
                raise ValueError(f"`{purpose}:` knows no {next(iter(found))!r}.")
    return Review(answers=answers, seed=settings.seed, **left)


def _decontaminate(settings: BuildSettings, measure: Mapping[str, Any], options: Mapping[str, Any]) -> Stage:
    stage = Decontaminate(base=settings.base, work=settings.work, **options)
    if stage.audio and not measure.get("fingerprint", True):
        raise ValueError(
            "Recordings cannot be compared with test items by their sound, since `measure: {fingerprint: false}` "
            "takes no fingerprints: remove that, or write `audio: false` here to accept that test items are found by "
            "source id and question alone."
        )
    return stage


def run_build(
    settings: BuildSettings,
    execution: Execution | None = None,
    progress: Progress | None = None,
    max_cost: float | None = None,
    batch: bool = False,
    source: Path | None = None,
) -> BuildReport:
    """Run what is not done of a build, and write its folder of CoTA.

    Args:
        execution: how tasks are run; in this process, one after another, if left out.
        max_cost, batch: as `plan_build` takes them.
        source: the build file, which is copied into the folder.

    Raises:
        BuildStopped: the build cannot go on now, and goes on from there when it is run again.
        ValueError: settings that cannot be meant, an `output` that is something else, or a stage that lost a row.
        OSError: the disk is full or cannot be written to.
    """
    execution = execution or Execution()
    require_replaceable(settings.output)
    planned = plan_build(settings, max_cost, batch)
    for source_settings in settings.sources:
        open_source(source_settings, settings.base)  # what is wrong is said before hours are spent
    for stage in (item.stage for item in planned):
        if isinstance(stage, TaughtStage):
            for asking in stage.askings():
                asking.require_key()
                if execution.executor == "local":
                    asking.require_server()
    settings.work.mkdir(parents=True, exist_ok=True)
    for number, item in enumerate(planned):
        if isinstance(item.stage, Decontaminate) and item.stage.read_benchmarks(item.folder, progress):
            _clear(planned[number:])
    before: PlannedStage | None = None
    for item in planned:
        folder, tasks = (None, 0) if before is None else (before.folder, before.tasks)
        run_stage(item.stage, item.folder, folder, item.tasks, tasks, _execution(item, execution), progress)
        before = item
    return publish_folder(settings, planned, source, progress)


def _execution(item: PlannedStage, execution: Execution) -> Execution:
    """With all slices at once where they wait for batches, which takes hours and no work."""
    if isinstance(item.stage, TaughtStage) and any(asking.batch for asking in item.stage.askings()):
        return replace(execution, workers=max(execution.workers, item.tasks))
    return execution


def clear_from(settings: BuildSettings, name: str) -> list[str]:
    """Take back a stage and those after it, for them to run again; what teachers answered stays.

    Returns:
        The names of the stages that were cleared.

    Raises:
        ValueError: the build has no such stage.
    """
    planned = plan_build(settings)
    names = [item.stage.name for item in planned]
    if name not in names:
        raise ValueError(f"This build has no stage {name!r}; it has {', '.join(names)}.")
    _clear(planned[names.index(name) :])
    return names[names.index(name) :]


def _clear(stages: Sequence[PlannedStage]) -> None:
    for item in stages:
        for rank in range(item.tasks):
            item.folder.clear(rank)


def clear_errors(settings: BuildSettings) -> int:
    """Take back the slices that hold rows in error, and what came of them, for those rows to be tried again.

    Returns:
        How many rows were in error.
    """
    planned = plan_build(settings)
    errors = 0
    for number, item in enumerate(planned):
        spoilt = [rank for rank in range(item.tasks) if (item.folder.account(rank) or {}).get("error")]
        errors += sum((item.folder.account(rank) or {})["error"] for rank in spoilt)
        if spoilt:
            for rank in spoilt:
                item.folder.clear(rank)
            _clear(planned[number + 1 :])
    return errors
