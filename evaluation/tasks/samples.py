"""Questions as samples of inspect: asked by a prompt, in an order of choices, with the place of what is heard."""

from __future__ import annotations

from collections.abc import Sequence

from inspect_ai.dataset import MemoryDataset, Sample
from inspect_ai.model import ChatMessage, ChatMessageSystem

from evaluation.benchmarks.prompts import asked
from evaluation.benchmarks.question import Question, reordered
from evaluation.conditions import shuffled_clips
from evaluation.heard import HEARD
from evaluation.tasks.hearing import user_message


SEED = 2503
"""Of the control in which questions swap their recordings."""


def samples(
    questions: Sequence[Question], name: str, prompt: str, heard: str, permutation: int, seed: int = SEED
) -> MemoryDataset:
    """The questions as samples, without the recordings themselves, which are read when they are sent.

    Args:
        questions: of one benchmark.
        name: of the dataset.
        prompt: as `prompts.asked` takes it.
        heard: one of `HEARD`.
        permutation: as `question.reordered` takes it.
        seed: of the control `shuffle`.

    Raises:
        ValueError: what is heard is unknown; or a control makes no sense here, as where nothing is heard anyway.
    """
    if heard not in HEARD:
        raise ValueError(f"heard is {heard!r}; choose among {', '.join(HEARD)}.")
    if heard != "real" and not any(question.recordings for question in questions):
        raise ValueError(f"{name} has no recordings, so there is no control without them: leave heard out.")
    others = swapped(questions, seed) if heard == "shuffle" else {}
    return MemoryDataset(
        [sample(reordered(question, permutation), prompt, others.get(question.id)) for question in questions],
        name=name,
    )


def sample(question: Question, prompt: str, other: Question | None) -> Sample:
    """A question as a sample; `other` is the one whose recordings it hears instead."""
    messages: list[ChatMessage] = [user_message(asked(question, prompt))]
    if question.system is not None:
        messages.insert(0, ChatMessageSystem(content=question.system))
    metadata = {
        "entry": dict(question.entry),
        "kind": question.kind,
        "recordings": [recording.to_json() for recording in question.recordings],
    }
    if other is not None:
        metadata |= {"others": [recording.to_json() for recording in other.recordings], "hears": other.id}
    return Sample(
        id=question.id,
        input=messages,
        choices=list(question.choices) or None,
        target=question.answer,
        metadata=metadata,
    )


def swapped(questions: Sequence[Question], seed: int) -> dict[str, Question]:
    """For each question another one of its kind, whose recordings it hears; see `evaluation.conditions`."""
    rows = [
        {"id": question.id, "domain": "", "task": question.kind, "source_id": question.origin}
        for question in questions
    ]
    by_id = {question.id: question for question in questions}
    return {name: by_id[other] for name, other in shuffled_clips(rows, seed).items()}
