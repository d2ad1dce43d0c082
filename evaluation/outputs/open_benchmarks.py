"""Benchmarks that are not multiple choice: AIR-Bench chat by a judge's points, MELD, and CoVoST 2."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cache

from evaluation.official import air_chat_scores, covost2_target, meld_match
from evaluation.official.air_bench import AREA_OF_TASK, AREAS
from evaluation.official.covost2 import bleu_metric
from evaluation.official.meld import EMOTIONS
from evaluation.outputs.benchmark import Benchmark, Verdict
from evaluation.outputs.entries import Entry
from evaluation.outputs.items import Item, Layout, field_reader, text_of
from evaluation.outputs.measures import Measure, Part, mean_bleu, mean_points, share_part, weighted_f1
from evaluation.strict import named_choice, response_of
from evaluation.strict.choice import EMPTY, NO_PREDICTION, NO_RESPONSE


# ---- AIR-Bench chat

MIXED = {"speech_and_sound": "mixed", "speech_and_music": "mixed"}
NOT_POINTS = "the judgement is not two points"


def _area(entry: Entry) -> str:
    task = text_of(entry, "task_name")
    if task not in AREA_OF_TASK:
        raise ValueError(f"has the task_name {task!r}, which is none of {', '.join(AREA_OF_TASK)}")
    return AREA_OF_TASK[task]


def _mixed(entry: Entry) -> str:
    return MIXED.get(_area(entry), _area(entry))


def judge_points(items: Sequence[Item]) -> list[Verdict]:
    """The model's points: the second of a judgement, and the first of one in the swapped order.

    Strictly, a judgement that cannot be read gives no points.
    """
    verdicts = []
    for item in items:
        replies = [item.prediction] if item.swapped is None else [item.prediction, item.swapped]
        scores = [None if reply is None else air_chat_scores(reply) for reply in replies]
        points = [score[1 - order] if score else None for order, score in enumerate(scores)]
        read = [given for given in points if given is not None]
        area = item.groups["area"]
        verdicts.append(
            Verdict(
                item=item,
                official=(area, _orders((given or 0, given is not None) for given in points)) if read else None,
                strict=(area, _orders((given or 0, True) for given in points)),
                named=" ".join(map(str, read)) or None,
                problem=None if len(read) == len(replies) else NO_PREDICTION if None in replies else NOT_POINTS,
            )
        )
    return verdicts


def _orders(points: Iterable[tuple[int, bool]]) -> tuple[float, ...]:
    """[points, judgements] of the first order and of the swapped one, zeros where it was not asked for."""
    numbers = [float(number) for pair in points for number in pair]
    return (*numbers, *[0.0] * (4 - len(numbers)))


def _areas(verdicts: Sequence[Verdict]) -> list[str]:
    said = []
    missing = [area for area in AREAS if not any(verdict.item.groups["area"] == area for verdict in verdicts)]
    if missing:
        said.append(f"Nothing of {', '.join(missing)} is there: the average is over the other areas.")
    if not any(verdict.item.swapped is not None for verdict in verdicts):
        said.append("One order was judged; the official score is the mean of both: pass --swapped FILE.")
    return said


AIR_BENCH_CHAT = Benchmark(
    name="air_bench_chat",
    layout=Layout(
        key="gpt-score",
        other_keys=("gen",),
        answer=(),
        identity=("task_name", "dataset_name", "uniq_id"),
        likely_identity=("task_name", "dataset_name", "path", "question"),
        groups={"area": _area, "mixed": _mixed, "task_name": field_reader("task_name")},
        further=("answer_gt", "meta_info", "Audio-LLM-response", "response", "uuid", "openai_args", "gen")
        + ("prompt_tokens", "completion_tokens", "finish_reason"),
        response_key="response",
    ),
    judge=judge_points,
    measure=Measure("points", mean_points(MIXED)),
    remarks=_areas,
)


# ---- MELD


def judge_emotions(items: Sequence[Item]) -> list[Verdict]:
    """Qwen2-Audio's exact match beside the emotion that the response names."""
    classes = _classes(items)
    verdicts = []
    for item in items:
        named = named_choice(item.prediction, classes)
        exact = None if item.prediction is None else share_part(meld_match(item.answer, item.prediction))
        label = None if item.prediction is None else _f1_part(classes, item.answer, item.prediction.lstrip())
        verdicts.append(
            Verdict(
                item=item,
                official=exact,
                strict=share_part(named.choice == item.answer),
                named=named.choice,
                problem=named.problem,
                more={"weighted_f1": (label, _f1_part(classes, item.answer, named.choice))},
            )
        )
    return verdicts


def _classes(items: Sequence[Item]) -> list[str]:
    """MELD's seven emotions, and what else is an answer here."""
    return [*EMOTIONS, *sorted({item.answer for item in items} - set(EMOTIONS))]


def _f1_part(classes: Sequence[str], answer: str, given: str | None) -> Part:
    """[hit, answer, prediction] of each class; what is no class is missed and counts for none."""
    return "", tuple(
        float(part) for name in classes for part in (answer == given == name, answer == name, given == name)
    )


def _emotion(entry: Entry) -> str:
    return text_of(entry, "gt") or text_of(entry, "Emotion")


MELD = Benchmark(
    name="meld",
    layout=Layout(
        key="response",
        other_keys=("model_output", "prediction"),
        answer=("gt", "Emotion"),
        identity=("Dialogue_ID", "Utterance_ID"),
        likely_identity=("source", "audio_path"),
        groups={
            "source": field_reader("source"),
            "emotion": _emotion,
        },
        further=("audio", "prompt", "Sr No.", "Utterance", "Speaker", "Sentiment", "Season", "Episode", "StartTime")
        + ("EndTime",),
    ),
    judge=judge_emotions,
    further=(Measure("weighted_f1", weighted_f1),),
)


# ---- CoVoST 2


def judge_translations(items: Sequence[Item]) -> list[Verdict]:
    """Each row's part in corpus BLEU; strictly a row without a translation counts as translated by nothing."""
    return [_translation(item) for item in items]


def _translation(item: Item) -> Verdict:
    output = item.prediction
    response = None if output is None else response_of(output)
    problem = None
    if output is None:
        problem = NO_PREDICTION
    elif response is None:
        problem = NO_RESPONSE
    elif not response.strip():
        problem = EMPTY
    source = item.groups["source"]
    strict = _bleu_part(response or "", item.answer, source)
    official = strict if response == output else _bleu_part(output or "", item.answer, source)
    return Verdict(item, None if output is None else official, strict, None if problem else response, problem)


_metric = cache(bleu_metric)


def _bleu_part(hypothesis: str, reference: str, source: str) -> Part:
    """sacrebleu's counts, totals and lengths of one row, whose sums are those of the corpus."""
    score = _metric(covost2_target(source)).corpus_score([hypothesis], [[reference]])
    return source, tuple(float(part) for part in (*score.counts, *score.totals, score.sys_len, score.ref_len))


def _source(entry: Entry) -> str:
    covost2_target(text_of(entry, "source"))
    return text_of(entry, "source")


COVOST2 = Benchmark(
    name="covost2",
    layout=Layout(
        key="response",
        other_keys=("model_output", "prediction"),
        answer=("gt", "translation"),
        identity=(),
        likely_identity=("source", "audio_path"),
        groups={"source": _source},
        further=("audio", "prompt", "path", "sentence", "client_id"),
    ),
    judge=judge_translations,
    measure=Measure("BLEU", mean_bleu),
    remarks=lambda verdicts: ["The whole is the mean over sources; the official script prints each source."],
)
