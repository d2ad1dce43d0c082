"""What the text says of tempo and key, held to what was measured and to the annotations of the corpus.

English only; a text without such a claim holds. Where both a measurement and an annotation are there, a claim that
fits either of them holds: trackers hear half or double of the tempo, and take a key for its relative.
"""

from __future__ import annotations

import re
from typing import Any, Literal

from .claims import claiming
from .row_text import Row
from .spoken_numbers import NUMBER, number_value


TEMPO_SHARE = 0.06
"""Share by which a stated tempo may be off the true one, its half or its double."""
MIN_TEMPO_STRENGTH = 0.3
"""Autocorrelation of the onsets below which a measured tempo is too unsure to hold a text to, where it is given."""
MIN_KEY_STRENGTH = 0.7
"""Correlation below which a measured key is too unsure to hold a text to. It applies where `key_strength` is given."""

_BPM = re.compile(
    rf"\b(?P<low>{NUMBER})(?:\s*(?:-|–|to|and)\s*(?P<high>{NUMBER}))?\s*[- ]?\s*(?:BPM|beats[\s-]+per[\s-]+minute)\b",
    re.I,
)
_TEMPO = re.compile(
    r"\btempo\s+(?:of|is|at)\s+(?:about\s+|around\s+|roughly\s+|approximately\s+)?(?P<low>[3-9]\d|[12]\d\d)"
    r"(?:\s*(?:-|–|to)\s*(?P<high>\d{2,3}))?(?=\s*(?:[.,;:)]|$|and\b|in\b|with\b))(?!\.\d)",
    re.I,
)
"""A tempo without its unit."""
_UNSURE = re.compile(
    r"\b(?:not|if|whether|would|could|might|rather than|instead of|unlike|ruled out|nor|neither|below|above|slower|"
    r"faster)\b",
    re.I,
)
_KEY = re.compile(
    r"\b(?:[Ii]n|[Kk]ey\s+(?:is|of|seems\s+to\s+be|centers\s+on)|[Kk]ey:)\s+(?:the\s+key\s+of\s+)?"
    r"([A-G])(?:\s?([#♯b♭])|[\s-](sharp|flat))?[\s-](major|minor)\b"
)
_KEY_NAME = re.compile(r"^\s*([A-Ga-g])\s*([#♯b♭]|[\s-]?sharp|[\s-]?flat)?\s*[\s:_-]?\s*(major|minor|maj|min|m)?\s*$")
_STEPS = {"C": 0, "D": 2, "E": 4, "F": 5, "G": 7, "A": 9, "B": 11}

KeyRelation = Literal["same", "relative", "parallel", "fifth", "other"]


def check_tempo(row: Row) -> str | None:
    """A tempo in BPM that the sections state is within 6% of the tempo of the music, its half or its double."""
    measured: dict[str, Any] = row.get("measured") or {}
    sure = measured.get("tempo_strength") is None or measured["tempo_strength"] >= MIN_TEMPO_STRENGTH
    known = (measured.get("tempo") if sure else None, (row.get("annotations") or {}).get("tempo"))
    tempi = [float(tempo) for tempo in known if tempo is not None and _positive(tempo)]
    if not tempi:
        return None
    for name, sentence in claiming(row, planning=False):
        if _UNSURE.search(sentence):
            continue
        for found in (*_BPM.finditer(sentence), *_TEMPO.finditer(sentence)):
            low = number_value(found["low"])
            high = number_value(found["high"]) if found["high"] else low
            fits = (
                low * (1 - TEMPO_SHARE) <= factor * tempo <= high * (1 + TEMPO_SHARE)
                for tempo in tempi
                for factor in (0.5, 1, 2)
            )
            if not any(fits):
                return f"The section '{name}' says {found.group()!r}, and the tempo is {tempi[0]:.0f} BPM."
    return None


def check_key(row: Row) -> str | None:
    """A key that the sections state is the key of the music or its relative: the same notes round another tonic.

    A relative key passes, because neither listeners nor chroma tell the two apart reliably; `key_relation` says which
    it was. So does the key that fits next best (`key_rival`). A measured key whose `key_strength` is below 0.7 is not
    held against a text.
    """
    measured: dict[str, Any] = row.get("measured") or {}
    sure = measured.get("key_strength") is None or measured["key_strength"] >= MIN_KEY_STRENGTH
    keys = [(row.get("annotations") or {}).get("key")]
    keys += [measured.get("key"), measured.get("key_rival")] if sure else []
    names = [key for key in keys if isinstance(key, str) and parse_key(key)]
    if not names:
        return None
    for name, sentence in claiming(row, planning=False):
        if _UNSURE.search(sentence):
            continue
        for found in _KEY.finditer(sentence):
            claimed = f"{found[1]}{found[2] or ''}{' ' + found[3] if found[3] else ''} {found[4]}"
            if not any(key_relation(claimed, key) in ("same", "relative") for key in names):
                return f"The section '{name}' says {found.group()!r}, and the key is {names[0]}."
    return None


def parse_key(name: str) -> tuple[int, str] | None:
    """The tonic (0 for C to 11 for B) and the mode of a name such as "A minor", "Bbm" or "F# maj"; None of others."""
    found = _KEY_NAME.match(name)
    if not found:
        return None
    accidental = (found[2] or "").strip(" -")
    step = {"": 0, "#": 1, "♯": 1, "sharp": 1, "b": -1, "♭": -1, "flat": -1}[accidental]
    mode = "minor" if found[3] in ("minor", "min", "m") else "major"
    return (_STEPS[found[1].upper()] + step) % 12, mode


def key_relation(one: str, other: str) -> KeyRelation:
    """How two keys are related: the relative shares the notes, the parallel the tonic, the fifth all notes but one.

    Raises:
        ValueError: a name is no key.
    """
    first, last = parse_key(one), parse_key(other)
    if first is None or last is None:
        raise ValueError(f"{one!r} or {other!r} is no key: write it as in 'A minor' or 'F# major'.")
    (tonic, mode), (second, second_mode) = first, last
    if mode == second_mode:
        distance = (tonic - second) % 12
        return "same" if distance == 0 else "fifth" if distance in (5, 7) else "other"
    minor, major = (tonic, second) if mode == "minor" else (second, tonic)
    return "relative" if (minor + 3) % 12 == major else "parallel" if minor == major else "other"


def _positive(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and value > 0
