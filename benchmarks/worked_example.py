"""One recording on its way through the teachers: what each is sent and what a good answer looks like.

The requests are those that the stages write; the recording and the answers are made up and always the same. For
docs/prompts.md, and for the figures of what a large build takes.
"""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel

from dataset_builder.stages.annotate import Annotate, Labels
from dataset_builder.stages.asking import Asking, Request
from dataset_builder.stages.question import AskQuestions, Question, question_row
from dataset_builder.stages.reason import Reason, Sections
from dataset_builder.stages.review import Answer, Review
from dataset_builder.teachers.settings import TeacherSettings


SECONDS = 10.0
ROW: dict[str, Any] = {
    "id": "my-sounds/yard.wav",
    "split": "train",
    "recording": {
        "id": "my-sounds/yard.wav",
        "audio": {"path": "my-sounds/yard.wav"},
        "source": "my-sounds",
        "source_id": "yard.wav",
        "domain": "sound",
        "license": "CC-BY-4.0",
        "language": None,
        "group": "my-sounds/yard.wav",
        "annotations": {"labels": ["Dog", "Vehicle"], "captions": ["A dog barks while a car drives off."]},
    },
    "measured": {
        "duration": SECONDS,
        "loudness": -23.4,
        "silence": [[8.9, 10.0]],
        "silent_share": 0.11,
        "speech_share": 0.0,
    },
}
LABELS = {
    "description": "A dog barks three times nearby. An engine starts and idles, and a car drives off. Then: quiet.",
    "events": [
        {"label": "dog barks three times", "start": 0.4, "end": 2.1},
        {"label": "engine starts and idles", "start": 2.6, "end": 5.0},
        {"label": "car drives off", "start": 5.0, "end": 8.9},
    ],
    "speech": None,
    "music": None,
    "setting": "outdoors, close to a road; clean recording",
    "uncertain": ["the size of the dog"],
}
QUESTION = {
    "task": "sound_order",
    "kind": "multiple_choice",
    "difficulty": "medium",
    "question": "What has stopped by the time the engine is first heard?",
    "answer": "the barking of a dog",
    "distractors": ["the singing of a bird", "the ringing of a bell", "the dripping of water"],
    "evidence": "The three barks end at 2.1 s, the engine starts at 2.6 s.",
}
SECTIONS = {
    "planning": "The question asks for a sound that ends before an engine begins. I will find the first moment of the "
    "engine, note what is heard before it, and compare that with the four choices.",
    "caption": "Three short, rough barks come close together near the microphone. After a pause of half a second "
    "a starter whirrs, an engine catches and idles, and then it grows louder and fades as the car moves away.",
    "reasoning": "The engine is first heard after the pause. Before it there are only the three barks: sudden, rough "
    "and falling in pitch, as a dog's are. Nothing is whistled or sung, so it is no bird; nothing rings on, so it is "
    "no bell; and there are no light regular drops, so it is no water.",
    "summary": "Only the dog is heard before the engine, and it is silent once the engine starts.",
    "response": "What has stopped is the barking of a dog.",
}
PURPOSES = ("annotate", "question", "reason", "blind", "text_only")


def teacher(purpose: str, settings: TeacherSettings | None = None) -> Asking:
    """A teacher that could be asked for this; nothing is connected."""
    hears = purpose in ("annotate", "reason", "blind")
    return Asking(purpose, settings or TeacherSettings("example", "http://localhost:8000/v1", hears=hears))


def requests(purpose: str, settings: TeacherSettings | None = None) -> tuple[list[Request], BaseModel]:
    """What the stage asks about the recording, and a good answer to the first of its requests."""
    asking = teacher(purpose, settings)
    labelled = ROW | {"labels": Labels.model_validate(LABELS).model_dump(exclude_none=True)}
    question = Question.model_validate(QUESTION)
    asked = question_row(labelled, 0, question, seed=0)
    if purpose == "annotate":
        return Annotate(asking).requests(ROW, asking), Labels.model_validate(LABELS)
    if purpose == "question":
        request = AskQuestions(asking).requests(labelled, asking)
        return request, request[0].form.model_validate({"questions": [QUESTION]})
    if purpose == "reason":
        return Reason(asking).requests(asked, asking), Sections.model_validate(SECTIONS)
    answer = QUESTION["answer"] if purpose == "blind" else QUESTION["distractors"][0]
    return Review(**{purpose: asking}).questions(asked, asking), Answer(answer=str(answer))
