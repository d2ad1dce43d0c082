"""AIR-Bench: the two parts in their official layout."""

from __future__ import annotations

import pytest

from evaluation.benchmarks import air_bench_chat, air_bench_foundation
from evaluation.benchmarks.prompts import asked
from evaluation.benchmarks.question import Question, reordered
from evaluation.benchmarks.registry import READERS, read_questions


SITE = "https://huggingface.co/datasets/qyang1021/AIR-Bench-Dataset"
FOUNDATION = [
    {
        "path": "a.wav",
        "question": "Which emotion is it?",
        "choice_a": "happy",
        "choice_b": "sad",
        "choice_c": "angry",
        "choice_d": "calm",
        "answer_gt": "sad",
        "task_name": "Speaker_Emotion_Recontion",
        "dataset_name": "iemocap",
        "uniq_id": 0,
    },
    {
        "path": "b.wav",
        "question": "When does it bark?",
        "choice_a": "At 1 s.",
        "choice_b": "At 2 s.",
        "choice_c": None,
        "choice_d": None,
        "answer_gt": "At 1 s.",
        "task_name": "Audio_Grounding",
        "dataset_name": "AudioGrounding",
        "uniq_id": 0,
    },
]
CHAT = [
    {
        "meta_info": "A dog barks twice.",
        "question": "What is heard?",
        "answer_gt": "A dog that barks.",
        "path": "a.wav",
        "task_name": "sound_QA",
        "dataset_name": "clotho",
        "uniq_id": 7,
    }
]


@pytest.fixture
def official(tree):
    tree.json("Foundation/Foundation_meta.json", FOUNDATION)
    tree.sound("Foundation/Speaker_Emotion_Recontion_iemocap/a.wav")
    tree.sound("Foundation/Audio_Grounding_AudioGrounding/b.flac")
    tree.json("Chat/Chat_meta.json", CHAT)
    tree.sound("Chat/sound_QA_clotho/a.wav")
    return tree


# ---- Foundation


def test_foundation(official, scored) -> None:
    first, second = questions = air_bench_foundation.read(official.folder)
    assert first == Question(
        id="Speaker_Emotion_Recontion/iemocap/0",
        entry=FOUNDATION[0],
        text="Which emotion is it?",
        answer="sad",
        choices=("happy", "sad", "angry", "calm"),
        recordings=first.recordings,
        kind="Speaker_Emotion_Recontion",
        origin="iemocap/a.wav",
        choice_fields=("choice_a", "choice_b", "choice_c", "choice_d"),
    )
    assert (second.id, second.choices) == ("Audio_Grounding/AudioGrounding/0", ("At 1 s.", "At 2 s."))
    found = scored("air_bench_foundation", questions, ["B", "B. At 2 s."])
    assert (found.figures["official"], found.figures["strict"]) == (0.5, 0.5)
    assert [verdict.item.id for verdict in found.verdicts] == [question.id for question in questions]
    assert not any("not read" in statement for statement in found.figures["statements"])


def test_the_recordings_of_grounding_are_flac_whatever_their_name_says(official) -> None:
    _, second = air_bench_foundation.read(official.folder)
    folder = official.path("Foundation/Audio_Grounding_AudioGrounding")
    assert second.recordings[0].path == str(folder / "b.flac")
    (folder / "b.flac").rename(folder / "b.wav")
    _, second = air_bench_foundation.read(official.folder)
    assert second.recordings[0].path == str(folder / "b.wav")


def test_foundation_is_asked_as_its_scorer_needs_it(official) -> None:
    first, second = air_bench_foundation.read(official.folder)
    assert READERS["air_bench_foundation"].prompt == "air_bench"
    assert asked(first, "air_bench") == (
        "Choose the most suitable answer from options A, B, C, and D to respond the question in next line, you may "
        "only choose A or B or C or D.\nWhich emotion is it?\nA. happy\nB. sad\nC. angry\nD. calm"
    )
    assert asked(second, "air_bench").endswith("\nWhen does it bark?\nA. At 1 s.\nB. At 2 s.")


