"""The classes of AudioSet: their names, and whether they are speech, music or other sounds. Knows no clips."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

from .table_file import TableFile


MUSIC, SPEECH = "/m/04rlf", "/m/09x0r"
ONTOLOGY, INDEX, STRONG_NAMES = "ontology.json", "class_labels_indices.csv", "mid_to_display_name.tsv"


class Ontology:
    """Names of classes by their identifiers ("mids"), and the classes below Music and Speech.

    Args:
        names: of the classes.
        children: of the classes, by mid; without them Music and Speech have nothing below.
    """

    def __init__(self, names: Mapping[str, str], children: Mapping[str, Sequence[str]]) -> None:
        self._names = dict(names)
        self._music, self._speech = _below(MUSIC, children), _below(SPEECH, children)

    @classmethod
    def read(cls, folder: Path, home: str) -> Ontology:
        """What the files in a folder say, one of which must be there.

        Raises:
            FileNotFoundError: none of them is there.
            ValueError: one of them is not what it should be.
        """
        names: dict[str, str] = {}
        children: dict[str, Sequence[str]] = {}
        if (folder / ONTOLOGY).is_file():
            try:
                classes = json.loads((folder / ONTOLOGY).read_bytes())
                names.update({item["id"]: item["name"] for item in classes})
                children.update({item["id"]: item.get("child_ids", ()) for item in classes})
            except (ValueError, TypeError, KeyError, AttributeError) as error:
                reason = f"is not a JSON list of classes with id and name ({error!r})"
                raise ValueError(f"{folder / ONTOLOGY} {reason}; get it again from {home}.") from None
        if (folder / STRONG_NAMES).is_file():
            file = TableFile(folder / STRONG_NAMES, "tsv", columns=("mid", "display_name"), quoted=False)
            names.update(_names(file, home))
        if (folder / INDEX).is_file():
            names.update(_names(TableFile(folder / INDEX, "csv"), home))
        if not names:
            raise FileNotFoundError(
                f"{folder} has none of {ONTOLOGY}, {INDEX} and {STRONG_NAMES}, which name the classes of AudioSet; "
                f"get one from {home}."
            )
        return cls(names, children)

    def name(self, mid: str) -> str:
        """The name of a class.

        Raises:
            ValueError: the class is not known.
        """
        try:
            return self._names[mid]
        except KeyError:
            raise ValueError(
                f"the class {mid!r} has no name in {ONTOLOGY}, {INDEX} or {STRONG_NAMES}; add the file that has it."
            ) from None

    def domain(self, mids: Sequence[str]) -> str:
        """music or speech where all classes of a clip are, else sound."""
        if mids and self._music.issuperset(mids):
            return "music"
        return "speech" if mids and self._speech.issuperset(mids) else "sound"


def _names(file: TableFile, home: str) -> dict[str, str]:
    """Names by mid. A broken line is left out: the clips of its class say that they lack a name."""
    if not {"mid", "display_name"} <= set(file.header() or ()):
        raise ValueError(f"{file.path} has no columns mid and display_name; get it again from {home}.")
    return {line.columns["mid"]: line.columns["display_name"] for line in file.lines() if line.problem is None}


def _below(root: str, children: Mapping[str, Sequence[str]]) -> set[str]:
    """The class and all that lie under it."""
    found, waiting = set(), [root]
    while waiting:
        mid = waiting.pop()
        if mid not in found:
            found.add(mid)
            waiting.extend(children.get(mid, ()))
    return found
