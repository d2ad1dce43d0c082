"""MMAU (arXiv 2410.19168), as its authors publish it on GitHub and on the Hub.

- `mmau-test-mini.json`, `mmau-test.json` (github.com/Sakshi113/MMAU), and the folders of audio that they name;
- `test_mini.parquet` (gamma-lab-umd/MMAU-test-mini on the Hub), with the recordings in it.

The file decides which release the questions are of; the score says which that is.
"""

from __future__ import annotations

from pathlib import Path

from evaluation.benchmarks.mmau_parquet import read_parquet
from evaluation.benchmarks.place import Source, choices_of, heard, need, numbered_entries, present
from evaluation.benchmarks.question import Question


SOURCE = Source(
    "mmau",
    "https://github.com/Sakshi113/MMAU",
    hub="gamma-lab-umd/MMAU-test-mini",
    patterns=("test_mini.parquet",),
    hub_splits=("test-mini",),
)
SPLITS = ("test-mini", "test")
PARQUET = {"test-mini": "test_mini.parquet"}


def read(folder: Path, split: str = "test-mini") -> list[Question]:
    """The questions of a split.

    The JSON is read where it is there with its audio, and else the Parquet file.

    Raises:
        FileNotFoundError: the file is missing.
        ValueError: an entry is not in the layout.
    """
    official = f"mmau-{split}.json"
    names = [official, *([PARQUET[split]] if split in PARQUET else [])]
    paths = present(folder, names, SOURCE)
    if paths[-1].name != official and (len(paths) == 1 or not (folder / f"{split}-audios").is_dir()):
        return read_parquet(paths[-1], split)
    path, questions = paths[0], []
    for number, entry in numbered_entries(path):
        audio = need(entry, "audio_id", path, number)
        questions.append(
            Question(
                id=need(entry, "id", path, number),
                entry=entry,
                text=need(entry, "question", path, number),
                # The answers of `test` are not public; EvalAI scores its predictions.
                answer=str(entry.get("answer") or "") if split == "test" else need(entry, "answer", path, number),
                choices=choices_of(entry, path, number),
                recordings=(heard(folder, (audio,)),),
                kind=need(entry, "task", path, number),
                origin=f"mmau/{Path(audio).name}",
            )
        )
    return questions