def test_in_another_order_a_letter_means_what_was_shown(official, scored) -> None:
    questions = [reordered(question, 2) for question in air_bench_foundation.read(official.folder)]
    assert questions[0].choices == ("sad", "happy", "calm", "angry")
    assert [questions[0].entry[f"choice_{letter}"] for letter in "abcd"] == list(questions[0].choices)
    assert questions[0].entry["answer_gt"] == questions[0].answer == "sad"
    assert questions[1].choices == ("At 2 s.", "At 1 s.")
    assert [questions[1].entry[f"choice_{letter}"] for letter in "abcd"] == ["At 2 s.", "At 1 s.", None, None]
    letters = ["ABCD"[question.choices.index(question.answer)] for question in questions]
    assert scored("air_bench_foundation", questions, letters).figures["official"] == 1


def test_the_parts_may_lie_in_the_folder_itself(official) -> None:
    assert len(air_bench_foundation.read(official.path("Foundation"))) == 2
    assert len(air_bench_chat.read(official.path("Chat"))) == 1


@pytest.mark.parametrize(
    ("changed", "error"),
    [
        ({"answer_gt": "bored"}, "has an 'answer_gt' that is none of its choices: 'bored'"),
        ({"choice_a": None}, "has no texts under choice_a to choice_d"),
        ({"choice_b": 3}, "has no texts under choice_a to choice_d"),
        ({"question": ""}, "has no 'question'"),
        ({"uniq_id": None}, "has no 'uniq_id'"),
        ({"task_name": None}, "has no 'task_name'"),
        ({"path": None}, "has no 'path'"),
    ],
)
def test_an_entry_of_foundation_outside_the_layout(official, changed, error) -> None:
    official.json("Foundation/Foundation_meta.json", [FOUNDATION[1], {**FOUNDATION[0], **changed}])
    with pytest.raises(ValueError, match=f"Foundation_meta.json, entry 2,? {error}"):
        air_bench_foundation.read(official.folder)


# ---- Chat


def test_chat_keeps_what_a_judge_is_shown(official, scored) -> None:
    (question,) = air_bench_chat.read(official.folder)
    assert question == Question(
        id="sound_QA/clotho/7",
        entry=CHAT[0],
        text="What is heard?",
        answer="A dog that barks.",
        recordings=question.recordings,
        kind="sound_QA",
        origin="clotho/a.wav",
    )
    assert asked(question) == "What is heard?"
    assert reordered(question, 2) is question


@pytest.mark.parametrize(
    ("changed", "error"),
    [
        ({"meta_info": None}, "has no 'meta_info'"),
        ({"answer_gt": ""}, "has no 'answer_gt'"),
        ({"task_name": "chess_QA"}, "has the task_name 'chess_QA', which is none of speech_QA"),
        ({"uniq_id": None}, "has no 'uniq_id'"),
    ],
)
def test_an_entry_of_chat_outside_the_layout(official, changed, error) -> None:
    official.json("Chat/Chat_meta.json", [{**CHAT[0], **changed}])
    with pytest.raises(ValueError, match=f"Chat_meta.json, entry 1,? {error}"):
        air_bench_chat.read(official.folder)


# ---- Both


@pytest.mark.parametrize("part", ["foundation", "chat"])
def test_what_is_missing_is_named_with_where_to_get_it(official, part) -> None:
    name = part.capitalize()
    folder = {"foundation": "Speaker_Emotion_Recontion_iemocap", "chat": "sound_QA_clotho"}[part]
    official.path(f"{name}/{folder}/a.wav").unlink()
    with pytest.raises(FileNotFoundError, match=f"lacks the recording {name}/{folder}/a.wav: unpack .*{SITE}"):
        read_questions(f"air_bench_{part}", str(official.folder))
    official.path(f"{name}/{name}_meta.json").unlink()
    with pytest.raises(FileNotFoundError, match=f"none of {name}/{name}_meta.json, {name}_meta.json, .*{SITE}"):
        read_questions(f"air_bench_{part}", str(official.folder))


@pytest.mark.parametrize(("part", "entries"), [("Foundation", FOUNDATION), ("Chat", CHAT)])
def test_an_id_that_is_there_twice(official, part, entries) -> None:
    """The count begins anew in each task and corpus; within one it names a question."""
    official.json(f"{part}/{part}_meta.json", [entries[0], entries[0]])
    name = f"{entries[0]['task_name']}/{entries[0]['dataset_name']}/{entries[0]['uniq_id']}"
    with pytest.raises(ValueError, match=f"the id '{name}' is there twice"):
        read_questions(f"air_bench_{part.lower()}", str(official.folder))
