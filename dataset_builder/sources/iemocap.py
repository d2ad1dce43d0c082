"""IEMOCAP: 10,039 turns of acted dialogues, each with the emotion that annotators agreed on.

Home: https://sail.usc.edu/iemocap/iemocap_release.htm; its licence allows research only. `IEMOCAP_full_release`:

    <folder>/
      Session1/dialog/EmoEvaluation/Ses01F_impro01.txt
            [6.2901 - 8.2357]	Ses01F_impro01_F000	neu	[2.5000, 2.5000, 2.5000]
      Session1/dialog/transcriptions/Ses01F_impro01.txt
            Ses01F_impro01_F000 [006.2901-008.2357]: Excuse me.
      Session1/sentences/wav/Ses01F_impro01/Ses01F_impro01_F000.wav
      Session2/… to Session5/…

There are no official splits: a session is a group, and its two speakers are in no other.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from .entry import Entry, Item, Place, recordings
from .folder_layout import require_folder


HOME = "https://sail.usc.edu/iemocap/iemocap_release.htm"
LICENSE = "LicenseRef-IEMOCAP"
SESSIONS = tuple(f"Session{number}" for number in range(1, 6))
EMOTIONS = {
    "ang": "anger",
    "dis": "disgust",
    "exc": "excitement",
    "fea": "fear",
    "fru": "frustration",
    "hap": "happiness",
    "neu": "neutral",
    "sad": "sadness",
    "sur": "surprise",
}
"""Codes of the corpus; `oth` (another emotion) and `xxx` (no agreement) give no emotion."""
_NO_EMOTION = ("oth", "xxx")
_TURN = re.compile(
    r"\[(?P<start>[\d.]+)\s*-\s*(?P<end>[\d.]+)\]\s+(?P<name>Ses\d\d[FM]_\w+_[FM]\w*\d+)\s+(?P<code>[a-z]{3})\s+"
    r"\[(?P<valence>[\d.]+),\s*(?P<activation>[\d.]+),\s*(?P<dominance>[\d.]+)\]\s*"
)
_SPOKEN = re.compile(r"(?P<name>\S+)\s+\[[\d.\s-]+\]:\s*(?P<text>.*)")


class IemocapSource:
    """IEMOCAP.

    Args:
        folder: as in the module's docstring.
        splits: names of sessions (`Session1` to `Session5`); default those that are there.

    Raises:
        FileNotFoundError: the folder or a named session is not there.
        ValueError: an unknown session.
    """

    name = "iemocap"

    def __init__(self, folder: Path, splits: Sequence[str] | None = None) -> None:
        self._folder = require_folder(folder, self.name, HOME)
        unknown = [split for split in splits or () if split not in SESSIONS]
        if unknown:
            raise ValueError(f"IEMOCAP has no split {unknown[0]!r}; it has {', '.join(SESSIONS)}.")
        needed = ("dialog/EmoEvaluation", "dialog/transcriptions")
        there = [name for name in SESSIONS if all((folder / name / part).is_dir() for part in needed)]
        missing = [name for name in splits or () if name not in there]
        if missing or not there:
            raise FileNotFoundError(
                f"{folder} has no {' or '.join(missing or SESSIONS)} with {' and '.join(needed)}; name the "
                f"folder IEMOCAP_full_release, or get the corpus from {HOME}."
            )
        self._sessions = [name for name in there if splits is None or name in splits]

    def read(self) -> Iterator[Item]:
        """The turns, session by session, dialogue by dialogue."""
        return recordings(self.name, self._entries)

    def _entries(self) -> Iterator[Entry]:
        for session in self._sessions:
            evaluations = self._folder / session / "dialog" / "EmoEvaluation"
            for path in sorted(evaluations.glob("Ses*.txt")):  # macOS left `._Ses…` files in the archive
                yield from self._dialogue(session, path)

    def _dialogue(self, session: str, path: Path) -> Iterator[Entry]:
        relative = str(path.relative_to(self._folder))
        texts = _read_transcripts(self._folder / session / "dialog" / "transcriptions" / path.name)
        for number, line in enumerate(path.read_text(encoding="utf-8", errors="replace").splitlines(), start=1):
            if not line.startswith("["):  # a heading, or what one annotator said
                continue
            turn = _TURN.fullmatch(line)
            if turn is None:
                if not line.startswith("[START_TIME"):
                    reason = "it is not a turn: [start - end] name emotion [valence, activation, dominance]."
                    yield Entry(Place(relative, number), problem=reason)
                continue
            yield self._turn(session, path.stem, Place(relative, number), turn, texts)

    def _turn(self, session: str, dialogue: str, place: Place, turn: re.Match[str], texts: dict[str, str]) -> Entry:
        name, code = turn["name"], turn["code"]
        if code not in EMOTIONS and code not in _NO_EMOTION:
            return Entry(place, problem=f"{code!r} is no code of an emotion of IEMOCAP.")
        sex = name.rpartition("_")[2][0]
        return Entry(
            place=place,
            source_id=name,
            audio=[self._folder / session / "sentences" / "wav" / dialogue / f"{name}.wav"],
            domain="speech",
            license=LICENSE,
            language="en",
            group=f"iemocap/{session}",
            annotations={
                "emotion": EMOTIONS.get(code),
                "transcript": texts.get(name),
                "speaker": f"iemocap/{session}-{sex}",
                "gender": {"F": "female", "M": "male"}[sex],
                "valence": turn["valence"],
                "activation": turn["activation"],
                "dominance": turn["dominance"],
                "style": "acted dialogue",
            },
        )


def _read_transcripts(path: Path) -> dict[str, str]:
    """The words of each turn; empty where a dialogue has no transcript, for its emotions are whole without."""
    if not path.is_file():
        return {}
    lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
    return {match["name"]: match["text"] for match in map(_SPOKEN.fullmatch, lines) if match is not None}
