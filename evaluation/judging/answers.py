"""The answers that a judge is to read, from a run's `items.jsonl` or from a file in the benchmark's own layout."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from evaluation.outputs.entries import Entry, read_entries
from evaluation.outputs.items import Layout


@dataclass(frozen=True)
class Answer:
    """An item and what the model answered.

    Attributes:
        id: of the item.
        entry: the fields of the official layout.
        response: what is judged, the RESPONSE of a structured answer; None where the model did not answer.
        output: the whole answer, where the file holds it.
        place: the file and the entry, for errors.
    """

    id: str
    entry: Mapping[str, Any]
    response: str | None
    output: str | None
    place: str

    def text(self, name: str) -> str:
        """A field of the entry that a judge has to be shown.

        Raises:
            ValueError: it is missing or no text; names the place.
        """
        value = self.entry.get(name)
        if not isinstance(value, str):
            raise ValueError(f"{self.place}, has no text under {name!r}, which the judge is shown: add it.")
        return value


def read_answers(layout: Layout, outputs: Path) -> list[Answer]:
    """The answers in a file, which has one at least.

    Args:
        layout: of the benchmark.
        outputs: `items.jsonl` of a run, or JSON list or JSONL in the benchmark's layout.

    Raises:
        FileNotFoundError: there is no such file.
        ValueError: nothing in it is answered, an item is there twice, or has no name or an answer that is no text.
    """
    entries = read_entries(outputs)
    answers = [_answer(layout, entry, f"{outputs}, entry {number}") for number, entry in enumerate(entries, 1)]
    first: dict[str, str] = {}
    for answer in answers:
        if answer.id in first:
            raise ValueError(f"{answer.place}, is the item {answer.id!r} of {first[answer.id]} again: remove one.")
        first[answer.id] = answer.place
    if all(answer.response is None for answer in answers):
        raise ValueError(f"{outputs}: no item is answered, so that there is nothing to judge: run the model first.")
    return answers


def answers_hash(answers: Iterable[Answer]) -> str:
    """SHA-256 of ids and answers, in the order of the ids: judgements of other answers are none of these."""
    found = sorted((answer.id, answer.response or "", answer.output or "") for answer in answers)
    return hashlib.sha256(json.dumps(found, ensure_ascii=False).encode()).hexdigest()


def _answer(layout: Layout, line: Entry, place: str) -> Answer:
    of_run = isinstance(line.get("entry"), Mapping)
    entry = line["entry"] if of_run else line
    lacking = [name for name in layout.identity if entry.get(name) in (None, "")]
    if lacking:
        raise ValueError(f"{place}, has no {lacking[0]!r}: it is not in the benchmark's layout.")
    given = (line.get("prediction"), line.get("output")) if of_run else (entry.get(layout.asked_key), None)
    response, output = given
    if not isinstance(response, (str, type(None))):
        raise ValueError(f"{place}, has an answer that is no text but {response!r}.")
    name = "/".join(str(entry[part]) for part in layout.identity)
    return Answer(name, entry, response, output, place)
