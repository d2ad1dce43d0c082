"""MELD (arXiv 1810.02508): `test_sent_emo.csv` and its clips in `output_repeated_splits_test/`, as MP4.

What is asked for is the emotion alone, of the seven, as in Qwen2-Audio's evaluation.
"""

from __future__ import annotations

from pathlib import Path

from evaluation.benchmarks.place import Source, heard, need, numbered_entries, present
from evaluation.benchmarks.question import Question
from evaluation.official.meld import EMOTIONS


SOURCE = Source("meld", "https://github.com/declare-lab/MELD")
SPLITS = ("test",)
TABLES = ("test_sent_emo.csv", "test/test_sent_emo.csv", "MELD.Raw/test_sent_emo.csv", "data/MELD/test_sent_emo.csv")
CLIPS = "output_repeated_splits_test"
QUESTION = "Recognize the emotion with keywords in English."
"""As Qwen2-Audio is asked."""


def read(folder: Path, split: str = "test") -> list[Question]:
    """The questions; any two of them may swap their recordings.

    The entries are the table's rows, with "source" and "audio_path" as Qwen2-Audio's evaluation has them.

    Raises:
        FileNotFoundError: the table is missing.
        ValueError: a row is not in the layout, or its emotion is none of the seven.
    """
    path = present(folder, TABLES, SOURCE)[0]
    clips = [place / CLIPS for place in (path.parent, path.parent / "test", folder)]
    place = next((place for place in clips if place.is_dir()), clips[0])
    questions = []
    for number, entry in numbered_entries(path):
        dialogue, utterance = (_count(entry, name, path, number) for name in ("Dialogue_ID", "Utterance_ID"))
        emotion = need(entry, "Emotion", path, number)
        if emotion not in EMOTIONS:
            raise ValueError(
                f"{path}, entry {number}, has the Emotion {emotion!r}, which is none of {', '.join(EMOTIONS)}: it is "
                "not in the official layout."
            )
        name = f"dia{dialogue}_utt{utterance}"
        questions.append(
            Question(
                id=f"{entry['Dialogue_ID']}/{entry['Utterance_ID']}",
                entry={**entry, "source": f"meld_{split}", "audio_path": f"{CLIPS}/{name}.mp4"},
                text=QUESTION,
                answer=emotion,
                choices=EMOTIONS,
                recordings=(heard(place, (f"{name}.mp4",)),),
                kind="emotion",
                origin=f"meld/{split}/{name}",
                choice_fields=(),
            )
        )
    return questions


def _count(entry: dict[str, str], name: str, path: Path, number: int) -> int:
    text = need(entry, name, path, number)
    if not text.isdigit():
        raise ValueError(f"{path}, entry {number}, has the {name} {text!r}: a whole number belongs there.")
    return int(text)
