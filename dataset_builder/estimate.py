"""What a build would ask of its teachers: calls, tokens, hours and money, from a sample of its recordings.

The sample is measured and its prompts are written as they would be sent, so input tokens are counted and not guessed.
What a teacher writes is taken from the calls it has answered already, else from a stated figure.
"""

from __future__ import annotations

import asyncio
import heapq
import statistics
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from .build_settings import BuildSettings
from .build_stages import PlannedStage, plan_build
from .engine.stage import Left, Row
from .recording import BrokenRecording, Recording
from .sources.source import open_source
from .stages.arrange import COPIES
from .stages.asking import CALLS, Asking, heard_bytes
from .stages.measure import Measure
from .stages.question import AskQuestions, Question, question_row
from .stages.review import Review
from .stages.spending import ledger_totals
from .stages.taught_stage import TaughtStage
from .statistics import hashed
from .teachers.call import FIRST_OUTPUT_TOKENS, make_call
from .teachers.prices import cost
from .teachers.settings import TeacherSettings
from .teachers.usage import Usage


SAMPLE = 20
STAND_IN = {
    "question": "Which of the things that are heard in this recording comes first, and how can that be told?",
    "answer": "a sound that is named in a few words",
}
"""In place of a question that nobody has asked yet, as long as questions usually are."""
STAND_IN_SECTION = "A sentence of a section that says what is heard and what follows from it. " * 3


@dataclass(frozen=True)
class EstimateLine:
    """What one teacher is asked for.

    Args:
        purpose: annotate, question, reason, blind or text_only.
        calls: over the whole build.
        usage: tokens of all of them.
        hours: the least that its limits allow; None where it has none.
        audio_unknown: whether it hears and nobody has stated the tokens of audio, which `usage` then is without.
    """

    purpose: str
    settings: TeacherSettings
    calls: int
    usage: Usage
    hours: float | None
    audio_unknown: bool = False

    @property
    def model(self) -> str:
        return self.settings.model

    @property
    def currency(self) -> str:
        return self.settings.price.currency if self.settings.price else ""

    def cost(self, batch: bool) -> Decimal | None:
        """In the currency of its price; None where the price is not known, or that of the audio it hears."""
        if self.audio_unknown and self.settings.audio_cost_unknown:
            return None
        return cost(self.usage, self.settings.price, batch and self.settings.batch)


@dataclass
class Estimate:
    """What a build would take.

    recordings: that the sources list and that are not broken, or as many as were asked about.
    hours: of sound, from the mean of the sample.
    measuring_hours: of one core of this machine, for the stage `measure`.
    rows, bytes: of the finished folder, if every row goes through; 0 rows where a teacher does not decide on them.
    notes: sentences on what the figures rest on.
    """

    recordings: int
    hours: float
    measuring_hours: float = 0.0
    rows: int = 0
    bytes: int = 0
    lines: list[EstimateLine] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    @property
    def currency(self) -> str:
        return next((line.currency for line in self.lines if line.currency), "")

    def cost(self, batch: bool) -> Decimal | None:
        """Of all teachers; None where what one costs is not known, or prices are in different currencies."""
        costs = [line.cost(batch) for line in self.lines]
        known = [amount for amount in costs if amount is not None]
        if len(known) < len(costs) or len({line.currency for line in self.lines}) > 1:
            return None
        return sum(known, Decimal(0))


def estimate_build(settings: BuildSettings, sample: int = SAMPLE, recordings: int | None = None) -> Estimate:
    """What the teachers of a build would be asked, from `sample` recordings drawn by their ids.

    Args:
        recordings: what a build of as many recordings like these would take; those of the sources if left out.

    Raises:
        ValueError: settings that cannot be meant, or none of the sample can be heard.
        OSError: a source is not there.
    """
    planned = plan_build(settings)
    drawn, count, broken = _draw(settings, sample)
    measured, took = _measured(planned, drawn)
    if not measured:
        raise ValueError(f"None of the {len(drawn)} recordings of the sample can be heard.")
    kept = len(measured) / len(drawn)
    seconds = sum(row["measured"]["duration"] for row in measured) / len(measured)
    listed, count = count, count if recordings is None else recordings
    estimate = Estimate(count, count * seconds / 3600, count * took / 3600)
    estimate.notes.append(f"From a sample of {len(drawn)} recordings, of which {len(measured)} can be heard.")
    if broken:
        estimate.notes.append(f"What the sources list besides is broken and not counted: {broken:,}.")
    if recordings is not None:
        estimate.notes.append(f"The sources list {listed:,} recordings; the figures are for {count:,} like them.")
    rows, many = measured, count * kept
    unanswered: dict[str, list[str]] = {}
    for item in planned:
        if not isinstance(item.stage, TaughtStage):
            continue
        for asking in item.stage.askings():
            written = _written(settings, asking)
            estimate.lines.append(_line(item.stage, asking, rows, many, written or FIRST_OUTPUT_TOKENS))
            if written is None:
                unanswered.setdefault(asking.settings.model, []).append(asking.purpose)
        if isinstance(item.stage, AskQuestions):
            many *= item.stage.per_recording
            clip = sum(len(heard_bytes(row)) for row in measured) / len(measured)
            estimate.rows, estimate.bytes = round(many), round(many * COPIES * clip)
        rows = _after(item.stage, rows)
    if deaf := list(dict.fromkeys(line.model for line in estimate.lines if line.audio_unknown)):
        estimate.notes.append(
            f"Tokens in are without audio for {', '.join(deaf)}: state `tokens_per_audio_second:` under the teacher."
        )
    if unanswered:
        models = ", ".join(f"{model} ({', '.join(purposes)})" for model, purposes in unanswered.items())
        estimate.notes.append(
            f"Of what nothing was answered yet, {FIRST_OUTPUT_TOKENS} tokens an answer are taken: {models}."
        )
    return estimate


