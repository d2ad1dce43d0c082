"""One recording and what is known about it. Knows nothing of where it came from or what is asked about it."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, get_args


Domain = Literal["sound", "speech", "music"]
DOMAINS: tuple[str, ...] = get_args(Domain)


@dataclass(frozen=True)
class Recording:
    """A recording on disk with its facts.

    Args:
        id: stable name over all sources, `"<source>/<source_id>"`.
        path: the audio file. It is not opened here.
        source: the corpus, such as `"asterisk-fr"`.
        source_id: the name within the corpus.
        domain: `"sound"`, `"speech"` or `"music"`.
        license: SPDX expression where one exists.
        language: two-letter ISO 639-1 code of the speech, None where nobody speaks.
        group: recordings of one group are so alike that they must stay in one split.
        annotations: facts by humans or by construction; values that JSON can hold.

    Raises:
        ValueError: a field is empty or the domain is unknown.
    """

    id: str
    path: Path
    source: str
    source_id: str
    domain: Domain
    license: str
    language: str | None
    group: str
    annotations: dict[str, Any] = field(default_factory=dict, hash=False)

    def __post_init__(self) -> None:
        if self.domain not in DOMAINS:
            raise ValueError(
                f"The recording {self.id!r} has the domain {self.domain!r}; use one of {', '.join(DOMAINS)}."
            )
        for name in ("id", "source", "source_id", "license", "group"):
            if not getattr(self, name):
                raise ValueError(f"The recording {self.id!r} ({self.path}) has an empty {name!r}; give it a value.")
