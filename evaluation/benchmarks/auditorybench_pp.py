"""AuditoryBench++ (arXiv 2509.17641): text alone, a table a task, `<task>/test.csv` of HJOK/AuditoryBenchpp.

The card says that each task has a schema of its own and does not print it. Read are the columns of AuditoryBench
(github.com/HJ-Ok/AudioBERT), which it goes on from, and those that tables of multiple choice have:

- answer: `answer`, a text among the choices or the letter of one;
- question: `question`, or `sentence`, in which a word may be left out as [MASK];
- choices: `choices` or `options`, a list as text, or a column each: option_a, option_b, …, or choice_a, or A;
- comparisons without choices: `span1` and `span2`, what is compared. Where the table's answers are two words, such as
  higher and lower, these are the choices, in the order of the alphabet; else the two that are compared.

A table with other columns is refused, with the columns that it has. No public scorer was found either.
"""

from __future__ import annotations

import string
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from evaluation.benchmarks.letters import unlettered
from evaluation.benchmarks.place import Source, need, numbered_entries, present
from evaluation.benchmarks.question import Question
from evaluation.outputs.items import listed_choices


SOURCE = Source(
    "auditorybench_pp",
    "https://huggingface.co/datasets/HJOK/AuditoryBenchpp",
    hub="HJOK/AuditoryBenchpp",
    patterns=("*/test.csv",),
)
TASKS = ("pitch", "duration", "loudness", "animal", "mmau")
SPLITS = ("all", *TASKS)
MASK = "[MASK]"
COMPARED = {
    "pitch": ("The sound of {0} has a [MASK] pitch than the sound of {1}.", "Which has the higher pitch: {0} or {1}?"),
    "duration": ("The sound of {0} is [MASK] than the sound of {1}.", "Which lasts longer: {0} or {1}?"),
    "loudness": ("The sound of {0} is [MASK] than the sound of {1}.", "Which is louder: {0} or {1}?"),
}
"""How two sounds are compared where the table has no question: by a word that is left out, or by naming one."""
_LISTS = ("choices", "options")
_PREFIXES = ("option_", "choice_", "")

Row = Mapping[str, Any]


def read(folder: Path, split: str = "all") -> list[Question]:
    """The questions of a task, or of all five.

    The entries are the tables' rows, with id, task, question and choices, by which they are scored.

    Raises:
        FileNotFoundError: a task's table is missing.
        ValueError: a row is not in a layout that is known.
    """
    questions = []
    for task in TASKS if split == "all" else (split,):
        path = present(folder, (f"{task}/test.csv",), SOURCE)[0]
        rows = list(numbered_entries(path))
        answers = sorted({need(row, "answer", path, number) for number, row in rows})
        questions += [_question(row, task, answers, path, number) for number, row in rows]
    return questions


def _question(row: Row, task: str, answers: Sequence[str], path: Path, number: int) -> Question:
    answer = need(row, "answer", path, number)
    choices, answer = unlettered(_choices(row, task, answers, path, number), answer)
    if answer not in choices and answer in tuple(string.ascii_uppercase[: len(choices)]):
        answer = choices[string.ascii_uppercase.index(answer)]
    if answer not in choices:
        raise ValueError(
            f"{path}, entry {number}, has the answer {answer!r}, which is none of {choices!r}: it is in no layout "
            "that is known."
        )
    text = _text(row, task, choices, path, number)
    name = f"{task}/{number}"
    added = {"id": name, "task": task, "question": text, "choices": choices, "answer": answer}
    return Question(id=name, entry={**row, **added}, text=text, answer=answer, choices=tuple(choices), kind=task)


def _choices(row: Row, task: str, answers: Sequence[str], path: Path, number: int) -> list[str]:
    for name in _LISTS:
        if row.get(name):
            try:
                return list(listed_choices({"choices": row[name]}))
            except ValueError as error:
                raise ValueError(f"{path}, entry {number}, {error}: a list of texts belongs there.") from None
    by_name = {column.lower(): text for column, text in row.items()}
    for prefix in _PREFIXES:
        texts = [by_name.get(f"{prefix}{letter}") for letter in string.ascii_lowercase]
        if texts[0] and texts[1]:
            while not texts[-1]:
                texts.pop()
            return [str(text or "") for text in texts]
    if task in COMPARED and row.get("span1") and row.get("span2"):
        spans = [str(row["span1"]), str(row["span2"])]
        return list(answers) if len(answers) == 2 and row["answer"] not in spans else spans
    raise ValueError(
        f"{path}, entry {number}, has the columns {', '.join(row)}: no choices are there under {' or '.join(_LISTS)}, "
        "option_a and so on, or span1 and span2; it is in no layout that is known."
    )


def _text(row: Row, task: str, choices: Sequence[str], path: Path, number: int) -> str:
    text = str(row.get("question") or row.get("sentence") or "")
    if not text and task in COMPARED and row.get("span1") and row.get("span2"):
        spans = (row["span1"], row["span2"])
        masked, named = COMPARED[task]
        text = (named if set(choices) == set(spans) else masked).format(*spans)
    if not text:
        raise ValueError(
            f"{path}, entry {number}, has the columns {', '.join(row)}: there is no question or sentence; it is in no "
            "layout that is known."
        )
    return f"Which belongs in the place of {MASK}? {text}" if MASK in text else text
