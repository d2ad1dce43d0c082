"""The checks by name, and how they are run. A check is a pure function of a row; it calls no teacher, reads no file.

A row is a mapping with `question`, `choices`, `answer`, the five sections, `domain`, `task`, `language`, `annotations`
and `measured` (the facts of its waveform, each of which may be absent), and where they are known `source` and
`source_id`. A check gives None where the row holds, else one sentence that says what was found.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Protocol

from modeling_audio_reasoner import SECTIONS

from .answer import check_choices, check_response, check_summary
from .claims import check_duration, check_time_points
from .claims_music import check_key, check_tempo
from .claims_silence import check_silence
from .claims_speech import check_language_named, check_speech
from .language import check_language
from .leaks import check_citations, check_question, check_source_named
from .length import check_copies, check_length, check_repetition
from .row_text import Row
from .structure import check_remains, check_structure


class Check(Protocol):
    """None where the row holds, else one sentence that says what was found."""

    def __call__(self, row: Row, /) -> str | None: ...


PASS = "pass"
CHECKS: dict[str, Check] = {
    "structure": check_structure,
    "remains": check_remains,
    "choices": check_choices,
    "response": check_response,
    "summary": check_summary,
    "citations": check_citations,
    "source_named": check_source_named,
    "question": check_question,
    "duration": check_duration,
    "time_points": check_time_points,
    "silence": check_silence,
    "speech": check_speech,
    "language_named": check_language_named,
    "tempo": check_tempo,
    "key": check_key,
    "language": check_language,
    "length": check_length,
    "repetition": check_repetition,
    "copies": check_copies,
}
"""Every check of one row, in the order in which a review prints them."""

_NEEDED = ("question", "choices", "answer", *SECTIONS)


def run_checks(row: Row, names: Iterable[str] | None = None, checks: Mapping[str, Check] = CHECKS) -> dict[str, str]:
    """`"pass"` or what was found, by the name of the check.

    Args:
        names: the checks to run, in this order; all of `checks` by default.
        checks: the checks that there are. To hold rows to other limits, pass
            `CHECKS | {"length": partial(check_length, limits=...)}`.

    Raises:
        ValueError: a name is none of the checks, or the row lacks a field that every row has.
    """
    missing = [name for name in _NEEDED if name not in row]
    if missing:
        raise ValueError(
            f"The row {row.get('id')!r} lacks {', '.join(missing)}: a row has all of {', '.join(_NEEDED)}."
        )
    chosen = list(checks) if names is None else list(names)
    unknown = [name for name in chosen if name not in checks]
    if unknown:
        raise ValueError(f"There is no check named {', '.join(unknown)}; there are {', '.join(checks)}.")
    return {name: checks[name](row) or PASS for name in chosen}
