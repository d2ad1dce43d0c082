"""What the text says of silence, held to what was measured: how much of the clip is silent, for how long, or none.

English only. Judged are claims about the whole clip or a stated share of it; a sentence that speaks of another part,
that supposes, or that weighs a choice against another, is not. A text without such a claim holds.
"""

from __future__ import annotations

import re
from typing import Any

from .claims import claiming
from .claims_scope import CLIP, is_of_a_part, is_supposed
from .row_text import Row
from .spoken_numbers import NUMBER, number_value


SILENT = 0.8
"""A clip of which less than this share is silent is not silent throughout."""
PAUSING = 0.3
"""A clip of which more than this share is silent is not without silence."""
LONG_GAP = 1.5
"""Nor is one with a silence of so many seconds on end, though it may be without pauses for breath."""
SHARE_SLACK = 0.2
"""By which a share that is stated may be off: where silence ends is a matter of level, and shares are rounded."""

_PARTS = {"half": 2, "halve": 2, "third": 3, "quarter": 4, "fourth": 4, "fifth": 5, "sixth": 6, "tenth": 10}
_NAMED = {  # the least and the most that a word for a share means
    "half": (0.5, 0.5),
    "most": (0.5, 1.0),
    "mostly": (0.5, 1.0),
    "largely": (0.5, 1.0),
    "mainly": (0.5, 1.0),
    "predominantly": (0.5, 1.0),
    "majority": (0.5, 1.0),
    "nearly all": (0.8, 1.0),
    "almost all": (0.8, 1.0),
    "almost entirely": (0.8, 1.0),
    "almost completely": (0.8, 1.0),
    "nearly entirely": (0.8, 1.0),
    "all": (1.0, 1.0),
    "little": (0.0, 0.2),
    "hardly any": (0.0, 0.2),
    "almost none": (0.0, 0.2),
    "none": (0.0, 0.1),
    "no part": (0.0, 0.1),
}
_FRACTION = (
    rf"(?:(?P<percent>\d+(?:\.\d+)?)\s*(?:%|per\s?cent\b)|(?P<count>{NUMBER})[\s-]+(?P<part>{'|'.join(_PARTS)})s?\b)"
)
_BOUND = (
    r"(?:(?:(?P<least>more than|over|at least|well over)|(?P<most>less than|under|at most|up to|not even)|"
    r"about|around|roughly|approximately|nearly|almost|some|only|just|exactly|fully)\s+)*"
)
# A part at one end says what is silent there, and nothing of the rest: the first half is silent, and more may be.
_END = r"(?P<end>the\s+(?:first|second|last|final|opening|closing|other|remaining|middle)\s+)?"
_WORD = "|".join(sorted(_NAMED, key=len, reverse=True))
_SHARE = rf"{_BOUND}{_END}(?:the\s+(?:vast\s+)?)?(?:{_FRACTION}|(?P<named>{_WORD})\b)"
_THE_CLIP = rf"(?:the|this)\s+(?:(?:whole|entire|full|audio|sound)\s+)*{CLIP}\b"
_IS = r"(?:is|are|was|were|remains?|stays?|lies|goes by in|passes in|consists? of|contains?|holds?)"
_WHOLLY = r"(?:(?:completely|entirely|totally|fully|wholly|quite|only|just|nothing but|pure|complete|total)\s+)*"
_SILENCE = r"(?:silent|silence|in silence|soundless|without (?:any )?sounds?)\b"
_STATED_SHARES = tuple(
    re.compile(pattern, re.I)
    for pattern in (
        # "a fifth of the clip is silent", "most of the recording passes in silence"
        rf"(?<![\w-]){_SHARE}\s+(?:of\s+)?{_THE_CLIP}\s+{_IS}\s+{_WHOLLY}{_SILENCE}",
        # "the clip is mostly silent", "the recording is 20% silence", "the audio consists mostly of silence"
        rf"\b{_THE_CLIP}\s+(?:{_IS}|consists)\s+{_SHARE}\s+(?:of\s+)?{_SILENCE}",
        # "silence fills the second half of the clip"
        rf"\bsilence\s+(?:takes up|fills|makes up|occupies|covers|accounts for)\s+{_SHARE}\s+of\s+"
        rf"{_THE_CLIP}",
        # "for most of the clip there is silence"
        rf"\b(?:for|during|through|throughout|over)\s+{_SHARE}\s+of\s+{_THE_CLIP},?\s+(?:there\s+is|one\s+hears|it\s+is)"
        rf"\s+{_WHOLLY}{_SILENCE}",
    )
)
_ALL_SILENT = re.compile(
    rf"(?P<of>\bof\s+)?(?:\b(?:the|this|whole|entire|full|audio|sound)\s+)*\b{CLIP}\s+{_IS}\s+{_WHOLLY}"
    r"(?:silent|soundless|without (?:any )?sounds?|devoid of (?:any )?sounds?)\b"
    r"|\bsilent throughout\b|\b(?:complete|total|utter|absolute|only|nothing but|just) silence\b|"
    r"\bno sounds? (?:at all|whatsoever)\b"
    r"|\bnothing (?:is|can be|could be) heard\b|\bno audible (?:sounds?|content|events?)\b",
    re.I,
)
_NO_SILENCE = re.compile(
    r"\b(?:no|without(?: any)?|never any|free of(?: any)?|hardly any|not any|(?:a )?lack of|absence of) "
    r"(?:audible |noticeable |real |moments? of )*(?P<pause>silences?\b|"
    r"silent (?:gaps?|parts?|passages?|moments?|stretch(?:es)?|sections?)|pauses?)"
    rf"|\bnever (?:goes |falls |is |gets )?(?:quiet or )?silent|\bnever pauses|\b(?:without|not) a moment of silence"
    rf"|\bsilence is (?:absent|not present|never heard|nowhere)"
    rf"|\bno (?:part|portion|section|moment) of {_THE_CLIP} is silent"
    rf"|\bat no (?:point|time|moment) (?:is|does|goes) {_THE_CLIP} (?:fall |go |ever )?silent",
    re.I,
)
_FOR = r"(?:for|lasting|lasts|goes on for|continues for|follows for|of|that lasts)"
_ABOUT = (
    r"(?:(?:for|about|around|roughly|approximately|some|nearly|almost|over|more than|the|its|last|first|final)\s+)*"
)
_SECONDS = r"[\s-]*(?:seconds?|secs?|s)\b"
_LONG_SILENCE = re.compile(
    rf"\b(?P<before>{NUMBER})[\s-]*(?:full |whole |long )?(?:seconds?|secs?|s)[\s-]+(?:long |of )?(?:complete |total |"
    rf"dead )?(?:silence|pause)\b"
    rf"|\b(?:silence|pause)\s+{_FOR}\s+{_ABOUT}(?P<after>{NUMBER}){_SECONDS}"
    rf"|\b{_THE_CLIP}\s+(?:{_IS}|falls|goes)\s+{_WHOLLY}silent\s+{_FOR}\s+{_ABOUT}(?P<clip>{NUMBER}){_SECONDS}"
    rf"|\bfor\s+{_ABOUT}(?P<there>{NUMBER}){_SECONDS},?\s+there\s+is\s+{_WHOLLY}silence\b",
    re.I,
)


