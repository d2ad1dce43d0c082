"""MMAR (arXiv 2505.13032): `MMAR-meta.json`, and `audio/` or the archive `mmar-audio.tar.gz` that holds it."""

from __future__ import annotations

from pathlib import Path

from evaluation.benchmarks.archives import unpacked
from evaluation.benchmarks.place import Source, choices_of, heard, need, numbered_entries, present
from evaluation.benchmarks.question import Question


ARCHIVE = "mmar-audio.tar.gz"
SOURCE = Source(
    "mmar",
    "https://huggingface.co/datasets/BoJack/MMAR",
    hub="BoJack/MMAR",
    patterns=("MMAR-meta.json", ARCHIVE),
)
SPLITS = ("test",)


def read(folder: Path, split: str = "test") -> list[Question]:
    """The questions; questions of one modality may swap their recordings.

    Where the archive is not unpacked in the folder, it is unpacked beside it.

    Raises:
        FileNotFoundError: the file is missing.
        ValueError: an entry is not in the layout, or the archive is broken.
    """
    path = present(folder, ("MMAR-meta.json", "MMAR-meta.jsonl"), SOURCE)[0]
    archive = folder / ARCHIVE
    sounds = unpacked(archive) if archive.is_file() and not (folder / "audio").is_dir() else folder
    questions = []
    for number, entry in numbered_entries(path):
        audio = need(entry, "audio_path", path, number)
        questions.append(
            Question(
                id=need(entry, "id", path, number),
                entry=entry,
                text=need(entry, "question", path, number),
                answer=need(entry, "answer", path, number),
                choices=choices_of(entry, path, number),
                recordings=(heard(sounds, (audio,)),),
                kind=need(entry, "modality", path, number),
                origin=str(entry.get("url") or f"mmar/{Path(audio).name}"),
            )
        )
    return questions
