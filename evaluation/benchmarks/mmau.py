"""MMAU (arXiv 2410.19168): `mmau-test-mini.json`, `mmau-test.json`, and the folders of audio that they name."""

from __future__ import annotations

from pathlib import Path

from evaluation.benchmarks.place import Source, heard, need, numbered_entries, present
from evaluation.benchmarks.question import Question
from evaluation.outputs.items import listed_choices


SOURCE = Source("mmau", "https://github.com/Sakshi113/MMAU")
SPLITS = ("test-mini", "test")


def read(folder: Path, split: str = "test-mini") -> list[Question]:
    """The questions of a split, whichever release the file is of; the score says which that is.

    Raises:
        FileNotFoundError: the file or a recording is missing.
        ValueError: an entry is not in the layout.
    """
    (path,) = present(folder, (f"mmau-{split}.json",), SOURCE)
    questions = []
    for number, entry in numbered_entries(path):
        audio = need(entry, "audio_id", path, number)
        try:
            choices = listed_choices(entry)
        except ValueError as error:
            raise ValueError(f"{path}, entry {number}, {error}: it is not in the official layout.") from None
        questions.append(
            Question(
                id=need(entry, "id", path, number),
                entry=entry,
                text=need(entry, "question", path, number),
                # The answers of `test` are not public; EvalAI scores its predictions.
                answer=str(entry.get("answer") or ""),
                choices=tuple(choices),
                recordings=(heard(folder, (audio,), SOURCE),),
                kind=need(entry, "task", path, number),
            )
        )
    return questions
