"""The stages of a build, from its settings: nothing is read or run.

A stage's folder carries a key of its version and of the stages before, so a changed prompt or setting begins a new
folder from that stage on, and everything before it stays done.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from .build_settings import ANNOTATIONS, REVIEWERS, BuildSettings
from .engine.accounts import StageCounts, count_stage, rows_done
from .engine.executors import stage_folder
from .engine.stage import Stage
from .engine.stage_folder import StageFolder
from .option_kinds import check_kinds
from .stages.annotate import Annotate
from .stages.arrange import Arrange
from .stages.asking import Asking
from .stages.decontaminate import Decontaminate
from .stages.measure import Measure
from .stages.question import DISTRACTORS, KINDS, AskQuestions
from .stages.question_from_annotations import PlanQuestions
from .stages.read import Read
from .stages.reason import Reason, ReasonByTemplate
from .stages.review import Review
from .stages.spending import Spending
from .stages.taught_stage import TaughtStage
from .stages.unique import UniqueAudio, UniqueText
from .stages.write_shards import WriteShards
from .tasks.task import FEWEST_CHOICES
from .teachers.prices import Price
from .teachers.settings import TeacherSettings


ASKED_BY = ("teacher", "prompt")
"""Options of a stage that say whom it asks, and in what words."""


@dataclass(frozen=True)
class PlannedStage:
    """A stage of a build, its folder, and the slices it is cut into."""

    stage: Stage
    folder: StageFolder
    tasks: int

    def counts(self) -> StageCounts:
        """What is done of it."""
        return count_stage(self.folder, self.tasks)

    def rows_done(self) -> int:
        """Rows that are done, also of slices that are not."""
        return rows_done(self.folder, self.tasks)

    def rows_before(self, before: PlannedStage) -> int | None:
        """All its rows, where they are those of the stage before and that one is done."""
        counts = before.counts()
        return counts.out if self.stage.reads_rows and counts.done == counts.slices else None


def plan_build(settings: BuildSettings, max_cost: float | None = None, batch: bool = False) -> list[PlannedStage]:
    """The stages of a build in their order; nothing is read or run.

    Args:
        max_cost: what teachers may cost in all, in the currency of their prices.
        batch: whether teachers that have a batch API are asked through it; `asked_singly` names the others.

    Raises:
        ValueError: a stage's settings cannot be meant, and names the stage; or no teacher has a batch API.
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
    if batch and not any(asking.batch for item in planned for asking in askings_of(item)):
        models = ", ".join(asked_singly(planned)) or "none but code"
        raise ValueError(
            f"--batch: no teacher of this build has a batch API (its teachers: {models}). Leave --batch out, or write "
            "`batch: true` under a teacher whose endpoint has OpenAI's batch API."
        )
    return planned


def askings_of(item: PlannedStage) -> list[Asking]:
    """The teachers that a stage asks."""
    return item.stage.askings() if isinstance(item.stage, TaughtStage) else []


def asked_singly(planned: Sequence[PlannedStage]) -> list[str]:
    """The models of a build that have no batch API, in the order in which they are asked."""
    askings = [asking for item in planned for asking in askings_of(item)]
    return list(dict.fromkeys(asking.settings.model for asking in askings if not asking.settings.batch))


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
    near_audio = _unique("measure", measure)
    review = given.get("review", {})
    near_text = _unique("review", review)
    if near_audio is not None and measure.get("fingerprint") is False:
        raise ValueError(
            "`measure: unique:` compares the fingerprints that `fingerprint: false` leaves out: remove one of the two."
        )
    makers: list[tuple[str, Any]] = [
        ("sources", lambda _: Read(settings.sources, settings.base, settings.splits, settings.seed)),
        ("measure", lambda _: _made(Measure, measure, max_seconds=settings.max_seconds)),
    ]
    if near_audio is not None:
        makers.append(("measure: unique", lambda _: _made(UniqueAudio, near_audio)))
    if "annotate" in given:
        makers.append(("annotate", lambda _: asking.made(Annotate, "annotate", given["annotate"])))
    makers.append(("question", lambda _: _question(settings, asking, given["question"])))
    makers.append(("reason", lambda _: _reason(asking, given["reason"])))
    makers.append(("review", lambda _: _review(settings, asking, review)))
    if near_text is not None:
        makers.append(("review: unique", lambda _: _made(UniqueText, near_text)))
    if "decontaminate" in given:
        makers.append(("decontaminate", lambda _: _decontaminate(settings, measure, given["decontaminate"])))
    makers.append(("publish", lambda _: _made(Arrange, given.get("publish", {}))))
    makers.append(("publish", lambda planned: WriteShards(planned[-2].folder)))
    return makers


def _made(taker: Callable[..., Stage], given: Mapping[str, Any], **own: Any) -> Any:
    """A stage of what the build file gives it and what is the build's own."""
    check_kinds(taker, given)
    return taker(**own, **given)