def check_silence(row: Row) -> str | None:
    """No silence that the sections claim of the clip, deny, or give as a share or in seconds contradicts the measured.

    A share may be off by 0.2, a length in seconds by 30%; a clip without silence may have up to 30% of short gaps.
    """
    measured: dict[str, Any] = row.get("measured") or {}
    share, gaps = measured.get("silent_share"), measured.get("silence")
    longest = max((end - start for start, end in gaps), default=0.0) if gaps is not None else None
    for name, sentence in claiming(row, planning=False):
        if longest is not None:
            for gap in _LONG_SILENCE.finditer(sentence):
                seconds = number_value(next(filter(None, gap.groups())))
                if seconds > longest + max(1.0, 0.3 * seconds) and not is_supposed(sentence, gap):
                    return f"The section '{name}' says {gap.group()!r}, and the longest silence lasts {longest:.1f} s."
        if share is not None and (said := _contradicted(sentence, share, longest or 0.0)):
            return f"The section '{name}' says {said!r}, and {share:.0%} of the clip is silent."
    return None


def _contradicted(sentence: str, share: float, longest: float) -> str | None:
    """What the sentence says of the silence of the whole clip that the measured share contradicts."""
    for pattern in _STATED_SHARES:
        for found in pattern.finditer(sentence):
            if not _is_whole(sentence, found):
                continue
            low, high = _stated_share(found)
            if not low - SHARE_SLACK <= share <= high + SHARE_SLACK:
                return found.group().strip()
    for found in _ALL_SILENT.finditer(sentence):
        # What is said of a share of the clip was judged above, or is not known ("the rest of the clip is silent").
        if found["of"] is None and share < SILENT and _is_whole(sentence, found):
            return found.group().strip()
    for found in _NO_SILENCE.finditer(sentence):
        gap = LONG_GAP if not (found["pause"] or "").casefold().startswith("pause") else float("inf")
        if (share > PAUSING or longest >= gap) and _is_whole(sentence, found):
            return found.group().strip()
    return None


def _is_whole(sentence: str, found: re.Match[str]) -> bool:
    return not is_supposed(sentence, found) and not is_of_a_part(sentence, found)


def _stated_share(found: re.Match[str]) -> tuple[float, float]:
    """The least and the most that a match of `_SHARE` states, of 1."""
    if found["named"]:
        low, high = _NAMED[" ".join(found["named"].casefold().split())]
    elif found["percent"]:
        low = high = float(found["percent"]) / 100
    else:
        low = high = number_value(found["count"]) / _PARTS[found["part"].casefold()]
    if found["least"] or found["end"]:
        high = 1.0
    return (0.0 if found["most"] else low), high