def _draw(settings: BuildSettings, sample: int) -> tuple[list[Row], int, int]:
    """The recordings whose ids hash lowest, how many there are, and how many are broken."""
    drawn: list[tuple[int, int, Recording]] = []
    count = broken = 0
    for given in settings.sources:
        for item in open_source(given, settings.base).read():
            if isinstance(item, BrokenRecording):
                broken += 1
                continue
            count += 1
            entry = (-hashed(item.id), count, item)
            if len(drawn) < sample:
                heapq.heappush(drawn, entry)
            else:
                heapq.heappushpop(drawn, entry)
    if not drawn:
        raise ValueError("The sources list no recording that is there.")
    rows = [
        {"id": item.id, "recording": item.to_json(), "split": "train"} for _, _, item in sorted(drawn, key=_number)
    ]
    return rows, count, broken


def _number(entry: tuple[int, int, Recording]) -> int:
    return entry[1]


def _measured(planned: Sequence[PlannedStage], rows: Sequence[Row]) -> tuple[list[Row], float]:
    """The rows that can be heard, and the median of the seconds that a recording took."""
    measure = next(item.stage for item in planned if isinstance(item.stage, Measure))
    found: list[Row] = []
    took: list[float] = []
    for row in rows:
        started = time.process_time()
        try:
            outcome = asyncio.run(measure.process(row))
        except (ValueError, OSError):
            continue
        took.append(time.process_time() - started)
        if not isinstance(outcome, Left):
            found.append(outcome)
    return found, statistics.median(took) if took else 0.0


def _written(settings: BuildSettings, asking: Asking) -> float | None:
    """The mean output tokens of the calls that a teacher has answered for this build, None before the first."""
    totals = [
        total
        for model, total in ledger_totals(settings.work / CALLS / asking.purpose)
        if model == asking.settings.model
    ]
    calls = sum(total.calls for total in totals)
    output = sum(total.usage.output_tokens + total.batch_usage.output_tokens for total in totals)
    return output / calls if calls else None


def _line(stage: TaughtStage, asking: Asking, rows: Sequence[Row], many: float, written: float) -> EstimateLine:
    settings = asking.settings
    requests = [request for row in rows for request in _requests(stage, row, asking)]
    usage = Usage()
    for request in requests:
        call = make_call(settings, request.prompt(), request.form, request.audio(), request.key, "")
        usage += call.input_usage(settings.tokens_per_audio_second)
    calls = round(many * len(requests) / len(rows))
    scale = calls / len(requests) if requests else 0.0
    output = round(calls * written)
    whole = Usage(round(usage.input_tokens * scale), output, round(usage.audio_tokens * scale), True)
    unknown = settings.tokens_per_audio_second is None and any(request.hears for request in requests)
    return EstimateLine(asking.purpose, settings, calls, whole, _hours(settings, calls, whole), unknown)


def _requests(stage: TaughtStage, row: Row, asking: Asking) -> list[Any]:
    if isinstance(stage, Review):
        return stage.questions(row, asking)  # whether the checks hold is not known yet
    return stage.requests(row, asking)


def _hours(settings: TeacherSettings, calls: int, usage: Usage) -> float | None:
    limits = ((calls, settings.requests_per_minute), (usage.total_tokens, settings.tokens_per_minute))
    minutes = [amount / limit for amount, limit in limits if limit]
    return max(minutes) / 60 if minutes else None


def _after(stage: TaughtStage, rows: Sequence[Row]) -> list[Row]:
    """The rows as they would look after a stage, with stand-ins for what nobody has written yet."""
    if isinstance(stage, AskQuestions):
        wrong = [f"{STAND_IN['answer']} {number}" for number in range(stage.distractors)]
        fixed = {"task": "", "kind": "multiple_choice", "difficulty": "easy", "evidence": STAND_IN_SECTION}
        question = Question.model_validate({**fixed, **STAND_IN, "distractors": wrong})
        return [question_row(row, 0, question, stage.seed) for row in rows]
    if not isinstance(stage, Review) and "question" not in rows[0]:
        return [row | {"labels": {"description": STAND_IN_SECTION}} for row in rows]
    return list(rows)