def _unique(stage: str, options: dict[str, Any]) -> dict[str, Any] | None:
    """Take `unique` from the options of a stage: its own options, None where it is not asked for."""
    given = options.pop("unique", False)
    if isinstance(given, bool):
        return {} if given else None
    if not isinstance(given, Mapping):
        raise ValueError(f"`{stage}: unique:` is {given!r}: give true, false, or settings of its own.")
    return dict(given)


class _Askings:
    """Teachers by name, for stages that ask them."""

    def __init__(self, settings: BuildSettings, max_cost: float | None, batch: bool) -> None:
        self._base, self._batch = settings.base, batch
        self._teachers = {name: _teacher(name, given) for name, given in settings.teachers.items()}
        self._spending = None
        if max_cost is not None:
            prices = _prices(self._teachers)
            self._spending = Spending(Decimal(str(max_cost)), prices)
            if unheard := [teacher.model for teacher in self._teachers.values() if teacher.audio_cost_unknown]:
                raise ValueError(
                    f"How many tokens audio is at {unheard[0]} is not known, so --max-cost cannot be held to: state "
                    "`tokens_per_audio_second:` under its teacher."
                )

    def made(self, taker: Callable[..., Stage], stage: str, options: Mapping[str, Any], **own: Any) -> Any:
        """A stage whose teacher and prompt become what it asks."""
        left = {name: value for name, value in options.items() if name not in ASKED_BY}
        return _made(taker, left, asking=self.make(stage, options), **own)

    def make(self, purpose: str, options: Mapping[str, Any]) -> Asking:
        """What is asked, of the `teacher` and `prompt` among the options."""
        prompt = options.get("prompt")
        if prompt is not None and not isinstance(prompt, str):
            raise ValueError(f"prompt is {prompt!r}: give the path of a file.")
        path = None if prompt is None else self._base / prompt
        return Asking(purpose, self._teachers[options["teacher"]], path, self._spending, self._batch)


def _prices(teachers: Mapping[str, TeacherSettings]) -> dict[str, Price | None]:
    """By model, as ledgers know calls; raises ValueError where two teachers with one model have different prices."""
    first: dict[str, str] = {}
    for name, teacher in teachers.items():
        other = first.setdefault(teacher.model, name)
        if teachers[other].price != teacher.price:
            raise ValueError(
                f"`teachers: {other}:` and `teachers: {name}:` have the model {teacher.model} and different prices, "
                "so --max-cost cannot be held to: state the same `price:` under both."
            )
    return {teacher.model: teacher.price for teacher in teachers.values()}


def _teacher(name: str, given: Mapping[str, Any]) -> TeacherSettings:
    try:
        return TeacherSettings.from_mapping(given)
    except ValueError as error:
        raise ValueError(f"`teachers: {name}:` {str(error).removeprefix('teacher: ')}") from None


def _question(settings: BuildSettings, asking: _Askings, options: Mapping[str, Any]) -> Stage:
    if options["teacher"] == ANNOTATIONS:
        return _made(PlanQuestions, {k: v for k, v in options.items() if k != "teacher"}, seed=settings.seed)
    return asking.made(AskQuestions, "question", options, seed=settings.seed)


def _reason(asking: _Askings, options: Mapping[str, Any]) -> Stage:
    if options["teacher"] == ANNOTATIONS:
        return _made(ReasonByTemplate, {k: v for k, v in options.items() if k != "teacher"})
    return asking.made(Reason, "reason", options)


def _review(settings: BuildSettings, asking: _Askings, options: Mapping[str, Any]) -> Stage:
    left = dict(options)
    asked: dict[str, Asking] = {}
    answers: dict[str, int] = {}
    for purpose in REVIEWERS:
        if (teacher := left.pop(purpose, None)) is None:
            continue
        if unknown := [name for name in teacher if name not in (*ASKED_BY, "answers")]:
            raise ValueError(f"`{purpose}:` knows no {unknown[0]!r}.")
        asked[purpose] = asking.make(purpose, teacher)
        if "answers" in teacher:
            answers[purpose] = teacher["answers"]
    review: Review = _made(Review, left, answers=answers, seed=settings.seed, **asked)
    review.require_enough_answers(_fewest_choices(settings.stages["question"]))
    return review


def _decontaminate(settings: BuildSettings, measure: Mapping[str, Any], options: Mapping[str, Any]) -> Stage:
    stage: Decontaminate = _made(Decontaminate, options, base=settings.base, work=settings.work)
    if stage.audio and not measure.get("fingerprint", True):
        raise ValueError(
            "Recordings cannot be compared with test items by their sound, since `measure: {fingerprint: false}` "
            "takes no fingerprints: remove that, or write `audio: false` here to accept that test items are found by "
            "source id and question alone."
        )
    return stage


def _fewest_choices(question: Mapping[str, Any]) -> int:
    """The choices of those questions of a build that have the fewest; 0 where all are open."""
    if question["teacher"] == ANNOTATIONS:
        return FEWEST_CHOICES
    return 1 + question.get("distractors", DISTRACTORS) if "multiple_choice" in question.get("kinds", KINDS) else 0
