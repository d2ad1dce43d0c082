"""Stage `question`: a teacher makes questions of each recording, with answers and plausible wrong choices."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any, Literal

from pydantic import BaseModel, create_model

from ..engine.stage import Left, Outcome, Row
from ..question_text import question_text
from .asking import Asking, Request, told_of_recording
from .mix_clip import row_rng
from .taught_stage import TaughtByOne


TASKS: dict[str, dict[str, str]] = {
    "sound": {
        "sound_event": "what makes a sound, told from its course, timbre or surroundings",
        "sound_order": "in which order sounds occur, which of them overlap, or what comes before what",
        "sound_count": "how often something is heard",
        "sound_scene": "where this was recorded, or what is going on, inferred from several sounds",
        "sound_cause": "why something is heard, or what probably happens next",
    },
    "speech": {
        "spoken_content": "what is said, asked for or meant",
        "spoken_intent": "what the speaker wants, or what is implied and not said",
        "emotion": "how the speaker feels, and what in the voice shows it",
        "speaker": "how many people speak, who speaks when, and how their voices differ",
        "spoken_language": "which language or accent is spoken",
        "speech_translation": "what the speech means in another language",
    },
    "music": {
        "instrument": "which instruments play, which leads, and when they enter",
        "genre": "which style this is, and what in the sound shows it",
        "tempo_rhythm": "tempo, metre, rhythm and their changes",
        "harmony": "key, mode, chords and their effect",
        "mood": "the mood of the music and what makes it",
        "structure": "how the piece is built: parts, repetitions, build-ups",
    },
}
"""Tasks by domain, with what their questions ask for."""
KINDS = ("multiple_choice", "open")
DISTRACTORS = 3


class Question(BaseModel):
    """A question as a teacher writes it; its choices are put in order by a draw of ours."""

    task: str
    kind: Literal["multiple_choice", "open"]
    difficulty: Literal["easy", "medium", "hard"]
    question: str
    answer: str
    distractors: list[str]
    evidence: str


class Questions(BaseModel):
    """The questions about one recording."""

    questions: list[Question]


@lru_cache(maxsize=16)
def questions_of(domain: str, kinds: tuple[str, ...]) -> type[BaseModel]:
    """`Questions` whose schema allows the tasks of a domain and these kinds only: an endpoint can write no others."""
    allowed: dict[str, Any] = {"task": (Literal[tuple(TASKS[domain])], ...), "kind": (Literal[kinds], ...)}
    question = create_model("Question", __base__=Question, **allowed)
    name = f"{domain.capitalize()}Questions"
    return create_model(name, __base__=Questions, questions=(list[question], ...))  # type: ignore[valid-type]


class AskQuestions(TaughtByOne):
    """Questions by a teacher (paper, section on CoTA: the second of its three steps).

    Args:
        asking: the teacher; it hears the recording if its settings say that it can.
        per_recording: questions that are asked for about each recording.
        kinds: of `multiple_choice` and `open`.
        distractors: wrong choices of a multiple-choice question.
        seed: of the order of the choices.

    Raises:
        ValueError: an unknown kind, or no question.
    """

    name = "question"

    def __init__(
        self,
        asking: Asking,
        per_recording: int = 2,
        kinds: Sequence[str] = KINDS,
        distractors: int = DISTRACTORS,
        seed: int = 0,
    ) -> None:
        for name, number in (("per_recording", per_recording), ("distractors", distractors)):
            if not isinstance(number, int) or number < 1:
                raise ValueError(f"{name} is {number!r}; give a whole number from 1 on.")
        if unknown := [kind for kind in kinds if kind not in KINDS]:
            raise ValueError(f"There is no kind of question {unknown[0]!r}; use {' or '.join(KINDS)}.")
        super().__init__(asking)
        self.per_recording, self.kinds = per_recording, list(kinds)
        self.distractors, self.seed = distractors, seed

    def version(self) -> dict[str, Any]:
        return super().version() | {
            "per_recording": self.per_recording,
            "kinds": self.kinds,
            "distractors": self.distractors,
            "seed": self.seed,
            "tasks": TASKS,
        }

    def forms(self) -> list[type[BaseModel]]:
        return [questions_of(domain, tuple(self.kinds)) for domain in TASKS]

    def requests(self, row: Row, asking: Asking) -> list[Request]:
        recording = row["recording"]
        told = told_of_recording(row) | {
            "labels": row.get("labels"),
            "count": self.per_recording,
            "tasks": TASKS[recording["domain"]],
            "kinds": self.kinds,
            "distractors": self.distractors,
        }
        form = questions_of(recording["domain"], tuple(self.kinds))
        return [Request(asking, row, form, told, hears=asking.settings.hears)]

    async def process(self, row: Row) -> Outcome | list[Outcome]:
        given = await self.answer(row)
        outcomes: list[Outcome] = []
        for number, question in enumerate(given.questions):
            asked = question_row(row, number, question, self.seed)
            asked["teachers"] = self.taught(row)
            problem = self._problem(question)
            outcomes.append(Left(asked, "rejected", "question", problem) if problem else asked)
        if not outcomes:
            return Left(row, "rejected", "question", "The teacher wrote no question about this recording.")
        return outcomes

    def _problem(self, question: Question) -> str | None:
        """What is wrong with a question, None if nothing is."""
        if not question.question.strip() or not question.answer.strip():
            return "The question or its answer is empty."
        if question.kind == "open":
            return "An open question came with choices." if question.distractors else None
        if len(question.distractors) != self.distractors:
            return f"There are {len(question.distractors)} wrong choices and not {self.distractors}."
        choices = [question.answer.strip(), *(text.strip() for text in question.distractors)]
        if len({" ".join(text.lower().split()).rstrip(".") for text in choices}) < len(choices):
            return f"Two choices are alike: {choices}."
        try:
            question_text(question.question, choices)
        except ValueError as error:
            return str(error)
        return None


def question_row(row: Row, number: int, question: Question, seed: int) -> Row:
    """A row about one question, of the row about its recording."""
    recording = row["recording"]
    name = f"{row['id']}/q{number}"
    duration = row["measured"]["duration"]
    heard = {
        "id": recording["id"],
        "group": recording["group"],
        "start": 0.0,
        "end": duration,
        "facts": recording["annotations"],
    }
    choices = [question.answer, *question.distractors] if question.kind == "multiple_choice" else []
    return {
        "id": name,
        "parent": row["id"],
        "split": row["split"],
        "clip": recording["audio"],
        "duration": duration,
        "domain": recording["domain"],
        "task": question.task,
        "kind": question.kind,
        "difficulty": question.difficulty,
        "language": recording["language"],
        "source": recording["source"],
        "source_id": recording["source_id"],
        "license": recording["license"],
        "annotations": recording["annotations"] | {"recordings": [heard]},
        "measured": row["measured"],
        "labels": row.get("labels"),
        "content": row.get("content"),
        "fingerprint": row.get("fingerprint"),
        "passed": row.get("passed", {}),
        "question": question.question.strip(),
        "choices": shuffled([choice.strip() for choice in choices], name, seed),
        "answer": question.answer.strip(),
        "evidence": question.evidence.strip(),
    }


def shuffled(choices: Sequence[str], name: str, seed: int) -> list[str]:
    """The choices in an order that depends on the seed and the question's id alone."""
    return [choices[place] for place in row_rng(seed, name).permutation(len(choices))]
